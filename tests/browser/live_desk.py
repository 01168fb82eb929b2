"""What tests of live calls share: who calls whom, a desk that listens, what a phone heard."""

import requests
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage, sign_in
from tests.platform_process import PlatformProcess

LINE_A = "+33536490100"
TENANT = "+33639981201"
AGENT, COLLEAGUE = "agent@plateforme.exemple.fr", "agent-a@plateforme.exemple.fr"


class Exchange:
    """An exchange that tells the running platform of its calls."""

    def __init__(self, platform: PlatformProcess, key: str) -> None:
        self.url = f"{platform.url}/webhooks/cti/{key}"

    def tell(self, event: str, call: str = "1", **more: str) -> None:
        fields = {"event": event, "callId": call, "from": TENANT, "to": LINE_A} | more
        answer = requests.post(self.url, data=fields, timeout=10)
        assert answer.json().get("call"), answer.text


def desk_of(open_page: OpenPage, platform: PlatformProcess, account: str) -> Page:
    page = open_page()
    sign_in(page, platform, account)
    page.goto(f"{platform.url}/desk")
    expect(page.locator("#live-presence")).to_be_visible()
    return page


def heard(platform: PlatformProcess, sid: str) -> str:
    """What a phone of the sandbox has heard so far."""
    return " | ".join(words for _who, words in platform.sandbox.call(sid)["heard"])
