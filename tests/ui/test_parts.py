"""The pure parts: cursors, words for time, colours, clean text, addresses."""

from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from callcenter.ui import theme, timewords
from callcenter.ui.forms import clean_line, clean_text
from callcenter.ui.htmx import safe_next
from callcenter.ui.pagination import Window, decode_cursor, encode_cursor, page_of, window_from
from tests.ui.sample_app import sample_app

KEYS = st.one_of(
    st.none(),
    st.integers(-(2**63) + 1, 2**63 - 1),
    st.dates(),
    st.datetimes(min_value=datetime(1900, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=30),
)


@given(st.lists(KEYS, min_size=1, max_size=3))
def test_a_cursor_comes_back_as_it_was(key: list[str | int | date | None]) -> None:
    assert decode_cursor(encode_cursor(key), len(key)) == tuple(key)


@given(st.text(max_size=80))
def test_a_forged_cursor_is_the_first_page_never_an_error(text: str) -> None:
    assert decode_cursor(text, 2) is None


@pytest.mark.parametrize("length", [1, 3])
def test_a_cursor_of_another_list_is_ignored(length: int) -> None:
    assert decode_cursor(encode_cursor([1, 2]), length) is None


def test_pages_by_keyset_walk_forth_and_back() -> None:
    rows = list(range(7))

    def fetch(window: Window) -> list[int]:
        if window.before is not None:
            return [r for r in reversed(rows) if r < int(str(window.before[0]))][: window.limit]
        after = -1 if window.after is None else int(str(window.after[0]))
        return [r for r in rows if r > after][: window.limit]

    def page(**args: str) -> tuple[list[int], str | None, str | None]:
        window = window_from(args, 1, size=3)
        found = page_of(fetch(window), window, lambda row: [row])
        return list(found.items), found.previous, found.next

    first, previous, after = page()
    assert (first, previous) == ([0, 1, 2], None)
    assert after is not None
    second, before, after = page(after=after)
    assert second == [3, 4, 5]
    assert after is not None
    assert page(after=after)[0] == [6]
    assert page(after=after)[2] is None
    assert before is not None
    assert page(before=before) == ([0, 1, 2], None, encode_cursor([2]))


NOON = datetime(2026, 11, 12, 11, 0, tzinfo=UTC)  # noon in Paris


@pytest.fixture(scope="module")
def app() -> Flask:
    return sample_app()


@pytest.mark.parametrize(
    ("minutes", "words", "urgency"),
    [
        (0.5, "dans 1 min", "soon"),
        (125, "dans 2 h", "soon"),
        (5 * 60, "dans 5 h", "later"),
        (3 * 1440, "dans 3 j", "later"),
        (-10, "en retard de 10 min", "late"),
        (-1500, "en retard de 1 j", "late"),
    ],
)
def test_deadlines_in_words(app: Flask, minutes: float, words: str, urgency: str) -> None:
    with app.test_request_context():
        due = timewords.due(NOON + timedelta(minutes=minutes), NOON)
    assert (due.text.replace("\N{NO-BREAK SPACE}", " "), due.urgency) == (words, urgency)


@pytest.mark.parametrize(
    ("instant", "words"),
    [
        (NOON, "12 h 00"),
        (NOON - timedelta(hours=13), "hier 23 h 00"),
        (NOON + timedelta(days=1), "demain 12 h 00"),
        (NOON + timedelta(days=4), "lundi 12 h 00"),
        (NOON - timedelta(days=30), "13/10 13 h 00"),
        (NOON - timedelta(days=365), "12/11/2025 12 h 00"),
    ],
)
def test_moments_are_said_in_paris_time(app: Flask, instant: datetime, words: str) -> None:
    with app.test_request_context():
        assert timewords.moment(instant, NOON).replace("\N{NO-BREAK SPACE}", " ") == words


def test_durations() -> None:
    assert [timewords.duration(s) for s in (40, 725, 3725)] == ["0:40", "12:05", "1:02:05"]


@given(st.from_regex(r"#[0-9a-f]{6}", fullmatch=True))
def test_any_colour_becomes_readable(colour: str) -> None:
    assert theme.contrast(theme.readable_on_white(colour), "#ffffff") >= 4.5


@pytest.mark.parametrize("colour", ["", None, "red", "#fff", "#000000}body{", "#12345g"])
def test_what_is_no_colour_never_enters_a_style(colour: str | None) -> None:
    assert theme.valid_colour(colour) == theme.DEFAULT_COLOUR


@given(st.text())
def test_clean_text_can_always_be_stored(text: str) -> None:
    cleaned = clean_text(text)
    assert cleaned is not None
    assert "\x00" not in cleaned
    cleaned.encode()
    assert clean_text(cleaned) == cleaned


def test_clean_text_keeps_what_people_write() -> None:
    assert clean_text(" a\r\nb\u202e ") == "a\nb"
    assert clean_text("مرحبا 😀") == "مرحبا 😀"
    assert clean_line("  a \n b\t c ") == "a b c"


@pytest.mark.parametrize(
    "target", ["", None, "//evil", "/\\evil", "https://evil", "evil", "/a\nb", "javascript:x"]
)
def test_no_redirect_leaves_the_site(target: str | None) -> None:
    assert safe_next(target, "/home") == "/home"


def test_a_redirect_within_the_site_is_kept() -> None:
    assert safe_next("/tickets?q=é", "/") == "/tickets?q=é"
