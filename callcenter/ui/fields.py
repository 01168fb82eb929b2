"""Fields that choose among rows or words, and saving a form in one transaction."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from flask_babel import lazy_gettext as _l
from wtforms import SelectChoice, SelectField, SelectMultipleField
from wtforms.validators import Email, Length, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from callcenter.core.db import transaction
from callcenter.core.editing import StaleError
from callcenter.core.errors import UserError
from callcenter.ui.forms import BaseForm, LineField

T = TypeVar("T")


def options(words: Mapping[Any, Any], blank: Any = None) -> list[SelectChoice]:
    """Return the choices of a select from values and their words; ``blank`` comes first."""
    first = [] if blank is None else [SelectChoice("", blank)]
    return [*first, *(SelectChoice(str(value), label) for value, label in words.items())]


def number_or_none(value: Any) -> int | None:
    """Read the value of a select whose empty choice means "none"."""
    return int(value) if value not in {None, "", "None"} else None


class RowSelect(SelectField):  # type: ignore[misc]
    """A select of rows by number, with an empty choice that means none."""

    def __init__(self, label: Any = None, validators: Iterable[Any] = (), **kwargs: Any) -> None:
        """Read numbers; the choices are given when the form is made."""
        super().__init__(label, list(validators), coerce=number_or_none, choices=[], **kwargs)

    def offer(self, rows: Mapping[int, Any], blank: Any = None) -> None:
        """Offer these rows (number -> words)."""
        self.choices = options(rows, blank)


class CheckList(SelectMultipleField):  # type: ignore[misc]
    """Several of a list, each with its box to tick."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()

    def offer(self, rows: Mapping[Any, Any]) -> None:
        """Offer these (value -> words)."""
        self.choices = options(rows)


class EmailLine(LineField):
    """An e-mail address in small letters."""

    def __init__(self, label: Any = None, validators: Iterable[Any] = (), **kwargs: Any) -> None:
        """Check the form of the address; whether it exists is for a letter to show."""
        form = Email(_l("Cette adresse ne s'écrit pas ainsi (exemple : prenom@domaine.fr)."))
        render = {"type": "email", "autocomplete": "off", **kwargs.pop("render_kw", {})}
        checks = [*(validators or [Optional()]), form, Length(max=200)]
        super().__init__(label, checks, filters=[_lower], render_kw=render, **kwargs)


def _lower(value: str | None) -> str | None:
    return value.lower() if value else value


def saved(form: BaseForm, work: Callable[[], T]) -> T | None:
    """Do ``work`` in one transaction if the form is sent and right; None otherwise.

    What the person can mend stands beside its field, and a form that came too late carries
    the present version from then on, so that sending it again is a decision.
    """
    if not form.validate_on_submit():
        return None
    try:
        with transaction():
            return work()
    except StaleError as error:
        form.add_error(None, error.message)
        version = getattr(form, "version", None)
        if version is not None:
            version.data, version.raw_data = error.version, None
    except UserError as error:
        form.add_error(error.field, error.message)
    return None


def status_of(form: BaseForm) -> int:
    """Return the HTTP status of a page that shows ``form``: 422 when it was refused."""
    return 422 if form.errors or form.form_errors else 200
