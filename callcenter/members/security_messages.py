"""Flask-Security's messages, in our words; it looks them up in our own catalogue."""


def N_(text: str) -> str:  # noqa: N802 - gettext's name for "to translate, later"
    """Mark a text for the catalogue without translating it here."""
    return text


_GENERIC = N_("L'adresse e-mail ou le mot de passe n'est pas le bon.")

# Name in Flask-Security -> (sentence, kind of flash).
MESSAGES: dict[str, tuple[str, str]] = {
    "GENERIC_AUTHN_FAILED": (_GENERIC, "error"),
    "USER_DOES_NOT_EXIST": (_GENERIC, "error"),
    "DISABLED_ACCOUNT": (_GENERIC, "error"),
    "INVALID_EMAIL_ADDRESS": (_GENERIC, "error"),
    "INVALID_PASSWORD": (N_("Ce mot de passe n'est pas le bon."), "error"),
    "EMAIL_NOT_PROVIDED": (N_("Indiquez votre adresse e-mail."), "error"),
    "PASSWORD_NOT_PROVIDED": (N_("Indiquez un mot de passe."), "error"),
    "RETYPE_PASSWORD_MISMATCH": (N_("Les deux mots de passe diffèrent."), "error"),
    "PASSWORD_IS_THE_SAME": (N_("Le nouveau mot de passe est le même que l'ancien."), "error"),
    "PASSWORD_CHANGE": (
        N_("Votre mot de passe est changé ; vos autres sessions sont fermées."),
        "success",
    ),
    "PASSWORD_RESET_NO_LOGIN": (
        N_("Votre mot de passe est changé. Connectez-vous avec le nouveau."),
        "success",
    ),
    "PASSWORD_RESET_EXPIRED": (
        N_("Ce lien ne vaut que %(within)s : demandez-en un nouveau."),
        "error",
    ),
    "INVALID_RESET_PASSWORD_TOKEN": (
        N_("Ce lien a déjà servi ou n'est pas complet : demandez-en un nouveau."),
        "error",
    ),
    "UNAUTHENTICATED": (N_("Connectez-vous pour ouvrir cette page."), "info"),
    "UNAUTHORIZED": (N_("Cette action n'est pas ouverte à votre compte."), "error"),
    "REAUTHENTICATION_REQUIRED": (
        N_("Confirmez votre mot de passe avant de continuer."),
        "info",
    ),
    "REAUTHENTICATION_SUCCESSFUL": (N_("Merci, c'est bien vous."), "success"),
    "TWO_FACTOR_INVALID_TOKEN": (
        N_("Ce code n'est pas le bon, ou il a déjà servi. Prenez le suivant."),
        "error",
    ),
    "TWO_FACTOR_LOGIN_SUCCESSFUL": (N_("Vous êtes connecté."), "success"),
    "TWO_FACTOR_CHANGE_METHOD_SUCCESSFUL": (
        N_("La double authentification est en place."),
        "success",
    ),
    "TWO_FACTOR_PERMISSION_DENIED": (N_("Recommencez la connexion depuis le début."), "info"),
    "TWO_FACTOR_METHOD_NOT_AVAILABLE": (N_("Ce choix n'est pas possible."), "error"),
    "TWO_FACTOR_DISABLED": (N_("La double authentification est retirée."), "success"),
    "TWO_FACTOR_SETUP_EXPIRED": (
        N_("La mise en place doit être finie en %(within)s. Recommencez."),
        "error",
    ),
    "INVALID_RECOVERY_CODE": (N_("Ce code de secours n'existe pas ou a déjà servi."), "error"),
    "NO_RECOVERY_CODES_SETUP": (N_("Vous n'avez pas encore de codes de secours."), "info"),
    "INVALID_REDIRECT": (N_("Cette adresse n'est pas de ce site."), "error"),
    "API_ERROR": (N_("La demande n'a pas pu être comprise."), "error"),
}

SUBJECTS: dict[str, str] = {
    "PASSWORD_NOTICE": N_("Votre mot de passe a été changé"),
    "PASSWORD_CHANGE_NOTICE": N_("Votre mot de passe a été changé"),
    "PASSWORD_RESET": N_("Choisir un nouveau mot de passe"),
}
