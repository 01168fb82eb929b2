"""What tenants say afterwards, and what time does: marks, apologies, doors that nobody opens."""

from typing import TYPE_CHECKING, Final

from callcenter.core import clock
from callcenter.messaging.inbound import Incoming, store_inbound
from callcenter.messaging.states import Trigger
from callcenter.tickets import services
from callcenter.tickets.services.answers import apply_answer
from callcenter.tickets.services.delays import tell_of_delay
from callcenter.tickets.states import TicketState

if TYPE_CHECKING:
    from callcenter.demo.plots import Plot

_WORDS: Final = {
    5: ("Rapide et très aimable, merci.", "Parfait, technicien à l'heure.", ""),
    4: ("Bien, mais deux appels avant d'avoir une date.", "Travail propre.", ""),
    3: ("Réparé, mais un peu long.", ""),
    2: ("Il a fallu insister, et le trou du mur n'est pas rebouché.",),
    1: ("Personne n'est venu à l'heure dite, j'ai perdu une matinée.",),
}
_MARKS: Final = (5,) * 9 + (4,) * 7 + (3,) * 3 + (2,) * 2 + (1,)


def rate(plot: "Plot") -> None:
    """A tenant gives a mark, by SMS where the sender can be answered, else on the page."""
    if plot.ticket.state not in {TicketState.RESOLVED, TicketState.CLOSED}:
        return
    score = plot.stage.pick(_MARKS)
    word = plot.stage.pick(_WORDS[score])
    if not plot.writes(f"{score}, {word}" if word else str(score)):
        services.tenant_rates(plot.member.id, plot.ticket_id, score, word)
    if plot.stage.chance(0.7):
        plot.stage.at(plot.stage.at_work(clock.now(), 1, 12), plot.read)


def fall_late(plot: "Plot", trigger: Trigger) -> None:
    """The promise comes near, or has passed: the clockwork tells the tenant, if it must."""
    ticket = plot.ticket
    if ticket.due_at is None or not plot.open:
        return
    late = ticket.due_at <= clock.now()
    if late == (trigger is Trigger.DELAYED):
        tell_of_delay(plot.member.id, plot.ticket_id, trigger)


def nobody_opens(plot: "Plot") -> None:
    """The firm finds the door closed; the tenant answers, and a new day is agreed."""
    services.tenant_absent(plot.act(), "Avis de passage laissé dans la boîte aux lettres.")
    plot.stage.at(plot.stage.at_work(clock.now(), 4, 20), plot.resume)


def correct_number(plot: "Plot", words: str) -> None:
    """Somebody answers that the number has changed, or is not theirs."""
    stored = store_inbound(
        Incoming(
            plot.stage.provider_id(), plot.ticket.contact_number, plot.member.cast.sender, words
        )
    )
    if stored is not None:
        apply_answer(stored.id)
