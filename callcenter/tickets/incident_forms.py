"""Forms of the incident's pages. Several stand on one page: each has a prefix of its own."""

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import RadioField, SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Optional

from callcenter.tickets import words
from callcenter.tickets.incident_rules import EXPECTED_MAX, TITLE_MAX, WORD_MAX
from callcenter.tickets.rules import TENANT_TEXT_MAX
from callcenter.tickets.states import ResolutionCode
from callcenter.ui.forms import (
    BaseForm,
    HiddenIntegerField,
    LineField,
    LongTextField,
    VersionedForm,
)

# How a cause that many people share can end.
_ENDINGS = (
    ResolutionCode.REPAIRED,
    ResolutionCode.TEMPORARY,
    ResolutionCode.NOTHING_FOUND,
    ResolutionCode.ANSWERED,
)
_WORD = _l("Ce que l'on dit à tous")


class NewsForm(VersionedForm):
    """One word for everybody, and when it should be over."""

    word = LongTextField(
        _WORD,
        [DataRequired(_l("Écrivez ce que vous dites aux locataires."))],
        max_length=WORD_MAX,
        rows=2,
    )
    expected = LineField(
        _l("Retour à la normale"),
        [Optional()],
        max_length=EXPECTED_MAX,
        description=_l("En mots simples : « vers 14 h », « demain matin »."),
    )


class EndForm(VersionedForm):
    """How the cause went away."""

    code = RadioField(
        _l("Comment ?"),
        [InputRequired(_l("Choisissez une réponse."))],
        choices=[SelectChoice(str(one), words.RESOLUTION_CODES[one]) for one in _ENDINGS],
    )
    note = LongTextField(
        _l("Message pour les locataires"),
        [Optional()],
        description=_l("Ce qui a été fait : ils le liront sur leur page de suivi."),
        max_length=TENANT_TEXT_MAX,
        rows=2,
    )


class ReopenForm(VersionedForm):
    """It is not over: what people are told."""

    word = LongTextField(
        _WORD,
        [DataRequired(_l("Dites aux locataires ce qui se passe."))],
        max_length=WORD_MAX,
        rows=2,
    )


class AttachForm(BaseForm):
    """A ticket by the reference that people write."""

    reference = LineField(
        _l("Référence de la demande"),
        [DataRequired(_l("Indiquez la référence de la demande."))],
        max_length=40,
    )


class OwnerForm(VersionedForm):
    """Which organisation, and which team of it, owns the incident."""

    destination = SelectField(_l("Confier à"), [InputRequired(_l("Choisissez une réponse."))])


class WarnForm(BaseForm):
    """The number of people that was shown and confirmed."""

    count = HiddenIntegerField(validators=[Optional()])


class NewIncidentForm(BaseForm):
    """An incident that is opened by hand: the residence stands in the address."""

    category_id = SelectField(_l("Motif"), [InputRequired(_l("Choisissez un motif."))])
    building_id = SelectField(_l("Bâtiment"), [Optional()])
    title = LineField(
        _l("Titre"),
        [Optional()],
        max_length=TITLE_MAX,
        description=_l("Sans titre, c'est le nom du motif."),
    )
    word = LongTextField(_WORD, [Optional()], max_length=WORD_MAX, rows=2)
    expected = LineField(_l("Retour à la normale"), [Optional()], max_length=EXPECTED_MAX)

    def offer(
        self, categories: list[tuple[int, str]], buildings: list[tuple[int, str]], whole: Any
    ) -> None:
        """Say what may be chosen; ``whole`` names the residence as one."""
        self.category_id.choices = [SelectChoice(str(key), name) for key, name in categories]
        self.building_id.choices = [
            SelectChoice("", whole),
            *(SelectChoice(str(key), name) for key, name in buildings),
        ]
