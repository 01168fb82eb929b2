"""What short answers mean; anything not certain is for a person."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.messaging.answer_rules import Meaning, understand


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
