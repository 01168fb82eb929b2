"""The base of every form: clean text, bounded lengths, French messages, one save per click.

WTForms' own messages come in the request's language; ours are gettext.
"""

import re
import unicodedata
import uuid
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import Field, HiddenField, IntegerField, StringField, TelField, TextAreaField
from wtforms.i18n import get_translations
from wtforms.validators import Length, Optional, ValidationError
from wtforms.widgets import HiddenInput

from callcenter.ui.i18n import language

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u2028\u2029\ud800-\udfff]")
# Marks that turn the direction of the text around them; one left open garbles a whole page.
_DIRECTION = re.compile(r"[\u202a-\u202e\u2066-\u2069]")

LINE_MAX = 200
TEXT_MAX = 4000


def clean_text(value: str | None) -> str | None:
    """Return text fit to keep, trimmed.

    One form of each letter (NFC), no control characters (the database refuses NUL), no
    direction overrides, lines ended by a line feed.
    """
    if value is None:
        return None
    text = value.replace("\r\n", "\n").replace("\r", "\n")
    text = _DIRECTION.sub("", _CONTROL.sub("", text))
    return unicodedata.normalize("NFC", text).strip()


def clean_line(value: str | None) -> str | None:
    """Return text for a single line: as ``clean_text``, every run of spaces made one space."""
    text = clean_text(value)
    return None if text is None else " ".join(text.split())


class LineField(StringField):  # type: ignore[misc]
    """A single line of text, trimmed, at most ``max_length`` characters."""

    def __init__(
        self,
        label: Any = None,
        validators: Sequence[Any] = (),
        *,
        max_length: int = LINE_MAX,
        **kwargs: Any,
    ) -> None:
        """Bound the length; ``Length`` also puts ``maxlength`` on the input."""
        checks = [*validators, Length(max=max_length)]
        filters = [clean_line, *kwargs.pop("filters", ())]
        super().__init__(label, checks, filters=filters, **kwargs)


class LongTextField(TextAreaField):  # type: ignore[misc]
    """Several lines of text, trimmed, at most ``max_length`` characters."""

    def __init__(
        self,
        label: Any = None,
        validators: Sequence[Any] = (),
        *,
        max_length: int = TEXT_MAX,
        rows: int = 3,
        **kwargs: Any,
    ) -> None:
        """Bound the length; ``rows`` is the height of the box."""
        checks = [*validators, Length(max=max_length)]
        filters = [clean_text, *kwargs.pop("filters", ())]
        render = {"rows": rows, **kwargs.pop("render_kw", {})}
        super().__init__(label, checks, filters=filters, render_kw=render, **kwargs)


class PhoneField(TelField):  # type: ignore[misc]
    """A phone number as typed; its meaning is for ``core.phone`` to say."""

    def __init__(self, label: Any = None, validators: Sequence[Any] = (), **kwargs: Any) -> None:
        """Bound the length and bring up the number keyboard on a phone."""
        render = {"autocomplete": "off", "inputmode": "tel", **kwargs.pop("render_kw", {})}
        checks = [*validators, Length(max=40)]
        super().__init__(label, checks, filters=[clean_line], render_kw=render, **kwargs)


class HiddenIntegerField(IntegerField):  # type: ignore[misc]
    """A whole number that the page carries without showing it."""

    widget = HiddenInput()


def new_token() -> str:
    """Return the token of a form that is shown for the first time."""
    return uuid.uuid4().hex


@lru_cache(maxsize=4)
def _messages(spoken: str) -> Any:
    return get_translations([spoken])


class BaseForm(FlaskForm):  # type: ignore[misc]
    """Base of our forms. Fields of plain text should be ``LineField`` or ``LongTextField``.

    ``form_token`` is made when the form is first shown and comes back with it: the service
    that creates something keeps it in a unique column, so a double click or a repeated
    request finds the first result instead of making a second.
    """

    form_token = HiddenField(default=new_token)

    class Meta(FlaskForm.Meta):  # type: ignore[misc]
        """Flask-WTF reads WTForms' catalogue from the disk at every request; this one once."""

        def get_translations(self, _form: Any) -> Any:
            """Return WTForms' own messages in the request's language."""
            return _messages(language())

    def validate_form_token(self, field: Field) -> None:
        """Refuse a token that we did not make; one that is absent is made anew."""
        if not field.data:
            field.data = new_token()
        elif not re.fullmatch(r"[0-9a-f]{32}", field.data):
            raise ValidationError(_l("Rechargez la page, puis recommencez."))

    @property
    def token(self) -> uuid.UUID:
        """Return the form's token; call it after ``validate_on_submit``."""
        return uuid.UUID(hex=self.form_token.data)

    def first_error(self) -> str:
        """Return the first message in field order, or "": for an alert in few words."""
        for messages in self.errors.values():
            for message in messages:
                return str(message)
        return ""

    def add_error(self, field: str | None, message: str) -> None:
        """Put a service's ``UserError`` beside the field it speaks of, or on the form."""
        target = getattr(self, field, None) if field else None
        if isinstance(target, Field):
            target.errors = [*target.errors, message]
        else:
            self.form_errors.append(message)


class VersionedForm(BaseForm):
    """A form on a row that two people may edit: carries the version that was shown."""

    version = HiddenIntegerField(validators=[Optional()])

    @property
    def seen_version(self) -> int:
        """Return the version on which the person decided; -1 (never current) if absent."""
        return -1 if self.version.data is None else int(self.version.data)
