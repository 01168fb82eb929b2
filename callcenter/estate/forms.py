"""Forms of the estate: a person, a number, an occupant, a departure, a file."""

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField, FileRequired
from wtforms import BooleanField, DateField, SelectField
from wtforms.validators import Email, InputRequired, Optional

from callcenter.estate.import_words import kind_words
from callcenter.estate.importing.source import MAX_BYTES, MEGABYTE
from callcenter.estate.services import PersonDetails
from callcenter.estate.states import OccupancyRole
from callcenter.estate.words import LANGUAGES, OCCUPANCY_ROLES
from callcenter.ui.fields import RowSelect, options
from callcenter.ui.forms import BaseForm, LineField, PhoneField, VersionedForm

_NAME_MAX = 80


class _PersonFields(VersionedForm):
    civility = SelectField(
        _l("Civilité"), choices=options({"": "—", "M.": _l("M."), "Mme": _l("Mme")})
    )
    last_name = LineField(
        _l("Nom"),
        [InputRequired(_l("Indiquez le nom."))],
        max_length=_NAME_MAX,
        render_kw={"autocomplete": "off"},
    )
    first_name = LineField(
        _l("Prénom"), [Optional()], max_length=_NAME_MAX, render_kw={"autocomplete": "off"}
    )

    def told(self) -> PersonDetails:
        """Return what was written of the person."""
        return PersonDetails(
            last_name=self.last_name.data or "",
            first_name=self.first_name.data or "",
            civility=self.civility.data or "",
        )


class ContactForm(_PersonFields):
    """Names, e-mail and language of a person."""

    email = LineField(
        _l("Adresse électronique"),
        [Optional(), Email(_l("Cette adresse électronique est incorrecte."))],
        max_length=254,
        render_kw={"autocomplete": "off", "inputmode": "email"},
    )
    language = SelectField(
        _l("Langue des messages"),
        choices=options(LANGUAGES),
        description=_l("Celle des SMS et de la page de suivi."),
    )

    def keep_choice(self, civility: str) -> None:
        """Offer the civility that the member's file said, even if it is none of ours."""
        if civility not in {choice.value for choice in self.civility.choices}:
            self.civility.choices = [*self.civility.choices, *options({civility: civility})]

    def told(self) -> PersonDetails:
        """Return what was written of the person."""
        return PersonDetails(
            last_name=self.last_name.data or "",
            first_name=self.first_name.data or "",
            civility=self.civility.data or "",
            email=self.email.data or "",
            language=self.language.data or "fr",
        )


class PhoneForm(BaseForm):
    """A number of a person and whose it is."""

    number = PhoneField(_l("Numéro"), [InputRequired(_l("Indiquez le numéro."))])
    note = LineField(_l("Note (fils, travail…)"), [Optional()], max_length=_NAME_MAX)


class OccupantForm(_PersonFields):
    """Somebody who lives in the home."""

    role = SelectField(
        _l("Qualité"), choices=options(OCCUPANCY_ROLES), default=OccupancyRole.OCCUPANT
    )
    number = PhoneField(_l("Téléphone"), [Optional()])
    starts_on = DateField(_l("Depuis le"), [Optional()])


class DepartureForm(BaseForm):
    """The last day of somebody in a home."""

    last_day = DateField(_l("Dernier jour"), [InputRequired(_l("Indiquez le dernier jour."))])


class UploadForm(BaseForm):
    """A member's file to import."""

    member = RowSelect(_l("Bailleur"), [InputRequired(_l("Choisissez le bailleur."))])
    file = FileField(
        _l("Fichier (CSV ou XLSX)"),
        [FileRequired(_l("Choisissez un fichier."))],
        description=_l("Au plus %(limit)s Mo.", limit=MAX_BYTES // MEGABYTE),
        render_kw={
            "accept": ".csv,.txt,.xlsx",
            "data-max-bytes": MAX_BYTES,
            "data-too-big": _l(
                "Ce fichier pèse plus de %(limit)s Mo. Découpez-le (par agence, par exemple) et "
                "envoyez les morceaux.",
                limit=MAX_BYTES // MEGABYTE,
            ),
        },
    )
    kind = SelectField(_l("Ce qu'il contient"), [Optional()])
    partial = BooleanField(_l("Ce fichier est une partie : ne clore aucun bail absent"))
    afresh = BooleanField(_l("Relire les en-têtes : oublier la correspondance gardée"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offer the kinds in the reader's language."""
        super().__init__(*args, **kwargs)
        self.kind.choices = options(kind_words(), blank=_l("D'après ses en-têtes"))


class ApplyForm(BaseForm):
    """Apply for good what was tried; a doubtful file needs a tick."""

    confirmed = BooleanField(_l("J'ai vérifié : appliquer ce fichier quand même"))


class MappingForm(VersionedForm):
    """What the mapping's editor carries beside its rows: the version that was shown."""
