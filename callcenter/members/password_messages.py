"""What people read when a password is refused."""

from flask_babel import gettext as _

from callcenter.members.password_rules import MAXIMUM, MINIMUM, PasswordFault


def fault_message(fault: PasswordFault) -> str:
    """Return a sentence that says what to do instead."""
    messages: dict[PasswordFault, str] = {
        PasswordFault.TOO_SHORT: _(
            "Choisissez au moins %(count)s caractères : une suite de trois ou quatre mots convient.",
            count=MINIMUM,
        ),
        PasswordFault.TOO_LONG: _("Choisissez au plus %(count)s caractères.", count=MAXIMUM),
        PasswordFault.COMMON: _(
            "Ce mot de passe est parmi les premiers qu'on essaierait. "
            "Prenez plusieurs mots sans rapport entre eux."
        ),
        PasswordFault.REPEATED: _(
            "Ce mot de passe répète toujours la même chose. "
            "Prenez plusieurs mots sans rapport entre eux."
        ),
        PasswordFault.PERSONAL: _(
            "Ce mot de passe tient surtout à votre nom ou à votre adresse. "
            "Prenez des mots que personne n'associe à vous."
        ),
    }
    return messages[fault]
