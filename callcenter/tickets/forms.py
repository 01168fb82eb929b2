"""Forms of the ticket's page: one per action, each with the version that was on the screen."""

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, DateField, RadioField, SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Optional

from callcenter.tickets import words
from callcenter.tickets.actions import Action
from callcenter.tickets.rules import TENANT_TEXT_MAX, VISIT_SLOTS
from callcenter.tickets.states import HoldCause, RefusalReason, ResolutionCode
from callcenter.tickets.timeline import slot_text
from callcenter.ui.forms import BaseForm, LineField, LongTextField, VersionedForm

_CHOOSE = _l("Choisissez une réponse.")


class PlainForm(VersionedForm):
    """An action that asks nothing."""


class NoteForm(VersionedForm):
    """An action with a word of explanation, if one is useful."""

    note = LongTextField(_l("Précisions"), [Optional()])


class RefuseForm(VersionedForm):
    """Why the organisation sends the ticket back."""

    reason = RadioField(
        _l("Pourquoi ?"),
        [InputRequired(_CHOOSE)],
        choices=[SelectChoice(str(one), words.REFUSAL_REASONS[one]) for one in RefusalReason],
    )
    note = LongTextField(_l("Précisions pour la plateforme"), [Optional()])


class PlanForm(VersionedForm):
    """A visit: the day and the slot that the tenant is promised."""

    day = DateField(_l("Jour"), [InputRequired(_l("Choisissez un jour."))])
    slot = SelectField(_l("Créneau"), [InputRequired(_l("Choisissez un créneau."))])
    note = LongTextField(
        _l("Message pour le locataire"),
        [Optional()],
        description=_l("Visible sur sa page de suivi : ce qu'il doit préparer, qui vient."),
        rows=2,
        max_length=TENANT_TEXT_MAX,
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        """Offer the usual slots, in the reader's language."""
        super().__init__(*args, **kwargs)
        self.slot.choices = [SelectChoice(one.key, slot_text(one)) for one in VISIT_SLOTS]


class HoldForm(VersionedForm):
    """What the ticket waits for: the clock stops and the tenant is told."""

    cause = RadioField(
        _l("Qu'attend-on ?"),
        [InputRequired(_CHOOSE)],
        choices=[SelectChoice(str(one), words.HOLD_CAUSES[one]) for one in HoldCause],
    )
    note = LongTextField(
        _l("Message pour le locataire"), [Optional()], rows=2, max_length=TENANT_TEXT_MAX
    )


class ResolveForm(VersionedForm):
    """How the ticket ended."""

    code = RadioField(
        _l("Comment ?"),
        [InputRequired(_CHOOSE)],
        choices=[SelectChoice(str(one), words.RESOLUTION_CODES[one]) for one in ResolutionCode],
    )
    note = LongTextField(
        _l("Message pour le locataire"),
        [Optional()],
        description=_l("Ce qui a été fait, en mots simples : il le lira sur sa page de suivi."),
        rows=2,
        max_length=TENANT_TEXT_MAX,
    )


class AssignForm(VersionedForm):
    """Which colleague takes the ticket."""

    user_id = SelectField(_l("Collègue"), [InputRequired(_CHOOSE)])


class OfferForm(VersionedForm):
    """Which organisation, and which team of it, gets the ticket."""

    destination = SelectField(_l("Envoyer à"), [InputRequired(_CHOOSE)])
    also = BooleanField(_l("En plus : l'organisme qui a la demande garde sa part"))
    note = LongTextField(_l("Pourquoi ?"), [Optional()], rows=2)


class CancelForm(VersionedForm):
    """Why the ticket is given up."""

    note = LongTextField(_l("Pourquoi ?"), [DataRequired(_l("Dites pourquoi."))], rows=2)


class CommentForm(BaseForm):
    """A comment: between colleagues, or for the tenant's page."""

    body = LongTextField(
        _l("Commentaire"), [DataRequired(_l("Écrivez votre commentaire."))], rows=2
    )
    to_tenant = BooleanField(_l("Le locataire peut le lire sur sa page de suivi"))


class SaveViewForm(BaseForm):
    """The name under which the present filters are kept."""

    name = LineField(_l("Nom de la vue"), [DataRequired(_l("Donnez un nom."))], max_length=60)


FORMS: dict[Action, type[BaseForm]] = {
    Action.ACCEPT: PlainForm,
    Action.PLAN: PlanForm,
    Action.RESOLVE: ResolveForm,
    Action.RESUME: PlainForm,
    Action.HOLD: HoldForm,
    Action.OFFER: OfferForm,
    Action.ASSIGN: AssignForm,
    Action.REFUSE: RefuseForm,
    Action.CANCEL_VISIT: NoteForm,
    Action.CLOSE: PlainForm,
    Action.REOPEN: NoteForm,
    Action.COMMENT: CommentForm,
    Action.CHASE: NoteForm,
    Action.CANCEL: CancelForm,
    Action.REVOKE_LINK: PlainForm,
    Action.RENEW_LINK: PlainForm,
    # Overwrites nothing, whatever somebody else does meanwhile.
    Action.READ: BaseForm,
}
