"""Forms of categories and rules, and of an imagined call."""

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import (
    BooleanField,
    DateField,
    DateTimeLocalField,
    Field,
    FieldList,
    Form,
    FormField,
    HiddenField,
    IntegerField,
    SelectField,
)
from wtforms.validators import DataRequired, InputRequired, NumberRange, Optional, ValidationError

from callcenter.members.forms import SettingsForm
from callcenter.members.words import SERVICES, TEAM_KINDS
from callcenter.routing import screen_words as words
from callcenter.routing.states import DestinationKind, TeamKind, Warranty
from callcenter.ui.fields import CheckList, RowSelect, options
from callcenter.ui.forms import BaseForm, LineField, LongTextField
from callcenter.ui.words import PRIORITY_WORDS

_TEAM_KINDS = {kind: label for kind, label in TEAM_KINDS.items() if kind != TeamKind.TRIAGE}
_ANY = _l("Peu importe")
MOST_CHOICES = 8


def _upper(value: str | None) -> str | None:
    return value.upper() if value else value


def _words(value: str | None) -> str:
    return value or ""


class CategoryForm(SettingsForm):
    """A category as one member names and handles it."""

    FIELDS = (
        "label", "short", "services", "location", "priority", "target_amount", "target_unit",
        "equipment", "destination", "team_kind", "restricted", "opens_ticket", "safety_number",
        "safety_script", "script", "payer", "payer_source", "payer_note",
    )  # fmt: skip

    label = LineField(_l("Nom"), [DataRequired(_l("Indiquez un nom."))], max_length=80)
    short = LineField(
        _l("Nom court"),
        [Optional()],
        max_length=40,
        description=_l("Dans les explications : « ascenseur »."),
    )
    services = CheckList(
        _l("Lignes qui le proposent"),
        [DataRequired(_l("Choisissez au moins une ligne."))],
    )
    location = SelectField(_l("Lieu"), choices=options(words.CATEGORY_LOCATIONS))
    priority = SelectField(_l("Priorité"), choices=options(PRIORITY_WORDS))
    target_amount = IntegerField(
        _l("Délai promis"), [Optional(), NumberRange(0, 1000, _l("Entre 0 et 1000."))]
    )
    target_unit = SelectField(
        _l("Compté en"),
        choices=options(words.UNITS, _l("Celui de la priorité")),
        filters=[_words],
    )
    equipment = SelectField(
        _l("Équipement sous contrat"),
        choices=options(words.EQUIPMENT, _l("Aucun")),
        filters=[_words],
    )
    destination = SelectField(
        _l("Confié à"),
        choices=options(
            {
                kind: label
                for kind, label in words.DESTINATIONS.items()
                if kind != DestinationKind.ORGANISATION
            }
        ),
    )
    team_kind = SelectField(
        _l("Rôle de l'équipe"), choices=options(_TEAM_KINDS, _l("Sans objet")), filters=[_words]
    )
    restricted = BooleanField(
        _l("Lecture restreinte : les responsables et les équipes concernées seulement")
    )
    opens_ticket = BooleanField(_l("Ouvre une demande (sinon, réglé pendant l'appel)"))
    safety_number = LineField(
        _l("Numéro de secours à appeler d'abord"), [Optional()], max_length=40
    )
    safety_script = LongTextField(
        _l("Consigne de sécurité"), [Optional()], filters=[_words], rows=3, max_length=1000
    )

    script = LongTextField(
        _l("Ce que l'agent vérifie et dit"),
        [Optional()],
        filters=[_words],
        rows=3,
        max_length=1000,
        description=_l("Lu au bureau dès que le motif est choisi."),
    )
    payer = SelectField(
        _l("Qui paie, d'ordinaire"), choices=options(words.PAYERS, _l("Sans objet"))
    )
    payer_source = LineField(
        _l("D'après quel texte"), [Optional()], description=_l("« décret 87-712, annexe, II ».")
    )
    payer_note = LongTextField(
        _l("Ce que l'agent doit savoir"), [Optional()], filters=[_words], rows=2, max_length=600
    )

    def prepare(self) -> None:
        """Offer the services."""
        self.services.offer(SERVICES)


class ChoiceForm(Form):  # type: ignore[misc]
    """One answer to a triage question, and what it changes."""

    value = HiddenField()
    label = LineField(_l("Réponse"), [Optional()], max_length=80)
    priority = SelectField(_l("Priorité"), choices=options(PRIORITY_WORDS, _l("Inchangée")))
    switch_to = SelectField(_l("Motif qui convient mieux"))
    payer = SelectField(_l("Qui paie"), choices=options(words.PAYERS, _l("Inchangé")))
    payer_source = LineField(_l("D'après quel texte"), [Optional()], max_length=120)
    advice = LineField(_l("Ce que l'agent dit"), [Optional()], max_length=300)
    no_ticket = BooleanField(_l("L'appel se termine d'ordinaire sans demande"))


class QuestionForm(SettingsForm):
    """A closed question that agents ask for a category; an answer without words is left out."""

    label = LineField(_l("Question"), [DataRequired(_l("Écrivez la question."))], max_length=160)
    choices = FieldList(FormField(ChoiceForm), max_entries=MOST_CHOICES)

    def offer(self, codes: dict[str, str], more: int = 2) -> None:
        """Offer the categories, and some empty answers to fill in."""
        if not self.is_submitted():
            for _empty in range(more):
                if len(self.choices) < MOST_CHOICES:
                    self.choices.append_entry()
        for entry in self.choices:
            entry.form.switch_to.choices = options(codes, _l("Aucun"))

    def answers(self) -> list[dict[str, Any]]:
        """Return the answers that have words, as the services take them."""
        names = ("value", "label", "priority", "switch_to", "payer", "payer_source", "advice")
        return [
            {**{name: entry.form[name].data or "" for name in names},
             "no_ticket": entry.form.no_ticket.data}
            for entry in self.choices
            if entry.form.label.data
        ]  # fmt: skip


class ChildForm(BaseForm):
    """A category of the member's own, below one that it has."""

    suffix = LineField(
        _l("Code"),
        [DataRequired(_l("Indiquez un code."))],
        max_length=6,
        filters=[_upper],
        description=_l("Deux à six lettres ou chiffres, ajoutés au code du motif : T-PLB-WC."),
    )
    label = LineField(_l("Nom"), [DataRequired(_l("Indiquez un nom."))], max_length=80)


class RuleForm(SettingsForm):
    """A rule: its conditions, then where it sends."""

    name = LineField(_l("Nom de la règle"), [DataRequired(_l("Indiquez un nom."))], max_length=120)
    category = SelectField(_l("Motif"), filters=[_words])
    family = SelectField(_l("Famille de motifs"), choices=options(words.FAMILIES, _ANY))
    service = SelectField(_l("Ligne"), choices=options(SERVICES, _ANY))
    location = SelectField(_l("Lieu"), choices=options(words.LOCATIONS, _ANY))
    ownership = SelectField(_l("Immeuble"), choices=options(words.OWNERSHIP, _ANY))
    residence = LineField(
        _l("Résidence"), [Optional()], max_length=120, description=_l("Son code ou son nom exact.")
    )
    building = LineField(
        _l("Bâtiment"), [Optional()], max_length=60, description=_l("Un seul de la résidence.")
    )
    agency_id = RowSelect(_l("Agence"), [Optional()])
    equipment = SelectField(_l("Équipement"), choices=options(words.EQUIPMENT, _ANY))
    hours = SelectField(_l("Moment"), choices=options(words.HOURS, _ANY))
    caller_role = SelectField(_l("Appelant"), choices=options(words.CALLER_ROLES, _ANY))
    wanted_priority = SelectField(_l("Priorité de l'appel"), choices=options(PRIORITY_WORDS, _ANY))
    under_warranty = SelectField(
        _l("Garantie des travaux"),
        choices=options(
            {
                "1": words.WARRANTIES[Warranty.COMPLETION],
                "0": _l("parfait achèvement terminé ou sans objet"),
                Warranty.EQUIPMENT: words.WARRANTIES[Warranty.EQUIPMENT],
                Warranty.STRUCTURE: words.WARRANTIES[Warranty.STRUCTURE],
            },
            _ANY,
        ),
    )
    contract_required = BooleanField(_l("Seulement si un contrat couvre l'équipement"))

    destination = SelectField(_l("Envoyer à"), choices=options(words.DESTINATIONS))
    organisation_id = RowSelect(
        _l("Partenaire"), [Optional()], description=_l("Pour un partenaire désigné.")
    )
    team_id = RowSelect(
        _l("Équipe précise"), [Optional()], description=_l("Pour une équipe du bailleur.")
    )
    team_kind = SelectField(
        _l("ou rôle d'équipe"),
        choices=options(_TEAM_KINDS, _l("Aucun")),
        description=_l("La plus proche de la résidence est prise."),
    )
    priority = SelectField(_l("Changer la priorité"), choices=options(PRIORITY_WORDS, _l("Non")))
    rank = IntegerField(
        _l("Rang"),
        [InputRequired(_l("Indiquez un rang.")), NumberRange(0, 9999, _l("Entre 0 et 9999."))],
        default=0,
        description=_l("Départage deux règles aussi précises : le plus petit passe d'abord."),
    )

    _TEXTS = (
        "category", "family", "service", "location", "ownership", "equipment", "hours",
        "caller_role",
    )  # fmt: skip

    def validate_family(self, field: Field) -> None:
        """Refuse a family that the category is not of: such a rule would never apply."""
        if field.data and self.category.data and self.category.data[0] != field.data:
            raise ValidationError(_("Ce motif n'est pas de cette famille."))

    def conditions(
        self, residence_id: int | None, building_id: int | None, answers: dict[str, str]
    ) -> dict[str, Any]:
        """Return what the rule asks for, as rows keep it: only what matters."""
        asked: dict[str, Any] = {name: self[name].data for name in self._TEXTS}
        asked |= {
            "residence_id": residence_id,
            "building_id": building_id,
            "agency_id": self.agency_id.data,
            "priority": self.wanted_priority.data,
            "contract_required": self.contract_required.data,
            "answers": answers,
        }
        kept = {name: value for name, value in asked.items() if value}
        if self.under_warranty.data in {"0", "1"}:
            kept["under_warranty"] = self.under_warranty.data == "1"
        elif self.under_warranty.data:
            kept["warranty"] = self.under_warranty.data
        return kept

    def show(self, conditions: dict[str, Any], residence: str, building: str) -> None:
        """Put a row's conditions in the fields."""
        for name in self._TEXTS:
            self[name].data = conditions.get(name, "")
        self.agency_id.data = conditions.get("agency_id")
        self.wanted_priority.data = conditions.get("priority", "")
        self.contract_required.data = conditions.get("contract_required", False)
        warranty = conditions.get("under_warranty")
        long = conditions.get("warranty", "")
        self.under_warranty.data = long if warranty is None else str(int(warranty))
        self.residence.data, self.building.data = residence, building


class ResidenceForm(SettingsForm):
    """Who owns a residence, and when its works were handed over."""

    ownership = SelectField(_l("Immeuble"), choices=options(words.OWNERSHIP))
    syndic_id = RowSelect(
        _l("Syndic"),
        [Optional()],
        description=_l("Pour une copropriété ; le bailleur lui-même, s'il est syndic."),
    )
    completed_on = DateField(
        _l("Réception des travaux"),
        [Optional()],
        description=_l("Le jour où l'immeuble neuf a été reçu : les garanties partent de là."),
    )


class PublishForm(BaseForm):
    """Put the draft in force. ``digest`` is the mark of the draft that was read."""

    digest = HiddenField()
    note = LineField(
        _l("Pourquoi ce changement"),
        [Optional()],
        description=_l("Gardé avec la version : ceux qui liront plus tard comprendront."),
    )


class TryForm(BaseForm):
    """An imagined call, to see where it would go."""

    class Meta:
        """Sent by GET: nothing changes, and the address can be shared."""

        csrf = False

    service = SelectField(_l("Ligne"), choices=options(SERVICES))
    category_id = RowSelect(_l("Motif"), [DataRequired(_l("Choisissez un motif."))])
    location = SelectField(_l("Lieu"), choices=options(words.LOCATIONS, _l("Sans objet")))
    residence = LineField(
        _l("Résidence"), [Optional()], max_length=120, description=_l("Son code ou son nom exact.")
    )
    building = LineField(_l("Bâtiment"), [Optional()], max_length=60)
    caller_role = SelectField(_l("Appelant"), choices=options(words.CALLER_ROLES))
    at = DateTimeLocalField(
        _l("Moment de l'appel"), [DataRequired(_l("Indiquez un jour et une heure."))]
    )
