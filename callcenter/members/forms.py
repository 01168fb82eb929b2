"""Forms of the screens that set up a member: identity, agencies, teams, lines, partners."""

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, ColorField, Field, SelectField
from wtforms.validators import DataRequired, Optional, ValidationError

from callcenter.core.phone import format_phone
from callcenter.members import identity_rules as rules
from callcenter.members.states import OrganisationKind, TeamKind
from callcenter.members.words import ORGANISATION_KINDS, SERVICES, TEAM_KINDS
from callcenter.ui.fields import CheckList, EmailLine, RowSelect, number_or_none, options
from callcenter.ui.forms import LineField, LongTextField, PhoneField, VersionedForm
from callcenter.ui.theme import contrast, readable_on_white

_NAME = DataRequired(_l("Indiquez un nom."))
_READABLE = 4.5  # WCAG 2.2, 1.4.3
_PARTNERS = (OrganisationKind.CONTRACTOR, OrganisationKind.SYNDIC, OrganisationKind.OTHER)


def _upper(value: str | None) -> str | None:
    return value.upper() if value else value


class SettingsForm(VersionedForm):
    """Base of these forms: numbers as people read them, values as the services take them."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Show the row's numbers as people write them; what was typed stays as it is."""
        super().__init__(*args, **kwargs)
        for field in self:
            if isinstance(field, PhoneField) and field.data and not field.raw_data:
                field.data = format_phone(field.data)

    def values(self, *names: str) -> dict[str, Any]:
        """Return the named fields' values, "" for a text left out."""
        return {
            name: "" if self[name].data is None and isinstance(self[name], LineField | PhoneField)
            else self[name].data
            for name in names
        }  # fmt: skip


class IdentityForm(SettingsForm):
    """Who a member is to those who call, and how to reach it."""

    FIELDS = (
        "name", "short_name", "accent_colour", "phone", "email", "opening_hours",
        "sms_sender", "sms_two_way",
    )  # fmt: skip

    name = LineField(_l("Nom"), [_NAME], max_length=120)
    short_name = LineField(
        _l("Nom court"),
        [DataRequired(_l("Indiquez un nom court."))],
        max_length=40,
        description=_l("Celui que les agents lisent et que les SMS portent."),
    )
    reference_prefix = LineField(
        _l("Préfixe des demandes"),
        [DataRequired(_l("Indiquez un préfixe."))],
        max_length=4,
        filters=[_upper],
        description=_l("Deux à quatre lettres : AQ donne des demandes AQ-24817."),
    )
    accent_colour = ColorField(
        _l("Couleur"), [DataRequired()], description=_l("Toujours avec le nom, jamais seule.")
    )
    phone = PhoneField(_l("Téléphone"), [Optional()])
    email = EmailLine(_l("Adresse électronique"))
    opening_hours = LineField(
        _l("Horaires, en toutes lettres"),
        [Optional()],
        max_length=200,
        description=_l("Lus par les locataires : du lundi au vendredi de 8 h 30 à 17 h 30."),
    )
    sms_sender = LineField(
        _l("Expéditeur des SMS"),
        [Optional()],
        max_length=11,
        description=_l("Onze lettres ou chiffres au plus, ou un numéro court à cinq chiffres."),
    )
    sms_two_way = BooleanField(
        _l("Les locataires peuvent répondre par SMS"),
        description=_l("Seulement avec un numéro court : un nom d'expéditeur ne reçoit rien."),
    )

    def validate_reference_prefix(self, field: Field) -> None:
        """Refuse a prefix that references can't start with."""
        if not rules.is_prefix(field.data or ""):
            raise ValidationError(
                _("Deux à quatre lettres ou chiffres, en commençant par une lettre.")
            )

    def validate_accent_colour(self, field: Field) -> None:
        """Refuse a colour that people could not read on white, and give the nearest that fits."""
        field.data = (field.data or "").lower()
        if not rules.is_colour(field.data):
            raise ValidationError(_("Une couleur s'écrit #rrvvbb."))
        if contrast(field.data, "#ffffff") < _READABLE:
            raise ValidationError(
                _(
                    "Trop claire pour être lue sur fond blanc. La plus proche qui convient : %(colour)s.",
                    colour=readable_on_white(field.data),
                )
            )

    def validate_sms_sender(self, field: Field) -> None:
        """Refuse a sender that no operator would carry."""
        if field.data and not rules.is_sender(field.data):
            raise ValidationError(
                _("Onze lettres sans accent ou chiffres au plus, ou un numéro court (38xxx).")
            )

    def validate_sms_two_way(self, field: Field) -> None:
        """Refuse replies to a name: nothing would ever arrive."""
        if field.data and not rules.can_be_answered(self.sms_sender.data or ""):
            raise ValidationError(_("Un nom d'expéditeur ne reçoit pas de réponse."))


class HouseForm(SettingsForm):
    """The platform's own identity: it sends no SMS and opens no ticket under a prefix."""

    FIELDS = ("name", "short_name", "phone", "email", "opening_hours")

    name = LineField(_l("Nom"), [_NAME], max_length=120)
    short_name = LineField(_l("Nom court"), [_NAME], max_length=40)
    phone = PhoneField(_l("Téléphone"), [Optional()])
    email = EmailLine(_l("Adresse électronique"))
    opening_hours = LineField(_l("Horaires, en toutes lettres"), [Optional()], max_length=200)


class AgencyForm(SettingsForm):
    """An agency."""

    FIELDS = ("name", "phone", "email")

    name = LineField(_l("Nom"), [_NAME], max_length=120)
    phone = PhoneField(_l("Téléphone"), [Optional()])
    email = EmailLine(_l("Adresse électronique"))


class PartnerForm(SettingsForm):
    """A syndic, a contractor or another organisation that a member works with."""

    FIELDS = (
        "kind", "name", "short_name", "phone", "email", "opening_hours", "answers_at_night",
    )  # fmt: skip

    kind = SelectField(
        _l("Nature"), choices=options({kind: ORGANISATION_KINDS[kind] for kind in _PARTNERS})
    )
    name = LineField(_l("Nom"), [_NAME], max_length=120)
    short_name = LineField(_l("Nom court"), [_NAME], max_length=40)
    phone = PhoneField(_l("Téléphone"), [Optional()])
    email = EmailLine(_l("Adresse électronique"))
    opening_hours = LineField(_l("Horaires"), [Optional()], max_length=200)
    answers_at_night = BooleanField(
        _l("Répond aussi la nuit et le week-end"),
        description=_l(
            "Les urgences lui sont alors confiées à toute heure ; sinon, à l'astreinte."
        ),
    )


class TeamForm(SettingsForm):
    """A team and its people."""

    FIELDS = ("kind", "name", "agency_id", "phone", "email")

    organisation_id = RowSelect(_l("Organisme"))
    kind = SelectField(
        _l("Rôle de l'équipe"), description=_l("Les règles d'orientation le visent.")
    )
    name = LineField(_l("Nom"), [_NAME], max_length=120)
    agency_id = RowSelect(_l("Agence"), [Optional()])
    phone = PhoneField(_l("Téléphone"), [Optional()])
    email = EmailLine(_l("Adresse électronique"))
    people = CheckList(_l("Personnes"), coerce=number_or_none)

    def offer_kinds(self, *, of_platform: bool) -> None:
        """Offer the kinds of team that exist here: the triage is the platform's alone."""
        self.kind.choices = options(
            {
                kind: words
                for kind, words in TEAM_KINDS.items()
                if (kind == TeamKind.TRIAGE) is of_platform
            }
        )


class LineForm(SettingsForm):
    """A phone line."""

    FIELDS = ("number", "name", "service", "greeting", "script", "calendar_id")

    number = PhoneField(_l("Numéro appelé"), [DataRequired(_l("Indiquez le numéro de la ligne."))])
    name = LineField(_l("Nom"), [_NAME], max_length=120)
    service = SelectField(_l("Service"), choices=options(SERVICES))
    greeting = LineField(
        _l("Accueil"),
        [DataRequired(_l("Indiquez ce que l'agent dit en décrochant."))],
        max_length=300,
        description=_l("{agent} est remplacé par le prénom de l'agent."),
    )
    script = LongTextField(
        _l("Consignes"),
        [Optional()],
        rows=5,
        description=_l("Ce que l'agent garde sous les yeux pendant l'appel."),
    )
    calendar_id = RowSelect(_l("Calendrier"), [Optional()])

    def validate_greeting(self, field: Field) -> None:
        """Refuse a blank that nothing fills: the agent would read it aloud."""
        unknown = rules.unknown_blanks(field.data or "")
        if unknown:
            raise ValidationError(
                _("Seul {agent} est remplacé ; enlevez {%(name)s}.", name=unknown[0].strip("{"))
            )
