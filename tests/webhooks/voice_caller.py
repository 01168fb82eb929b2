"""A caller at the provider: posts signed forms and reads the instructions that come back."""

from typing import Any
from xml.etree import ElementTree as ET

from flask import Flask
from flask.testing import FlaskClient
from twilio.request_validator import RequestValidator
from werkzeug.test import TestResponse

ORIGIN = "http://localhost"
BASE = "/webhooks/twilio/voice"


class Provider:
    """Stands where the provider stands: signs what it posts."""

    def __init__(self, app: Flask, client: FlaskClient) -> None:
        self.client = client
        self.validator = RequestValidator(app.config["SETTINGS"].sms_auth_token)

    def post(self, path: str, **form: str) -> TestResponse:
        """Post a form to a step (its name, or an address that instructions gave)."""
        url = path if path.startswith("/") else f"{BASE}/{path}"
        signature = self.validator.compute_signature(ORIGIN + url, form)
        return self.client.post(url, data=form, headers={"X-Twilio-Signature": signature})

    def hear(self, path: str, **form: str) -> ET.Element:
        """Post, and return the instructions."""
        answer = self.post(path, **form)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return ET.fromstring(answer.get_data(as_text=True))


class Caller:
    """One call to a number of ours."""

    def __init__(
        self, provider: Provider, to: str, sid: str = "CA1", number: str = "+33639981201"
    ) -> None:
        self.provider = provider
        self.form = {"CallSid": sid, "From": number, "To": to, "CallStatus": "in-progress"}

    def at(self, path: str, **form: str) -> ET.Element:
        return self.provider.hear(path, **(self.form | form))

    def ring(self) -> ET.Element:
        return self.at("incoming")

    def over(self, **form: str) -> TestResponse:
        return self.provider.post("status", **(self.form | {"CallStatus": "completed"} | form))


def said(heard: ET.Element) -> str:
    return " ".join(one.text or "" for one in heard.iter("Say"))


def verb(heard: ET.Element, name: str) -> Any:
    found = heard.find(f".//{name}")
    assert found is not None, ET.tostring(heard, encoding="unicode")
    return found
