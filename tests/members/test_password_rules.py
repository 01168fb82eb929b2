"""Passwords: long is good, guessable is refused, no theatre with signs."""

import pytest

from callcenter.members.password_rules import PasswordFault as Fault
from callcenter.members.password_rules import password_fault

ABOUT = ("camille.roux@plateforme.exemple.fr", "Camille", "Roux")


@pytest.mark.parametrize(
    ("password", "fault"),
    [
        ("court", Fault.TOO_SHORT),
        ("x7" * 70, Fault.TOO_LONG),
        ("motdepasse2024!", Fault.COMMON),
        ("M0tDeP@sse2024", Fault.COMMON),
        ("azertyuiop123", Fault.COMMON),
        ("Bordeaux33000!", Fault.COMMON),
        ("Aquitanis2024!", Fault.COMMON),
        ("123456789012", Fault.COMMON),
        ("aaaaaaaaaaaaa", Fault.REPEATED),
        ("abcdeabcdeabcde", Fault.REPEATED),
        ("camille.roux33", Fault.PERSONAL),
        ("camille-roux-aime-les-figues", None),
        ("correct horse battery staple", None),
        ("tasse bleue nuage 7", None),
        ("Xk7#pLw9!qRt", None),
        ("пароль очень длинный", None),
    ],
)
def test_faults(password: str, fault: Fault | None) -> None:
    assert password_fault(password, ABOUT) is fault
