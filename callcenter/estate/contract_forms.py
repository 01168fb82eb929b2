"""The form of a maintenance contract."""

import re

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, DateField, SelectField
from wtforms.validators import InputRequired, Optional

from callcenter.core.errors import UserError
from callcenter.core.phone import format_phone, parse_phone
from callcenter.estate.contract_rules import hours_text, read_hours
from callcenter.estate.contract_services import ContractDetails
from callcenter.estate.models import MaintenanceContract
from callcenter.estate.words import EQUIPMENT
from callcenter.ui.fields import EmailLine, RowSelect, options
from callcenter.ui.forms import LineField, LongTextField, PhoneField, VersionedForm

_CODES_MAX = 20_000


class ContractForm(VersionedForm):
    """Contractor x equipment x residences x dates x hours x on-call."""

    contractor_id = RowSelect(_l("Prestataire"), [Optional()])
    contractor = LineField(_l("Ou un nouveau prestataire"), [Optional()], max_length=120)
    equipment = SelectField(_l("Équipement"), choices=options(EQUIPMENT))
    reference = LineField(_l("Numéro de marché"), [Optional()], max_length=80)
    starts_on = DateField(_l("Début"), [InputRequired(_l("Indiquez le premier jour."))])
    ends_on = DateField(_l("Fin"), [Optional()], description=_l("Vide : sans fin prévue."))
    around_the_clock = BooleanField(_l("24 h sur 24, 7 j sur 7"))
    hours = LineField(
        _l("Horaires"),
        [Optional()],
        max_length=300,
        description=_l(
            "Par exemple : lun-ven 8h30-12h30 13h30-17h30, sam 9h-12h. Vide : les vôtres."
        ),
    )
    on_call = BooleanField(_l("Avec astreinte, la nuit et le week-end"))
    every_residence = BooleanField(_l("Toutes les résidences"))
    residences = LongTextField(
        _l("Codes des résidences"),
        [Optional()],
        max_length=_CODES_MAX,
        rows=3,
        description=_l("Séparés par des espaces, des virgules ou des retours à la ligne."),
    )
    phone = PhoneField(_l("Téléphone"), [Optional()])
    email = EmailLine(_l("Adresse électronique"))

    def show(self, contract: MaintenanceContract, codes: list[str]) -> None:
        """Fill the form in with a contract."""
        for name in (
            "contractor_id", "equipment", "reference", "starts_on", "ends_on", "around_the_clock",
            "on_call", "every_residence", "email", "version",
        ):  # fmt: skip
            self[name].data = getattr(contract, name)
        self.hours.data = "" if contract.around_the_clock else hours_text(contract.weekly_hours)
        self.phone.data = format_phone(contract.phone) if contract.phone else ""
        self.residences.data = " ".join(codes)

    def told(self) -> ContractDetails:
        """Return what was written; UserError for hours or a number that can't be understood."""
        phone = self.phone.data or ""
        if phone:
            try:
                phone = parse_phone(phone).e164
            except UserError as error:
                raise UserError(error.message, field="phone") from error
        return ContractDetails(
            contractor_id=self.contractor_id.data,
            contractor=self.contractor.data or "",
            equipment=self.equipment.data,
            reference=self.reference.data or "",
            starts_on=self.starts_on.data,
            ends_on=self.ends_on.data,
            weekly_hours=read_hours(self.hours.data or ""),
            around_the_clock=self.around_the_clock.data,
            on_call=self.on_call.data,
            every_residence=self.every_residence.data,
            codes=[c.upper() for c in re.split(r"[\s,;|]+", self.residences.data or "") if c],
            phone=phone,
            email=self.email.data or "",
        )
