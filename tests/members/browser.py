"""A small browser for the sign-in tests: follows forms, with the CSRF token of the page."""

import re
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse


class Browser:
    """One person's browser: opens pages and sends their forms, token and all."""

    def __init__(self, app: Flask, agent: str = "Firefox") -> None:
        self.app = app
        self.client: FlaskClient = app.test_client()
        self.headers = {"User-Agent": agent}

    def get(self, url: str, **kwargs: Any) -> TestResponse:
        return self.client.get(url, headers={**self.headers, **kwargs.pop("headers", {})}, **kwargs)

    def post(self, url: str, page: str = "", **fields: str) -> TestResponse:
        """Send a form; the token is read from ``page`` (the same address by default)."""
        shown = self.get(page or url)
        response = self.client.post(
            url,
            data={"csrf_token": token_in(shown.get_data(as_text=True)), **fields},
            headers=self.headers,
        )
        response.get_data()
        response.close()  # what is done after the answer has left
        return response

    def sign_in(self, email: str, password: str, **fields: str) -> TestResponse:
        return self.post("/sign-in", email=email, password=password, **fields)

    def signed_in(self) -> bool:
        return self.get("/account").status_code == 200


def token_in(html: str) -> str:
    """The CSRF token that stands in the page, or "" where there is none."""
    tag = re.search(r'<(?:input|meta)[^>]*name="csrf[_-]token"[^>]*>', html)
    value = re.search(r'(?:value|content)="([^"]+)"', tag.group(0)) if tag else None
    return value.group(1) if value else ""
