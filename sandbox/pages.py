"""The page of phones: what a person would see on theirs, and a way to answer."""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import (
    Blueprint,
    Response,
    flash,
    get_template_attribute,
    jsonify,
    redirect,
    render_template,
    request,
    url_for,
)
from markupsafe import Markup, escape
from werkzeug.wrappers import Response as AnyResponse

from sandbox import inbound
from sandbox.behaviour import Behaviour, BehaviourError, Callbacks, Outcome, Scope
from sandbox.state import state

pages = Blueprint("pages", __name__)

PARIS = ZoneInfo("Europe/Paris")
_LINK = re.compile(r"https?://[^\s<>\"]+")
_FRENCH = re.compile(r"0[1-9]\d{8}")
_ABROAD = re.compile(r"\+[1-9]\d{6,14}")
_NO_CONTENT = 300

STATUS_WORDS = {
    "accepted": "En attente",
    "queued": "En attente",
    "sending": "En cours d'envoi",
    "sent": "Envoyé",
    "delivered": "Remis",
    "undelivered": "Non remis",
    "failed": "Échec",
    "received": "Envoyé",
}
# What the form offers, in the words of the person who tries the platform out.
CHOICES: dict[str, tuple[str, dict[str, Any]]] = {
    "ok": ("Tout est remis", {}),
    "slow": ("Réponse lente (3 secondes)", {"delay_ms": 3000}),
    "silent": ("Remis, mais aucun accusé", {"callbacks": Callbacks.NEVER}),
    "repeated": ("Accusés répétés", {"callbacks": Callbacks.REPEATED}),
    "reordered": ("Accusés dans le désordre", {"callbacks": Callbacks.REORDERED}),
    "30003": ("Téléphone éteint (30003)", {"outcome": Outcome.ERROR, "code": 30003}),
    "30007": ("Filtré par l'opérateur (30007)", {"outcome": Outcome.ERROR, "code": 30007}),
    "30008": ("Échec inconnu (30008)", {"outcome": Outcome.ERROR, "code": 30008}),
    "21211": ("Numéro invalide (21211)", {"outcome": Outcome.ERROR, "code": 21211}),
    "21614": ("Pas un mobile (21614)", {"outcome": Outcome.ERROR, "code": 21614}),
    "21610": ("Désabonné (21610)", {"outcome": Outcome.ERROR, "code": 21610}),
    "429": ("Trop de demandes (429)", {"outcome": Outcome.RATE_LIMITED, "retry_after": 2}),
    "500": ("Panne du service (500)", {"outcome": Outcome.SERVER_ERROR}),
    "timeout": ("Accepté, sans réponse à temps", {"outcome": Outcome.TIMEOUT}),
    "no_sid": ("Accepté, réponse sans identifiant", {"outcome": Outcome.NO_SID}),
    "dropped": ("Connexion coupée", {"outcome": Outcome.DROPPED}),
    "63038": ("Plafond du jour (63038)", {"outcome": Outcome.ERROR, "code": 63038}),
    "20003": ("Identifiants refusés (20003)", {"outcome": Outcome.ERROR, "code": 20003}),
}


@pages.get("/")
def phones() -> str:
    """Show the phones, the latest first."""
    search = request.args.get("q", "")
    version, shown = state().store.phones(search=search)
    return render_template(
        "phones.html",
        version=version,
        phones=shown,
        search=search,
        choices=CHOICES,
        in_force=_in_force(),
    )


@pages.get("/phones/changes")
def changes() -> Response:
    """Return the phones changed since a version, drawn, and which ones are to stay."""
    since = request.args.get("since", 0, type=int)
    search = request.args.get("q", "")
    version, shown = state().store.phones(search=search)
    changed = [phone for phone in shown if phone.version > since]
    draw = get_template_attribute("_phone.html", "phone_card")
    return jsonify(
        version=version,
        numbers=[phone.number for phone in shown],
        phones=[{"number": phone.number, "html": str(draw(phone))} for phone in reversed(changed)],
    )


@pages.post("/phones")
def add_phone() -> AnyResponse:
    """Put one more phone on the page."""
    number = read_number(request.form.get("number", ""))
    if number is None:
        flash("Numéro incompris : écrivez-le comme 06 39 98 12 34.", "error")
    else:
        state().store.add_phone(number, request.form.get("name", "").strip()[:60])
        flash(f"Le téléphone {shown_number(number)} est prêt.", "done")
    return redirect(url_for("pages.phones"))


@pages.post("/phones/<number>/answers")
def answer(number: str) -> AnyResponse:
    """Send what the person typed to the program."""
    here = state()
    try:
        sent = inbound.write(
            here,
            number,
            request.form.get("to", "") or here.account.service_sender,
            request.form.get("body", "").replace("\r\n", "\n"),
        )
    except inbound.InboundError as error:
        return _answered(str(error), ok=False)
    if sent.http is None:
        return _answered("La plateforme ne répond pas : une nouvelle tentative suivra.", ok=False)
    if sent.http >= _NO_CONTENT:
        return _answered(f"La plateforme a refusé le message (HTTP {sent.http}).", ok=False)
    return _answered("Message envoyé.", ok=True)


@pages.post("/behaviour")
def choose_behaviour() -> AnyResponse:
    """Choose how the network behaves from the form."""
    try:
        _label, fields = CHOICES[request.form.get("choice", "")]
        scope = Scope(request.form.get("scope", "all"))
        number = read_number(request.form.get("number", "")) or ""
        count = int(request.form.get("count") or 1)
        state().behaviours.set(Behaviour.parse(fields), scope, number=number, count=count)
    except (KeyError, ValueError, BehaviourError):
        flash("Choix incomplet : indiquez un numéro ou un nombre de messages.", "error")
    else:
        flash("Le réseau se comporte maintenant comme demandé.", "done")
    return redirect(url_for("pages.phones"))


@pages.post("/behaviour/reset")
def reset_behaviour() -> AnyResponse:
    """Go back to a network without faults."""
    state().behaviours.reset()
    flash("Le réseau fonctionne de nouveau normalement.", "done")
    return redirect(url_for("pages.phones"))


def read_number(text: str) -> str | None:
    """Read a number as written in France or with a country code; None if it is no number."""
    digits = re.sub(r"[\s.()\-\u00a0\u202f]", "", text)
    if _FRENCH.fullmatch(digits):
        return f"+33{digits[1:]}"
    return digits if _ABROAD.fullmatch(digits) else None


def shown_number(number: str) -> str:
    """Write a number as people do: 06 39 98 12 34."""
    if re.fullmatch(r"\+33\d{9}", number):
        return " ".join(re.findall("..", f"0{number[3:]}"))
    return number


def linked(text: str) -> Markup:
    """Make the addresses in a message clickable, and everything else harmless."""
    return Markup("").join(_pieces(text))


def clock(moment: datetime) -> str:
    """Show the hour of a message in Paris, with the day."""
    return moment.astimezone(PARIS).strftime("%d/%m %H:%M")


def _pieces(text: str) -> Iterator[Markup]:
    end = 0
    for found in _LINK.finditer(text):
        address = found.group().rstrip(".,;:!?)»'")
        yield escape(text[end : found.start()])
        yield Markup('<a href="{0}" target="_blank" rel="noopener">{0}</a>').format(address)
        end = found.start() + len(address)
    yield escape(text[end:])


def _answered(words: str, *, ok: bool) -> AnyResponse:
    """Answer the script with JSON, a plain form with a page."""
    if request.headers.get("X-Requested-With") == "fetch":
        return jsonify(ok=ok, message=words)
    flash(words, "done" if ok else "error")
    return redirect(url_for("pages.phones"))


def _in_force() -> list[str]:
    """Say in words which behaviours are in force; nothing when all is well."""
    facts = state().behaviours.describe()
    plain = Behaviour().as_json()
    words = []
    if facts["next_count"]:
        words.append(f"{facts['next_count']} prochain(s) message(s) : {_label(facts['next'][0])}")
    words += [
        f"{shown_number(number)} : {_label(behaviour)}"
        for number, behaviour in facts["numbers"].items()
        if behaviour != plain
    ]
    if facts["all"] != plain:
        words.append(f"tous les messages : {_label(facts['all'])}")
    return words


def _label(behaviour: dict[str, object]) -> str:
    for label, fields in CHOICES.values():
        if Behaviour.parse(fields).as_json() == behaviour:
            return label
    return "comportement réglé par un programme"
