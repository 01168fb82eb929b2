"""The ledger as tables for a spreadsheet."""

from collections.abc import Iterable, Mapping
from datetime import date

from flask_babel import gettext as _

from callcenter.core.phone import format_phone
from callcenter.messaging import ledger_words, words
from callcenter.messaging.ledger import Ledger, Times
from callcenter.messaging.ledger_rules import CHARGED, FAILED, Figures
from callcenter.messaging.ledger_year import MemberYear
from callcenter.messaging.models import Message
from callcenter.messaging.states import MessageState
from callcenter.ui.spreadsheets import Cell, Sheet


def ledger_sheets(ledger: Ledger, members: Mapping[int, str]) -> list[Sheet]:
    """Return the month: a line per member with the total, each day, the causes, the words."""
    month = str(ledger.month)
    lines = [
        _line(month, members[line.member_id], line.figures, line.times) for line in ledger.lines
    ]
    if len(lines) > 1:
        lines.append(_line(month, _("Total"), ledger.total, ledger.total_times))
    return [
        Sheet(_("Synthèse"), _heads(), lines),
        Sheet(
            _("Par jour"),
            [_("Jour"), _("Membre"), _("Messages"), _("Segments"), _("Remis"), _("Échecs")],
            _days(ledger, members),
        ),
        Sheet(
            _("Causes"),
            [_("État"), _("Code"), _("Cause"), _("Messages")],
            [
                (
                    str(words.STATES[cause.state]),
                    cause.error_code,
                    ledger_words.cause_words(cause),
                    cause.messages,
                )
                for cause in [*ledger.failures, *ledger.kept]
            ],
        ),
        _definitions(),
    ]


def year_sheets(years: Iterable[MemberYear], members: Mapping[int, str]) -> list[Sheet]:
    """Return twelve months: a line per member and month, the causes of each, the words."""
    counted = [
        (members[year.member_id], line, line.figures)
        for year in years
        for line in year.lines
        if line.figures is not None
    ]
    return [
        Sheet(
            _("12 mois"),
            _heads(),
            [_line(str(line.month), name, sums, line.times) for name, line, sums in counted],
        ),
        Sheet(
            _("Causes"),
            [_("Mois"), _("Membre"), _("État"), _("Code"), _("Cause"), _("Messages")],
            [
                (
                    str(line.month),
                    name,
                    str(words.STATES[cause.state]),
                    cause.error_code,
                    ledger_words.cause_words(cause),
                    cause.messages,
                )
                for name, line, _figures in counted
                for cause in line.causes
            ],
        ),
        _definitions(),
    ]


def _definitions() -> Sheet:
    return Sheet(
        _("Définitions"),
        [_("Mot"), _("Sens")],
        [(str(word), str(meaning)) for word, meaning in ledger_words.LEDGER_DEFINITIONS],
    )


def messages_sheet(messages: Iterable[Message], members: Mapping[int, str]) -> Sheet:
    """Return messages one by one, without their texts."""
    heads = [
        _("Écrit"), _("Membre"), _("Message"), _("Numéro"), _("État"), _("Depuis"), _("Raison"),
        _("Code"), _("Segments"), _("Envoyé"), _("Remis"), _("Essai"), _("Identifiant"),
    ]  # fmt: skip
    return Sheet(
        _("SMS"),
        heads,
        (
            [
                one.created_at, members.get(one.member_id, ""), words.trigger_word(one.trigger),
                format_phone(one.to_number) if one.to_number else "",
                str(words.STATES[one.state]), one.state_at, words.reason_words(one.reason), one.error_code,
                one.segments, one.sent_at, one.delivered_at, one.try_number, one.id,
            ]
            for one in messages
        ),
    )  # fmt: skip


def _heads() -> list[str]:
    return [
        _("Mois"), _("Membre"), _("Messages"), _("Envoyés"), _("Segments"),
        _("Montant HT (€)"), _("Remis"), _("Échecs"), _("En route"), _("En attente"),
        _("Non envoyés"), _("Part remise (%)"), _("Délai médian (s)"), _("Délai 95 % (s)"),
    ]  # fmt: skip


def _line(month: str, name: str, figures: Figures, times: Times) -> list[Cell]:
    return [
        month, name, figures.messages, figures.charged, figures.segments, figures.amount,
        figures.delivered, figures.failed, figures.on_its_way, figures.waiting, figures.kept,
        figures.share, _seconds(times.median), _seconds(times.p95),
    ]  # fmt: skip


def _seconds(value: float | None) -> float | None:
    return None if value is None else round(value, 1)


def _days(ledger: Ledger, members: Mapping[int, str]) -> list[list[Cell]]:
    sums: dict[tuple[int, date], list[int]] = {}
    for one in ledger.counts:
        found = sums.setdefault((one.member_id, one.day), [0, 0, 0, 0])
        found[0] += one.messages * (one.state in CHARGED)
        found[1] += one.segments * (one.state in CHARGED)
        found[2] += one.messages * (one.state is MessageState.DELIVERED)
        found[3] += one.messages * (one.state in FAILED)
    return [
        [day, members[member_id], *numbers]
        for (member_id, day), numbers in sorted(
            sums.items(), key=lambda item: (item[0][1], members[item[0][0]])
        )
    ]
