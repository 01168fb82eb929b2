"""The pages of incidents on a desk's screen and on a phone's; one key joins the caller."""

import re

import pytest

from callcenter.messaging.states import Trigger
from callcenter.tickets.services.incident_callers import join_incident
from callcenter.tickets.services.incident_news import Listener, publish_news
from tests.browser.conftest import DESKTOP, PHONE, OpenPage, sign_in
from tests.browser.test_every_page import look_at
from tests.platform_process import PlatformProcess
from tests.tickets.incident_scenes import incident_act, lift_incident, number, reported
from tests.tickets.scenes import acting, actor_of
from tests.tickets.test_incidents import messages
from tests.world import World

pytestmark = pytest.mark.browser


def test_incident_pages_and_f4(web: PlatformProcess, open_page: OpenPage, world: World) -> None:
    incident_id = lift_incident(world, 4)
    agent = actor_of(world, "agent")
    with acting(agent):
        join_incident(agent, incident_id, world.a.id, Listener(number=number(9)))
    incident_act(
        world, "staff-a", incident_id, lambda a: publish_news(a, "Technicien en route", "14 h")
    )
    for index in range(3):
        reported(world, 20 + index, residence_id=world.a.quais, building_id=None)
    link = re.search(r"/i/[\w-]{20}", messages(Trigger.INCIDENT_NEWS)[0].body)
    assert link is not None
    wrong: list[str] = []
    for name, size in (("desktop", DESKTOP), ("phone", PHONE)):
        page = open_page(size=size)
        sign_in(page, web, "supervisor@plateforme.exemple.fr")
        for label, path in (
            ("list", "/tickets/incidents"),
            ("one", f"/tickets/incidents/{incident_id}"),
            ("warn", f"/tickets/incidents/{incident_id}/warn"),
            ("new", f"/tickets/incidents/new?residence_id={world.a.gounod}"),
            ("tenant", link.group()),
            ("desk", f"/desk/{world.a.line}?dwelling_id={world.a.home}&contact_id={world.a.maite}"),
        ):
            page.goto(web.url + path)
            wrong += look_at(page, f"{name} {label}")
    page = open_page()
    sign_in(page, web, "agent@plateforme.exemple.fr")
    page.goto(
        f"{web.url}/desk/{world.a.line}?dwelling_id={world.a.home}&contact_id={world.a.maite}"
    )
    page.keyboard.press("F4")
    page.get_by_text("recevra les nouvelles par SMS").wait_for()
    assert wrong == []
