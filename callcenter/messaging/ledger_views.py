"""The SMS ledger: a month of each member, its files, and the administrator's prices."""

from decimal import Decimal

from flask import Blueprint, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import format_date, format_decimal
from flask_babel import gettext as _

from callcenter.core import clock
from callcenter.core.db import transaction
from callcenter.core.isolation import Actor
from callcenter.core.permissions import Permission
from callcenter.messaging import tariffs
from callcenter.messaging.delivery_watch import thresholds_of
from callcenter.messaging.ledger import (
    Ledger,
    get_ledger,
    list_live_alerts,
    list_tariffs,
    list_watches,
)
from callcenter.messaging.ledger_chart import bars_of
from callcenter.messaging.ledger_files import ledger_sheets, year_sheets
from callcenter.messaging.ledger_forms import EVERYBODY, TariffForm, ThresholdsForm
from callcenter.messaging.ledger_rules import Month, Thresholds
from callcenter.messaging.ledger_words import LEDGER_DEFINITIONS, alert_words, cause_words
from callcenter.messaging.ledger_year import MemberYear, get_year
from callcenter.ui.access import current_actor, requires
from callcenter.ui.htmx import go_to
from callcenter.ui.spreadsheets import file_response
from callcenter.ui.theme import accents

blueprint = Blueprint("ledger", __name__, url_prefix="/ledger")

# Two forms stand on one page.
_WATCH = "watch"


@blueprint.get("")
@requires(Permission.MESSAGING_LEDGER)
def index() -> ResponseReturnValue:
    """Show a month: how many messages each member sent, at what price, and how many arrived."""
    ledger, members, chosen = _asked()
    actor = current_actor()
    return render_template(
        "messaging/ledger.html",
        ledger=ledger,
        members=members,
        chosen=chosen,
        everybody=_members(),
        this_month=Month.of(clock.today()),
        month_words=month_words,
        cause_words=cause_words,
        alert_words=alert_words,
        definitions=LEDGER_DEFINITIONS,
        alerts=list_live_alerts(),
        euros=euros,
        percent=percent,
        unpriced=[members[line.member_id] for line in ledger.lines if line.figures.amount is None],
        may_price=actor.may(Permission.MEMBERS_MANAGE),
        accent_id=chosen or None,
    )


@blueprint.get("/export/<kind>")
@requires(Permission.MESSAGING_LEDGER)
def export(kind: str) -> ResponseReturnValue:
    """Give the month as a file: ``csv`` (the members' lines) or ``xlsx`` (all of it)."""
    ledger, members, _chosen = _asked()
    name = f"registre-sms-{ledger.month}"
    return file_response(kind, name, ledger_sheets(ledger, members))


@blueprint.get("/year")
@requires(Permission.MESSAGING_LEDGER)
def year() -> ResponseReturnValue:
    """Show twelve months of each member, as a chart and a table."""
    years, members, chosen, last = _asked_year()
    return render_template(
        "messaging/ledger_year.html",
        years=years,
        members=members,
        chosen=chosen,
        last=last,
        everybody=_members(),
        this_month=Month.of(clock.today()),
        bars_of=bars_of,
        month_words=month_words,
        short_month=short_month,
        cause_words=cause_words,
        definitions=LEDGER_DEFINITIONS,
        euros=euros,
        percent=percent,
        accent_id=chosen or None,
    )


@blueprint.get("/year/export/<kind>")
@requires(Permission.MESSAGING_LEDGER)
def export_year(kind: str) -> ResponseReturnValue:
    """Give the twelve months as a file: ``csv`` (a line a member and month) or ``xlsx``."""
    years, members, _chosen, last = _asked_year()
    return file_response(kind, f"registre-sms-12-mois-{last}", year_sheets(years, members))


@blueprint.get("/tariffs")
@requires(Permission.MEMBERS_MANAGE)
def settings() -> ResponseReturnValue:
    """Show prices and thresholds."""
    return _settings_page(TariffForm(), _thresholds_form())


@blueprint.post("/tariffs")
@requires(Permission.MEMBERS_MANAGE)
def add_tariff() -> ResponseReturnValue:
    """Set a price from a day on, for one member or all."""
    form = TariffForm()
    form.offer(_members())
    if not form.validate_on_submit():
        return _settings_page(form, _thresholds_form(), 422)
    actor = current_actor()
    price = Decimal(form.price.data or 0)
    with transaction():
        tariffs.set_tariff(_walls(form.member.data, actor), form.valid_from.data, price, actor)
    flash(_("Le tarif est enregistré."), "success")
    return go_to(url_for("ledger.settings"))


@blueprint.post("/tariffs/<int:sms_tariff_id>/remove")
@requires(Permission.MEMBERS_MANAGE)
def remove_tariff(sms_tariff_id: int) -> ResponseReturnValue:
    """Take a price back."""
    with transaction():
        tariffs.remove_tariff(sms_tariff_id, current_actor())
    flash(_("Le tarif est retiré : le précédent s'applique."), "success")
    return go_to(url_for("ledger.settings"))


@blueprint.post("/thresholds")
@requires(Permission.MEMBERS_MANAGE)
def set_thresholds() -> ResponseReturnValue:
    """Set when a falling share is worth an alert, for one member or all."""
    form = ThresholdsForm(prefix=_WATCH)
    form.offer(_members())
    if not form.validate_on_submit():
        return _settings_page(TariffForm(formdata=None), form, 422)
    actor = current_actor()
    wanted = Thresholds(
        form.window_hours.data,
        form.usual_days.data,
        form.fall_points.data,
        form.least_messages.data,
    )
    with transaction():
        tariffs.set_thresholds(_walls(form.member.data, actor), wanted, actor)
    flash(_("Les seuils sont enregistrés."), "success")
    return go_to(url_for("ledger.settings"))


def month_words(month: Month) -> str:
    """Return a month as people write it: "novembre 2026"."""
    return str(format_date(month.first, "LLLL yyyy"))


def short_month(month: Month) -> str:
    """Return a month where there is little room: "nov."."""
    return str(format_date(month.first, "LLL"))


def euros(amount: Decimal | None) -> str:
    """Return an amount as people write it, or a dash."""
    return "—" if amount is None else f"{format_decimal(amount, '#,##0.00')} €"


def price_words(price: Decimal) -> str:
    """Return the price of a segment: "0,0690 €"."""
    return f"{format_decimal(price, '0.0000#')} €"


def percent(share: Decimal | None) -> str:
    """Return a share as people write it, or a dash."""
    return "—" if share is None else f"{format_decimal(share, '0.#')} %"


def _asked() -> tuple[Ledger, dict[int, str], int]:
    """Return the ledger that the address asks for, the names in it, and the one member chosen."""
    everybody = _members()
    member = request.args.get("member", 0, type=int)
    chosen = member if member in everybody else 0
    members = {chosen: everybody[chosen]} if chosen else everybody
    month = Month.parse(request.args.get("month", ""), clock.today())
    return get_ledger(month, list(members)), members, chosen


def _asked_year() -> tuple[list[MemberYear], dict[int, str], int, Month]:
    """Return the twelve months that the address asks for, the names, the one member, the last."""
    everybody = _members()
    member = request.args.get("member", 0, type=int)
    chosen = member if member in everybody else 0
    members = {chosen: everybody[chosen]} if chosen else everybody
    present = Month.of(clock.today())
    # Older months were never counted.
    last = min(Month.parse(request.args.get("month", ""), clock.today()), present)
    return get_year(last, list(members)), members, chosen, last


def _members() -> dict[int, str]:
    return {one.member_id: one.name for one in accents()}


def _walls(member: int, actor: Actor) -> list[int]:
    """One member's wall; for all, the platform's too: what the next new member begins with."""
    return [*_members(), actor.home_id] if member == EVERYBODY else [member]


def _thresholds_form() -> ThresholdsForm:
    return ThresholdsForm(prefix=_WATCH, formdata=None, obj=Thresholds())


def _settings_page(
    form: TariffForm, thresholds: ThresholdsForm, status: int = 200
) -> ResponseReturnValue:
    members = _members()
    actor = current_actor()
    names = members | {actor.home_id: _("Nouveaux membres")}
    form.offer(members)
    thresholds.offer(members)
    watches = list_watches([*names])
    page = render_template(
        "messaging/ledger_settings.html",
        form=form,
        thresholds=thresholds,
        names=names,
        rows=sorted(
            list_tariffs([*names]),
            key=lambda row: (list(names).index(row.member_id), -row.valid_from.toordinal()),
        ),
        watched={
            number: thresholds_of(watches.get(number)) for number in [*members, actor.home_id]
        },
        platform_wall=actor.home_id,
        price_words=price_words,
        today=clock.today(),
    )
    return page, status
