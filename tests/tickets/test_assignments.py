from functools import partial

import pytest
from sqlalchemy import select

from callcenter.core.errors import NotFound, UserError
from callcenter.members.models import Team
from callcenter.tickets import services
from callcenter.tickets.errors import ConflictError
from callcenter.tickets.states import RefusalReason, ResolutionCode
from tests.tickets.scenes import (
    act,
    acting,
    actor_of,
    assignments_of,
    kinds_of,
    messages_of,
    opened,
    ticket_of,
)
from tests.world import World, as_system

REFUSE = RefusalReason.NOT_OURS


def offer(organisation_id: int, team_id: int | None, a: services.Act) -> None:
    services.offer_to(a, organisation_id, team_id)


def to_landlord(world: World, ticket_id: int) -> None:
    act(world, "supervisor", ticket_id, lambda a: services.offer_to(a, world.a.id))


def test_accepting_tells_the_tenant_once(world: World) -> None:
    ticket_id = opened(world)
    to_landlord(world, ticket_id)
    act(world, "staff-a", ticket_id, services.accept_assignment)
    live = [one for one in assignments_of(ticket_id) if one.state == "accepted"]
    assert [one.organisation_id for one in live] == [world.a.id]
    assert messages_of(ticket_id)[-1].trigger == "accepted"
    before = len(messages_of(ticket_id))
    act(world, "staff-a", ticket_id, services.accept_assignment)  # again: nothing more
    assert len(messages_of(ticket_id)) == before


def test_a_refused_ticket_is_at_triage_at_once(world: World) -> None:
    ticket_id = opened(world)
    to_landlord(world, ticket_id)
    ticket = act(
        world, "staff-a", ticket_id, lambda a: services.refuse_assignment(a, REFUSE, "Non.")
    )
    assert ticket.needs_triage
    refused = next(o for o in assignments_of(ticket_id) if o.state == "refused")
    assert (refused.reason, refused.reason_note) == ("not_ours", "Non.")
    assert "refused" in kinds_of(ticket_id)


def test_other_reason_needs_a_note(world: World) -> None:
    ticket_id = opened(world)
    with pytest.raises(UserError) as error:
        act(
            world,
            "staff-a",
            ticket_id,
            lambda a: services.refuse_assignment(a, RefusalReason.OTHER, "  "),
        )
    assert error.value.field == "note"


def test_triage_sends_it_on_and_counts_the_moves(world: World) -> None:
    ticket_id = opened(world)
    to_landlord(world, ticket_id)
    act(world, "staff-a", ticket_id, lambda a: services.refuse_assignment(a, REFUSE))
    ticket = act(world, "agent", ticket_id, lambda a: services.offer_to(a, world.a.lift))
    assert not ticket.needs_triage
    assert {o.organisation_id for o in assignments_of(ticket_id) if o.state == "offered"} == {
        world.a.lift
    }
    act(world, "contractor-a", ticket_id, lambda a: services.refuse_assignment(a, REFUSE, ""))
    act(world, "agent", ticket_id, lambda a: services.offer_to(a, world.a.id))
    again = next(o for o in assignments_of(ticket_id) if o.organisation_id == world.a.id)
    assert (again.state, again.moves, again.reason) == ("offered", again.moves, "")
    assert again.moves >= 1


def test_sending_it_elsewhere_takes_it_back_from_who_had_it(world: World) -> None:
    ticket_id = opened(world)
    to_landlord(world, ticket_id)
    act(world, "staff-a", ticket_id, services.accept_assignment)
    act(world, "staff-a", ticket_id, lambda a: services.offer_to(a, world.a.lift, None, "Panne"))
    states = {o.organisation_id: o.state for o in assignments_of(ticket_id)}
    assert states[world.a.id] == "withdrawn"
    assert states[world.a.lift] == "offered"


def test_a_ticket_always_has_one_owner(world: World) -> None:
    """After any of these acts: either triage has it, or a live assignment, never neither."""
    ticket_id = opened(world)
    acts = [
        ("agent", lambda a: services.offer_to(a, world.a.id)),
        ("staff-a", services.accept_assignment),
        ("staff-a", lambda a: services.refuse_assignment(a, REFUSE)),
        ("agent", lambda a: services.offer_to(a, world.a.lift)),
        ("contractor-a", services.accept_assignment),
        ("staff-a", lambda a: services.offer_to(a, world.a.id)),
    ]
    for name, run in acts:
        ticket = act(world, name, ticket_id, run)
        live = [o for o in assignments_of(ticket_id) if o.state in {"offered", "accepted"}]
        assert ticket.needs_triage != bool(live), name
        assert len(live) <= 1


def test_destinations_are_the_member_s_own(world: World) -> None:
    ticket_id = opened(world)
    with as_system() as session:
        team_of_b = session.scalars(select(Team.id).where(Team.member_id == world.b.id)).first()
    for organisation, team in (
        (world.b.id, None),
        (world.b.lift, None),
        (world.platform, None),
        (world.a.id, team_of_b),
        (world.a.lift, world.a.agency_team),
    ):
        with pytest.raises(UserError) as error:
            act(
                world,
                "agent",
                ticket_id,
                partial(offer, organisation, team),
            )
        assert error.value.field == "destination"


def test_giving_it_to_a_colleague_accepts_it(world: World) -> None:
    ticket_id = opened(world)
    to_landlord(world, ticket_id)
    colleague = world.users["colleague-a"]
    act(world, "staff-a", ticket_id, lambda a: services.assign_to_colleague(a, colleague))
    live = next(o for o in assignments_of(ticket_id) if o.state == "accepted")
    assert (live.assignee_id, live.assignee_name) == (colleague, "Colleague Aquitanis")
    act(world, "staff-a", ticket_id, lambda a: services.assign_to_colleague(a, None))
    live = next(o for o in assignments_of(ticket_id) if o.state == "accepted")
    assert live.assignee_id is None


@pytest.mark.parametrize("who", ["contractor-a", "staff-b", "agent"])
def test_a_colleague_works_for_the_same_organisation(world: World, who: str) -> None:
    ticket_id = opened(world)
    to_landlord(world, ticket_id)
    with pytest.raises(UserError) as error:
        act(
            world,
            "staff-a",
            ticket_id,
            lambda a: services.assign_to_colleague(a, world.users[who]),
        )
    assert error.value.field == "user_id"


def test_staff_answer_for_a_contractor_and_it_is_said(world: World) -> None:
    ticket_id = opened(world)
    act(world, "agent", ticket_id, lambda a: services.offer_to(a, world.a.lift))
    act(world, "staff-a", ticket_id, services.accept_assignment)
    live = next(o for o in assignments_of(ticket_id) if o.state == "accepted")
    assert live.organisation_id == world.a.lift


def test_a_contractor_answers_for_itself_alone(world: World) -> None:
    ticket_id = opened(world)
    to_landlord(world, ticket_id)
    with pytest.raises(NotFound):  # never offered to the contractor
        act(world, "contractor-a", ticket_id, services.accept_assignment)


def test_another_member_s_staff_find_nothing(world: World) -> None:
    ticket_id = opened(world)
    for name in ("staff-b", "manager-b", "contractor-b"):
        with pytest.raises(NotFound):
            act(world, name, ticket_id, services.accept_assignment)


def test_an_agent_may_not_accept_in_a_landlord_s_place(world: World) -> None:
    ticket_id = opened(world)
    with pytest.raises(NotFound):
        act(world, "agent", ticket_id, services.accept_assignment)


def test_two_people_can_not_overwrite_each_other(world: World) -> None:
    ticket_id = opened(world)
    to_landlord(world, ticket_id)
    seen = ticket_of(ticket_id).version
    act(world, "colleague-a", ticket_id, services.accept_assignment, version=seen)
    with pytest.raises(ConflictError, match="Colleague Aquitanis"):
        act(
            world,
            "staff-a",
            ticket_id,
            lambda a: services.refuse_assignment(a, REFUSE),
            version=seen,
        )
    assert not ticket_of(ticket_id).needs_triage


def test_the_same_form_twice_acts_once(world: World) -> None:
    ticket_id = opened(world)
    to_landlord(world, ticket_id)
    seen = ticket_of(ticket_id).version
    staff = actor_of(world, "staff-a")
    for _ in range(2):
        with acting(staff):
            services.refuse_assignment(
                services.Act(staff, ticket_id, seen, "a" * 32), REFUSE, "Non."
            )
    assert kinds_of(ticket_id).count("refused") == 1


def test_several_organisations_each_with_its_own_part(world: World) -> None:
    """The lift firm beside the landlord: each answers, ends and is asked for itself."""
    ticket_id = opened(world)
    to_landlord(world, ticket_id)
    act(world, "staff-a", ticket_id, services.accept_assignment)
    act(
        world,
        "staff-a",
        ticket_id,
        lambda a: services.offer_to(a, world.a.lift, note="Armoire électrique", also=True),
    )

    def states() -> dict[int, str]:
        return {one.organisation_id: one.state for one in assignments_of(ticket_id)}

    assert states() == {world.a.id: "accepted", world.a.lift: "offered"}
    assert ticket_of(ticket_id).moves == 0
    act(world, "contractor-a", ticket_id, services.accept_assignment)
    ticket = act(
        world, "contractor-a", ticket_id, lambda a: services.resolve(a, ResolutionCode.REPAIRED)
    )
    assert ticket.state == "open"  # its own part only
    assert states() == {world.a.id: "accepted", world.a.lift: "done"}
    # Asked again, it refuses: the landlord still has its part, triage nothing.
    act(world, "staff-a", ticket_id, lambda a: services.offer_to(a, world.a.lift, also=True))
    ticket = act(world, "contractor-a", ticket_id, lambda a: services.refuse_assignment(a, REFUSE))
    assert not ticket.needs_triage
    assert states() == {world.a.id: "accepted", world.a.lift: "refused"}
    ticket = act(world, "staff-a", ticket_id, lambda a: services.refuse_assignment(a, REFUSE))
    assert ticket.needs_triage
