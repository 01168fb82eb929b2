import io
import secrets
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import func, select, update

from callcenter.core import clock
from callcenter.core.db import db, transaction
from callcenter.core.site import current_site
from callcenter.estate.models import MaintenanceContract, Residence
from callcenter.members.accounts import User
from callcenter.members.models import Organisation
from callcenter.messaging.models import EmailMessage
from callcenter.messaging.states import Trigger
from callcenter.tickets import services
from callcenter.tickets.models import PartnerLink, Photo, Visit
from callcenter.tickets.partner_links import token_of
from callcenter.tickets.states import AssignmentState, TicketState, VisitState
from tests.page_checks import PageChecker
from tests.tickets.scenes import (
    act,
    assignments_of,
    kinds_of,
    messages_of,
    opened,
    soon,
    ticket_of,
)
from tests.world import World, as_system, sign_in

MOBILE = "+33639981299"
EMAIL = "travaux@garonne-thermique.exemple.fr"


@pytest.fixture
def pages(client: FlaskClient) -> PageChecker:
    return PageChecker(client)


@pytest.fixture
def ticket_id(world: World) -> int:
    """A ticket offered to the heating firm, which has no account but an address and a mobile."""
    with as_system() as session, transaction():
        session.execute(
            update(Organisation)
            .where(Organisation.id == world.a.heating)
            .values(email=EMAIL, phone=MOBILE)
        )
    made = opened(world)
    act(world, "staff-a", made, lambda a: services.offer_to(a, world.a.heating))
    return made


def token(ticket_id: int) -> str:
    with as_system() as session:
        link = session.scalars(
            select(PartnerLink)
            .where(PartnerLink.ticket_id == ticket_id)
            .order_by(PartnerLink.id.desc())
        ).first()
        assert link is not None
        return token_of(link.nonce, current_site().secret)


def emails() -> list[EmailMessage]:
    with as_system() as session:
        return list(session.scalars(select(EmailMessage).order_by(EmailMessage.id)))


def jpeg() -> io.BytesIO:
    image = Image.new("RGB", (2400, 1800), "#884422")
    data = image.getexif()
    data[0x010E] = "12 rue Gounod, chez Mme Etcheverry"  # ImageDescription
    out = io.BytesIO()
    image.save(out, "JPEG", exif=data)
    out.seek(0)
    return out


def post(client: FlaskClient, path: str, status: int = 303, **data: object) -> str:
    form = {"form_token": secrets.token_hex(16), **data}
    answer = client.post(path, data=form, content_type="multipart/form-data")
    text = answer.get_data(as_text=True)
    assert answer.status_code == status, text.partition("alert-danger")[2][:200]
    return text


def test_an_organisation_without_accounts_is_told_by_email_and_sms(
    world: World, ticket_id: int
) -> None:
    (mail,) = emails()
    assert mail.to_address == EMAIL
    assert f"http://localhost/p/{token(ticket_id)}" in mail.body
    assert ticket_of(ticket_id).reference in mail.subject
    assert "Etcheverry" not in mail.body + mail.subject
    assert "39981201" not in mail.body
    sms = [one for one in messages_of(ticket_id) if one.trigger == Trigger.PARTNER_OFFER]
    assert [one.to_number for one in sms] == [MOBILE]
    assert token(ticket_id) in sms[0].body


def test_one_with_an_account_is_not(world: World) -> None:
    ticket_id = opened(world, "T-ASC", location="common")
    assert [one.organisation_id for one in assignments_of(ticket_id)] == [world.a.lift]
    assert emails() == []
    with as_system() as session:
        assert session.scalar(select(func.count()).select_from(PartnerLink)) == 0


def test_the_contract_s_own_address_comes_first(world: World) -> None:
    with as_system() as session, transaction():
        session.execute(
            update(User).where(User.organisation_id == world.a.lift).values(active=False)
        )
        session.execute(
            update(MaintenanceContract)
            .where(MaintenanceContract.contractor_id == world.a.lift)
            .values(email="gounod@ascenseurs.exemple.fr", phone="+33536490555")
        )
    ticket_id = opened(world, "T-ASC", location="common")
    (mail,) = emails()
    assert mail.to_address == "gounod@ascenseurs.exemple.fr"
    assert mail.urgent
    sms = [one for one in messages_of(ticket_id) if one.trigger == Trigger.PARTNER_OFFER]
    assert sms == []  # a landline


def test_the_work_order_and_nothing_of_other_tickets(
    pages: PageChecker, world: World, ticket_id: int
) -> None:
    other = opened(world, description="Un tout autre souci")
    page = pages.get(f"/p/{token(ticket_id)}")
    assert ticket_of(ticket_id).reference in page.heading
    for shown in ("Le robinet fuit", "12 rue Gounod", "Garonne Thermique", "Aquitanis", "602"):
        assert shown in page.text, shown
    for hidden in (
        "Etcheverry",
        "06 39 98",
        "Un tout autre",
        ticket_of(other).reference,
        "Camille",
    ):
        assert hidden not in page.text, hidden
    assert page.response.headers["X-Robots-Tag"].startswith("noindex")
    assert "Set-Cookie" not in page.response.headers or "_user_id" not in page.html


def test_accepting_shows_whom_to_call_and_tells_the_tenant(
    client: FlaskClient, pages: PageChecker, world: World, ticket_id: int
) -> None:
    path = f"/p/{token(ticket_id)}"
    for _twice in range(2):
        client.post(f"{path}/accept", data={"form_token": "a" * 32})
    assert assignments_of(ticket_id)[-1].state == AssignmentState.ACCEPTED
    assert kinds_of(ticket_id).count("accepted") == 1
    text = pages.get(path).text
    assert "06 39 98 12 01" in text
    assert messages_of(ticket_id)[-1].trigger == Trigger.ACCEPTED


def test_refusing_needs_a_reason_and_goes_back_to_triage(
    client: FlaskClient, pages: PageChecker, world: World, ticket_id: int
) -> None:
    path = f"/p/{token(ticket_id)}"
    assert "Dites pourquoi" in post(client, f"{path}/refuse", 422)
    assert "Précisez la raison" in post(client, f"{path}/refuse", 422, reason="other")
    post(client, f"{path}/refuse", reason="out_of_area", note="Trop loin")
    assert ticket_of(ticket_id).needs_triage
    text = pages.get(path).text
    assert "plus chez vous" in text
    assert "Gounod" not in text
    post(client, f"{path}/accept", 404)
    assert assignments_of(ticket_id)[-1].state == AssignmentState.REFUSED


def test_a_visit_is_planned_and_the_tenant_absent(
    client: FlaskClient, pages: PageChecker, world: World, ticket_id: int
) -> None:
    path = f"/p/{token(ticket_id)}"
    post(client, f"{path}/plan", 422, day="2020-01-01", slot="08:00-10:00")
    post(client, f"{path}/plan", 422, day="", slot="08:00-10:00")
    post(client, f"{path}/plan", 422, day=soon().isoformat(), slot="nonsense")
    post(client, f"{path}/plan", day=soon().isoformat(), slot="08:00-10:00", note="Coupure d'eau")
    assert ticket_of(ticket_id).state == TicketState.PLANNED
    assert "8 h 00" in pages.get(path).text.replace("\u00a0", " ").replace("\u202f", " ")
    post(client, f"{path}/absent", note="Personne n'a ouvert")
    ticket = ticket_of(ticket_id)
    assert (ticket.state, ticket.hold_cause) == (TicketState.ON_HOLD, "access")
    with as_system() as session:
        assert session.scalars(select(Visit.state)).all() == [VisitState.DONE]
    post(client, f"{path}/plan", day=soon(5).isoformat(), slot="08:00-10:00")
    assert ticket_of(ticket_id).state == TicketState.PLANNED


def test_done_with_a_photo_that_keeps_nothing_but_its_pixels(
    app: Flask, client: FlaskClient, pages: PageChecker, world: World, ticket_id: int
) -> None:
    path = f"/p/{token(ticket_id)}"
    post(client, f"{path}/accept")
    photo_file = (jpeg(), "IMG_0001.jpg")
    post(client, f"{path}/done", code="repaired", note="Joint changé", photo=photo_file)
    ticket = ticket_of(ticket_id)
    assert (ticket.state, ticket.resolution_code) == (TicketState.RESOLVED, "repaired")
    with as_system() as session:
        photo = session.scalars(select(Photo)).one()
        content = photo.content
    image = Image.open(io.BytesIO(content))
    assert max(image.size) == 1600
    assert not image.getexif()
    assert b"Etcheverry" not in content
    assert client.get(f"{path}/photos/{photo.id}").data == content
    sign_in(client, world.user("staff-a"))
    around = pages.fragment(f"/tickets/{ticket_id}/around")
    assert f"/tickets/{ticket_id}/photos/{photo.id}" in around.html
    answer = client.get(f"/tickets/{ticket_id}/photos/{photo.id}")
    assert (answer.mimetype, answer.data) == ("image/jpeg", content)
    sign_in(client, world.user("staff-b"))
    assert client.get(f"/tickets/{ticket_id}/photos/{photo.id}").status_code == 404


@pytest.mark.parametrize("content", [b"<svg onload=alert(1)>", b"", b"GIF89a" + b"x" * 40])
def test_what_is_no_photo_is_refused_and_nothing_is_done(
    client: FlaskClient, world: World, ticket_id: int, content: bytes
) -> None:
    path = f"/p/{token(ticket_id)}"
    post(client, f"{path}/accept")
    text = post(
        client,
        f"{path}/done",
        422,
        code="repaired",
        note="Fait",
        photo=(io.BytesIO(content), "x.jpg"),
    )
    assert "photo" in text
    assert "Fait" in text
    assert ticket_of(ticket_id).state == TicketState.OPEN


def test_a_word_for_the_landlord(client: FlaskClient, world: World, ticket_id: int) -> None:
    path = f"/p/{token(ticket_id)}"
    post(client, f"{path}/word", 422)
    post(client, f"{path}/word", note="Il me faut le code de la porte")
    assert kinds_of(ticket_id)[-1] == "comment"


def test_a_form_from_elsewhere_does_nothing(
    client: FlaskClient, world: World, ticket_id: int
) -> None:
    answer = client.post(
        f"/p/{token(ticket_id)}/accept",
        data={"form_token": "b" * 32},
        headers={"Sec-Fetch-Site": "cross-site"},
    )
    assert answer.status_code == 400
    assert assignments_of(ticket_id)[-1].state == AssignmentState.OFFERED


@pytest.mark.parametrize("how", ["unknown", "short", "tenant", "revoked", "expired"])
def test_a_link_that_opens_nothing(
    client: FlaskClient, pages: PageChecker, world: World, ticket_id: int, how: str
) -> None:
    good = token(ticket_id)
    if how == "revoked":
        sign_in(client, world.user("staff-a"))
        with as_system() as session:
            link = session.scalars(select(PartnerLink.id)).one()
        client.post(f"/tickets/{ticket_id}/partner-links/{link}/revoke")
    elif how == "expired":
        with as_system() as session, transaction():
            session.execute(
                update(PartnerLink).values(expires_at=clock.now() - timedelta(minutes=1))
            )
    elif how == "tenant":
        from tests.tickets.scenes import token_for

        good = token_for(ticket_id)
    else:
        good = secrets.token_urlsafe(15) if how == "unknown" else "abc"
    page = pages.get(f"/p/{good}", status=404)
    assert page.heading == "Ce lien ne s'ouvre pas"
    assert "Aquitanis" not in page.text
    for verb in ("accept", "refuse", "plan", "absent", "done", "word"):
        assert client.post(f"/p/{good}/{verb}").status_code == 404


def test_a_partner_s_token_opens_no_tenant_page(
    client: FlaskClient, world: World, ticket_id: int
) -> None:
    assert client.get(f"/s/{token(ticket_id)}").status_code == 404


def test_only_a_digest_is_kept(app: Flask, world: World, ticket_id: int) -> None:
    with as_system() as session:
        link = session.scalars(select(PartnerLink)).one()
        kept = " ".join(str(value) for value in vars(link).values())
    assert token(ticket_id) not in kept


def test_openings_are_noted_and_a_new_link_closes_the_former(
    client: FlaskClient, pages: PageChecker, world: World, ticket_id: int
) -> None:
    former = token(ticket_id)
    client.get(f"/p/{former}")
    sign_in(client, world.user("staff-a"))
    assert "ordre lu" in pages.fragment(f"/tickets/{ticket_id}/around").text
    client.post(f"/tickets/{ticket_id}/partner-links")
    assert token(ticket_id) != former
    assert client.get(f"/p/{former}").status_code == 404
    assert client.get(f"/p/{token(ticket_id)}").status_code == 200
    assert len(emails()) == 2


def test_two_firms_each_see_their_own_part(client: FlaskClient, world: World) -> None:
    with as_system() as session, transaction():
        session.execute(
            update(Organisation)
            .where(Organisation.id.in_([world.a.heating, world.a.syndic]))
            .values(email=EMAIL)
        )
        session.execute(update(Residence).values(ownership="single"))
    ticket_id = opened(world)
    act(world, "staff-a", ticket_id, lambda a: services.offer_to(a, world.a.heating))
    first = token(ticket_id)
    act(world, "staff-a", ticket_id, lambda a: services.offer_to(a, world.a.syndic))
    assert token(ticket_id) != first
    assert "plus chez vous" in client.get(f"/p/{first}").get_data(as_text=True)
    assert db.session is not None


def test_the_tenant_adds_a_photo(
    client: FlaskClient, pages: PageChecker, world: World, ticket_id: int
) -> None:
    from tests.tickets.scenes import token_for

    path = f"/s/{token_for(ticket_id)}"
    form_token = "d" * 32
    for _twice in range(2):
        post(client, f"{path}/word", photo=(jpeg(), "p.jpg"), form_token=form_token)
    with as_system() as session:
        photo = session.scalars(select(Photo)).one()
    assert f"/photos/{photo.id}" in pages.get(path).html
    assert kinds_of(ticket_id).count("tenant_word") == 1
    # The firm that has the ticket sees it too.
    assert client.get(f"/p/{token(ticket_id)}/photos/{photo.id}").status_code == 200
    post(client, f"{path}/word", 422, photo=(io.BytesIO(b"nothing"), "p.jpg"))
    post(client, f"{path}/word", 422)
