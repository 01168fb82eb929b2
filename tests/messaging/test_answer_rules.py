"""What short answers mean; anything not certain is for a person."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.messaging.answer_rules import (
    Meaning,
    Request,
    choose_request,
    read_number,
    read_score,
    understand,
)
from callcenter.messaging.states import Trigger


@pytest.mark.parametrize(
    ("body", "meaning"),
    [
        ("STOP", "stop"),
        ("Arrêt.", "stop"),
        ("stop sms", "stop"),
        ("START", "start"),
        ("Oui", "yes"),
        ("OUI MERCI !!", "yes"),
        ("oui c'est réparé", "yes"),
        ("C’est bon, merci", "yes"),
        ("ok", "yes"),
        ("Non", "no"),
        ("non, toujours pas", "no"),
        ("Bonjour, non", "no"),
        ("5", "score"),
        ("4/5", "score"),
        ("Note : 3", "score"),
        ("5 étoiles", "score"),
        ("Merci ! 4", "score"),
        ("2, personne n'est venu à l'heure", "score"),
        ("2 jours que j'attends", "other"),
        ("4.5", "other"),
        ("6", "other"),
        ("10", "other"),
        ("Ce n'est plus moi", "wrong_person"),
        ("Bonjour, mauvais numéro", "wrong_person"),
        ("Je n'habite plus là depuis mai", "wrong_person"),
        ("Ce n'est pas moi qui ai cassé la porte", "other"),
        ("Mon nouveau numéro : 06 39 98 77 01", "new_number"),
        ("J'ai changé de numéro, c'est le 0639987701 merci", "new_number"),
        ("Mon numéro de bail est le 12", "other"),
        ("nouveau numéro 06 39 98 77 01 ou 06 39 98 77 02", "other"),
        ("oui mais ça fuit encore", "other"),
        ("non c'est bon", "other"),
        ("ne pas stopper le chauffage", "other"),
        ("le bus stop est cassé", "other"),
        ("🙂", "other"),
        ("", "other"),
        ("merci", "other"),
    ],
)
def test_words(body: str, meaning: str) -> None:
    assert understand(body) == meaning


def test_the_provider_s_reading_decides_where_ours_does_not() -> None:
    assert understand("fin", "STOP") is Meaning.STOP
    assert understand("YES", "START") is Meaning.YES
    assert understand("unstop me", "START") is Meaning.START
    assert understand("help", "HELP") is Meaning.OTHER


@given(st.text(max_size=200), st.text(max_size=10))
def test_any_text_has_a_meaning(body: str, told: str) -> None:
    assert understand(body, told) in Meaning


def test_a_mark_comes_with_its_word() -> None:
    assert read_score("4, rapide et poli") == (4, "rapide et poli")
    assert read_score("5 merci") == (5, "")
    assert read_score("1 ! Toujours pas réparé") == (1, "Toujours pas réparé")
    assert read_score("1 fuite") is None


def test_the_new_number_is_read_as_people_write_it() -> None:
    found = read_number("c'est le 06.39.98.77.01 maintenant")
    assert found is not None
    assert found.e164 == "+33639987701"
    assert read_number("rien") is None


NOW = datetime(2026, 11, 12, 12, 0, tzinfo=UTC)
ONE, TWO = Request(2, 11), Request(2, 12)


@pytest.mark.parametrize(
    ("open_ones", "last", "trigger", "days", "chosen"),
    [
        # One open: that one, whatever was sent or was not.
        ([ONE], None, "", 0, ONE),
        ([ONE], ONE, Trigger.RECEIVED, 1, ONE),
        ([ONE], TWO, Trigger.RECEIVED, 1, ONE),
        # Several: by the last message, else nobody guesses.
        ([ONE, TWO], TWO, Trigger.PLANNED, 1, TWO),
        ([ONE, TWO], None, "", 0, None),
        ([ONE, TWO], Request(2, 13), Trigger.CANCELLED, 1, None),
        # A question outlives the request for a while.
        ([ONE], TWO, Trigger.SATISFACTION, 1, TWO),
        ([ONE], TWO, Trigger.SATISFACTION, 30, ONE),
        ([], TWO, Trigger.CLOSED, 2, TWO),
        ([], TWO, Trigger.CLOSED, 20, None),
        ([], TWO, Trigger.RECEIVED, 1, None),
        ([], None, "", 0, None),
    ],
)
def test_the_request_that_an_answer_is_about(
    open_ones: list[Request], last: Request | None, trigger: str, days: int, chosen: Request | None
) -> None:
    at = NOW - timedelta(days=days)
    assert choose_request(open_ones, last, trigger, at if last else None, NOW) == chosen
