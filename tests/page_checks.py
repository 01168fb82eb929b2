"""Opens pages as a browser would and checks each of them: the client that every test uses.

``PageChecker(client).get("/tickets")`` fails when the page is not valid HTML, has no title or
not exactly one h1, a field without a label, an id twice, anything inline that the content policy
would refuse, or words that a person should never see ("None", an untranslated object).
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, cast
from xml.etree.ElementTree import Element

import html5lib
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

_UNSEEN = re.compile(
    r"\bNone\b|\bUndefined\b|\bTrue\b|\bFalse\b|<[\w.]+ object at|LazyString|\{\{|\}\}|%\(\w+\)s"
    r"|\bnan\b|datetime\.|Decimal\("
)
_NO_TEXT = frozenset({"script", "style", "template", "textarea", "svg"})
_UNLABELLED = frozenset({"hidden", "submit", "button", "reset", "image"})
_LANGUAGES = frozenset({"fr", "en"})


class Page:
    """A page or a part of one, parsed."""

    def __init__(self, response: TestResponse, *, fragment: bool = False) -> None:
        self.response = response
        self.status = response.status_code
        self.html = response.get_data(as_text=True)
        parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
        parse = parser.parseFragment if fragment else parser.parse
        try:
            self.tree = cast(Element, parse(self.html))
        except html5lib.html5parser.ParseError as error:
            line, column = parser.tokenizer.stream.position()
            around = "\n".join(self.html.splitlines()[max(0, line - 3) : line + 1])
            raise AssertionError(f"invalid HTML at {line}:{column}: {error}\n{around}") from error

    def all(self, tag: str, **attributes: str) -> list[Element]:
        """Return the elements with this tag and these attributes (``class_`` for class)."""
        wanted = {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()}
        return [
            element
            for element in self.tree.iter(tag)
            if all(element.get(name) == value for name, value in wanted.items())
        ]

    def by_id(self, name: str) -> Element:
        """Return the element with this id."""
        found = [element for element in self.tree.iter() if element.get("id") == name]
        assert found, f"no element with id {name}"
        return found[0]

    @property
    def text(self) -> str:
        """Return what a person can read, spaces made single."""
        return " ".join(" ".join(visible_text(self.tree)).split())

    @property
    def title(self) -> str:
        """Return the page's title."""
        return " ".join("".join(e.text or "" for e in self.all("title")).split())

    @property
    def heading(self) -> str:
        """Return the words of the h1."""
        (heading,) = self.all("h1")
        return text_of(heading)

    @property
    def links(self) -> list[str]:
        """Return every address that a link leads to."""
        return [href for element in self.all("a") if (href := element.get("href"))]

    @property
    def csrf_token(self) -> str:
        """Return the page's CSRF token."""
        for element in [
            *self.all("meta", name="csrf-token"),
            *self.all("input", name="csrf_token"),
        ]:
            return element.get("content") or element.get("value") or ""
        raise AssertionError("the page holds no CSRF token")

    def form(self, action: str = "", *, holding: str = "") -> Element:
        """Return the form with this action, or the first that holds the field ``holding``."""
        for element in self.all("form"):
            names = {field.get("name") for field in fields_of(element)}
            here = element.get("action") == action if action else True
            sought = bool(action or holding) or element.get("data-native") is None
            if here and sought and (not holding or holding in names):
                return element
        raise AssertionError(f"no form {action or holding}")

    def values(self, form: Element) -> dict[str, Any]:
        """Return what a browser would send for the form as it stands."""
        values: dict[str, Any] = {}
        for field in fields_of(form):
            name, value = field.get("name"), _value_of(field)
            if name and value is not None and field.get("disabled") is None:
                values.setdefault(name, []).append(value)
        return values


def _is_element(node: Element) -> bool:
    """Say whether it is an element: a comment's tag is a function."""
    return not callable(node.tag)


def text_of(element: Element) -> str:
    """Return the readable text of an element."""
    return " ".join(" ".join(visible_text(element)).split())


def visible_text(element: Element) -> Iterator[str]:
    """Yield the pieces of text that a person sees."""
    if _is_element(element) and element.tag not in _NO_TEXT:
        yield element.text or ""
        for child in element:
            yield from visible_text(child)
            yield child.tail or ""


def fields_of(form: Element) -> list[Element]:
    """Return the form's inputs, selects and text areas."""
    return [e for e in form.iter() if e.tag in {"input", "select", "textarea"}]


def _value_of(field: Element) -> str | None:
    kind = field.get("type", "text")
    if field.tag == "textarea":
        return field.text or ""
    if field.tag == "select":
        options = list(field.iter("option"))
        chosen = [o for o in options if o.get("selected") is not None] or options[:1]
        return chosen[0].get("value", chosen[0].text or "") if chosen else None
    if kind in {"checkbox", "radio"}:
        return field.get("value", "on") if field.get("checked") is not None else None
    if kind in {"submit", "button", "file", "image", "reset"}:
        return None
    return field.get("value", "")


def faults_of(page: Page, *, fragment: bool = False) -> list[str]:
    """Return what is wrong with a parsed page; empty when it is fit to be seen."""
    faults = [*_inline(page), *_ids(page), *_labels(page), *_names(page), *_words(page)]
    return faults if fragment else [*_skeleton(page), *_policy(page), *faults]


def _skeleton(page: Page) -> Iterator[str]:
    root = page.all("html")[0]
    if root.get("lang") not in _LANGUAGES:
        yield f"lang is {root.get('lang')!r}"
    if not page.title:
        yield "no title"
    headings = page.all("h1")
    if len(headings) != 1:
        yield f"{len(headings)} h1"
    elif not text_of(headings[0]):
        yield "the h1 is empty"
    if len(page.all("main")) != 1:
        yield f"{len(page.all('main'))} main"


def _policy(page: Page) -> Iterator[str]:
    policy = page.response.headers.get("Content-Security-Policy", "")
    nonce = re.search(r"'nonce-([\w-]+)'", policy)
    if nonce is None:
        yield "no nonce in the content policy"
        return
    if "unsafe" in policy or "*" in policy:
        yield f"the content policy is loose: {policy}"
    for element in [*page.all("script"), *page.all("style")]:
        if element.get("nonce") != nonce[1]:
            yield f"<{element.tag}> without this page's nonce"


def _inline(page: Page) -> Iterator[str]:
    for element in page.tree.iter():
        if not _is_element(element):
            continue
        if element.tag == "script" and not element.get("src"):
            yield "inline script"
        for name, value in element.attrib.items():
            if name == "style":
                yield f"style attribute on <{element.tag}>: {value}"
            elif name.startswith(("on", "hx-on")):
                yield f"{name} attribute on <{element.tag}>"
            elif value.strip().lower().startswith("javascript:"):
                yield f"javascript: address on <{element.tag}>"


def _ids(page: Page) -> Iterator[str]:
    seen: set[str] = set()
    for element in page.tree.iter():
        name = element.get("id")
        if name is not None and (name in seen or not name.strip()):
            yield f"id {name!r} is empty or stands twice"
        seen.add(name or "")
    for element in page.tree.iter():
        for attribute in ("aria-describedby", "aria-labelledby", "aria-controls"):
            for name in (element.get(attribute) or "").split():
                if name not in seen:
                    yield f"{attribute} names {name!r}, which is not there"


def _labels(page: Page) -> Iterator[str]:
    labels = page.all("label")
    named = {label.get("for") for label in labels}
    wrapped = {id(field) for label in labels for field in fields_of(label)}
    for field in fields_of(page.tree):
        if field.tag == "input" and field.get("type") in _UNLABELLED:
            continue
        if field.get("aria-label") or field.get("aria-labelledby") or id(field) in wrapped:
            continue
        if field.get("id") is None or field.get("id") not in named:
            yield f"no label for the field {field.get('name') or field.get('id')!r}"


def _names(page: Page) -> Iterator[str]:
    for element in [*page.all("a"), *page.all("button")]:
        if not (text_of(element) or element.get("aria-label") or element.get("title")):
            yield f"<{element.tag}> without words: {element.attrib}"
    for image in page.all("img"):
        if image.get("alt") is None:
            yield f"image without alt: {image.get('src')}"
    for form in page.all("form"):
        hidden = {field.get("name") for field in fields_of(form)}
        # A tenant's private page has no session: the secret in its address does that work.
        keyed = (form.get("action") or "").startswith(("/s/", "/i/", "/p/", "/a/"))
        post = form.get("method", "get").lower() == "post"
        if post and not keyed and "csrf_token" not in hidden:
            yield f"the form to {form.get('action')!r} carries no CSRF token"


def _words(page: Page) -> Iterator[str]:
    found = _UNSEEN.search(page.text)
    if found:
        around = page.text[max(0, found.start() - 40) : found.end() + 40]
        yield f"words that nobody should see: …{around}…"


class PageChecker:
    """Flask's test client, looking at what it opens."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def get(self, url: str, *, status: int = 200, **options: Any) -> Page:
        """Open a page, following redirects, and check it."""
        response = self.client.get(url, follow_redirects=True, **options)
        return self._checked(response, url, status)

    def fragment(self, url: str, *, status: int = 200, **options: Any) -> Page:
        """Open a part of a page as htmx does, and check it."""
        headers = {"HX-Request": "true", **options.pop("headers", {})}
        response = self.client.get(url, headers=headers, **options)
        return self._checked(response, url, status, fragment=True)

    def post(
        self, url: str, data: Mapping[str, Any] | None = None, *, status: int = 200, **options: Any
    ) -> Page:
        """Send a form as it is given, follow the redirect, and check where it leads."""
        response = self.client.post(url, data=data, follow_redirects=True, **options)
        return self._checked(response, url, status)

    def submit(
        self,
        page: Page,
        action: str = "",
        *,
        holding: str = "",
        status: int = 200,
        **changes: Any,
    ) -> Page:
        """Fill in and send a form of an opened page, hidden fields and all.

        The form is found by its ``action`` or by a field that it holds; ``changes`` are the
        fields a person fills in (None leaves one out).
        """
        form = page.form(action, holding=holding)
        values = {**page.values(form), **changes}
        url = form.get("action") or page.response.request.full_path.rstrip("?")
        data = {name: value for name, value in values.items() if value is not None}
        return self.post(url, data, status=status)

    def _checked(
        self, response: TestResponse, url: str, status: int, *, fragment: bool = False
    ) -> Page:
        body = response.get_data(as_text=True)
        assert response.status_code == status, f"{url}: {response.status}\n{body[:2000]}"
        page = Page(response, fragment=fragment)
        faults = faults_of(page, fragment=fragment)
        assert not faults, f"{url}:\n- " + "\n- ".join(faults)
        return page
