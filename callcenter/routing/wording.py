"""The words of a decision, in French first and in English: pure text, no gettext.

A decision is made of steps (codes and plain values) that are kept on the ticket for ever; the
sentences are made here, when they are read, so that a better wording serves old tickets too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from callcenter.members.clock_rules import Target, TargetUnit
from callcenter.routing.payment_rules import Guidance
from callcenter.routing.rule_types import Decision, Step
from callcenter.routing.states import DestinationKind, Priority
from callcenter.routing.words import (
    CONDITIONS,
    DELAYS,
    DESTINATIONS,
    EQUIPMENT,
    KINDS,
    LOCATIONS,
    MONTHS,
    OWNERSHIP,
    PAYERS,
    PAYMENT_REASONS,
    REASONS,
    STEPS,
    TEAM_KINDS,
    WEEKDAYS,
)

_PARIS: Final = ZoneInfo("Europe/Paris")
FRENCH: Final = "fr"
ENGLISH: Final = "en"


def explain(decision: Decision, lang: str = FRENCH) -> list[str]:
    """The sentences of a decision: the headline first, then each reason, in order."""
    return explain_steps(decision.steps, lang)


def explain_steps(steps: Sequence[Step], lang: str = FRENCH) -> list[str]:
    """Like ``explain``, from the steps that a ticket keeps."""
    lang = _known(lang)
    details = [_sentence(step, lang) for step in steps]
    return [headline(steps, lang), *(sentence for sentence in details if sentence)]


def explain_rejected(rejected: Iterable[Step], lang: str = FRENCH) -> list[str]:
    """Why not the others: one sentence for each destination or rule set aside."""
    lang = _known(lang)
    return [sentence for step in rejected if (sentence := _sentence(step, lang))]


def headline(steps: Sequence[Step], lang: str = FRENCH) -> str:
    """The decision in one line.

    « Ascenseur, partie commune, résidence Gounod (mono-propriété Aquitanis) → contrat
    Ascensoristes du Sud-Ouest (24/7, jusqu'au 31/12/2027) ; délai 4 h : P1 ».
    """
    lang = _known(lang)
    found = {step.code: step.params for step in steps}
    subject = _subject(found.get("subject", {}), lang)
    destination = _destination(found.get("destination", {}), lang)
    promise = found.get("promise")
    if promise is None:
        return f"{subject} → {destination}"
    target = Target(int(promise["amount"]), TargetUnit(promise["unit"]))
    delay = delay_text(target, Priority(promise["priority"]), lang)
    if lang == ENGLISH:
        return f"{subject} → {destination}; {delay}: {promise['priority']}"
    return f"{subject} → {destination} ; {delay} : {promise['priority']}"


def delay_text(target: Target, priority: Priority, lang: str = FRENCH) -> str:
    """A target in words: « délai 4 h », « délai 5 jours ouvrés », « immédiat, 1 h au plus »."""
    words = DELAYS[_known(lang)]
    if target.unit is TargetUnit.SAME_CALL:
        return words["same_call"]
    unit = words[f"{target.unit}_one" if target.amount == 1 else target.unit]
    amount = f"{target.amount} {unit}"
    return words["now" if priority is Priority.P0 else "delay"].format(amount=amount)


def payment_text(guidance: Guidance, lang: str = FRENCH) -> tuple[str, list[str]]:
    """Who pays, in a word, then why and by which text."""
    lang = _known(lang)
    reason = PAYMENT_REASONS[lang].get(guidance.because, "").format(ask=guidance.ask)
    return PAYERS[lang][guidance.payer], [each for each in (reason, guidance.source) if each]


def instant_text(instant: datetime, lang: str = FRENCH) -> str:
    """« lundi 9 mars 2026 à 17 h 30 », in Paris time."""
    lang = _known(lang)
    local = instant.astimezone(_PARIS)
    weekday, month = WEEKDAYS[lang][local.weekday()], MONTHS[lang][local.month - 1]
    if lang == ENGLISH:
        return f"{weekday} {local.day} {month} {local.year} at {local:%H:%M}"
    day = "1er" if local.day == 1 else str(local.day)
    return f"{weekday} {day} {month} {local.year} à {local.hour} h {local.minute:02d}"


def _subject(params: Mapping[str, Any], lang: str) -> str:
    parts = [params.get("category", "")]
    if params.get("location"):
        parts.append(LOCATIONS[lang][params["location"]])
    if params.get("residence"):
        place = OWNERSHIP[lang]["residence"].format(name=params["residence"])
        if params.get("building") and params.get("location") == "common":
            place += f" {_building(params['building'], lang)}"
        if params.get("ownership"):
            syndic = params.get("syndic") or OWNERSHIP[lang]["no_syndic"]
            owner = OWNERSHIP[lang][params["ownership"]]
            place += f" ({owner.format(member=params.get('member', ''), syndic=syndic)})"
        parts.append(place)
    if params.get("dwelling") and params.get("location") == "private":
        parts.append(OWNERSHIP[lang]["dwelling"].format(number=params["dwelling"]))
    return ", ".join(part for part in parts if part)


def _building(name: str, lang: str) -> str:
    """« bât. B »; a name that says it already stays as it is."""
    if name.lower().startswith(("bât", "bat")):
        return name
    return OWNERSHIP[lang]["building"].format(name=name)


def _destination(params: Mapping[str, Any], lang: str) -> str:
    kind = params.get("kind", DestinationKind.TRIAGE)
    words = DESTINATIONS[lang]
    organisation, team = params.get("organisation", ""), params.get("team", "")
    if kind == DestinationKind.CONTRACTOR_BY_CONTRACT:
        hours = words["always"] if params.get("always") else words["office_hours"]
        if params.get("on_call") and not params.get("always"):
            hours += words["with_on_call"]
        until = params.get("until")
        ends = words["until"].format(date=_day(until)) if until else words["no_end"]
        return words[kind].format(organisation=organisation, hours=hours, ends=ends)
    if kind == DestinationKind.SYNDIC and team:
        kind = "own_syndic"
    return words[kind].format(organisation=organisation, team=team or organisation)


def _sentence(step: Step, lang: str) -> str:
    template = STEPS[lang].get(step.code)
    if template is None:
        return ""
    return template.format_map(_Readable({k: _value(k, v, lang) for k, v in step.params.items()}))


class _Readable(dict[str, str]):
    """An old ticket may lack a value that a newer sentence names: say « ? », don't fail."""

    def __missing__(self, key: str) -> str:
        return "?"


def _value(name: str, value: Any, lang: str) -> str:
    """One value as people read it."""
    if value is None:
        return "?"
    if name in {"due", "opens"}:
        return instant_text(datetime.fromisoformat(value), lang)
    if name in {"until", "from", "till"}:
        return _hour(value, lang) if name == "till" else _day(value)
    tables = {"equipment": EQUIPMENT, "condition": CONDITIONS, "reason": REASONS}
    if name in tables:
        return tables[name][lang].get(value, str(value))
    if name == "kind":
        return KINDS[lang].get(value) or TEAM_KINDS[lang].get(value) or str(value)
    return str(value)


def _hour(iso: str, lang: str) -> str:
    local = datetime.fromisoformat(iso).astimezone(_PARIS)
    return f"{local:%H:%M}" if lang == ENGLISH else f"{local.hour} h {local.minute:02d}"


def _day(iso: str) -> str:
    return f"{date.fromisoformat(iso):%d/%m/%Y}"


def _known(lang: str) -> str:
    return ENGLISH if lang.startswith(ENGLISH) else FRENCH
