"""Bulletins: choose the place, write, see exactly what leaves and to whom, confirm, follow."""

from collections.abc import Sequence
from typing import Final

from flask import Blueprint, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from wtforms.fields.choices import SelectChoice

from callcenter.core.db import db, transaction
from callcenter.core.errors import UserError
from callcenter.core.permissions import Permission
from callcenter.estate.queries import get_residence_card, search
from callcenter.estate.records import ResidenceCard
from callcenter.messaging import words
from callcenter.messaging.bulletin_forms import BulletinForm
from callcenter.messaging.bulletins import (
    Draft,
    failed_of,
    get_bulletin,
    list_bulletins,
    prepare,
    send_bulletin,
    states_of,
)
from callcenter.messaging.follow_up_models import Bulletin
from callcenter.messaging.ledger import segment_price
from callcenter.messaging.ledger_views import euros
from callcenter.messaging.states import FINAL_STATES, MessageState
from callcenter.ui.access import current_actor, requires
from callcenter.ui.htmx import go_to, render_page_or_fragment
from callcenter.ui.pagination import window_from
from callcenter.ui.theme import accents

PAGE_SIZE: Final = 30
_DIGITS: Final = 18


def bulletins() -> ResponseReturnValue:
    """Show what was sent to residences, and what became of it."""
    page = list_bulletins(window_from(request.args, 1, PAGE_SIZE))
    return render_template(
        "messaging/bulletins.html",
        page=page,
        figures={one.id: _figures(one, states) for one, states in _with_states(page.items)},
        members={one.member_id: one.name for one in accents()},
    )


def new_bulletin() -> ResponseReturnValue:
    """Choose the residence, write, look, confirm: one step a page, nothing typed is lost."""
    residence_id = _number(request.args.get("residence_id"))
    if residence_id is None:
        typed = request.args.get("q", "").strip()[:200]
        found = search(typed, current_actor().member_ids).residences if typed else ()
        return render_template("messaging/bulletin_place.html", typed=typed, found=found)
    card = get_residence_card(residence_id)
    form = BulletinForm(data={"urgent": True} if request.method == "GET" else None)
    form.buildings.choices = [
        SelectChoice(one.building_id, one.name)
        for one in card.buildings
        if one.building_id is not None
    ]
    if request.method == "GET" or "edit" in request.form:
        return _page(card, form)
    if not form.validate():
        return _page(card, form, status=422)
    draft = _draft(card, form)
    try:
        if "send" in request.form:
            return _send(draft, form)
        return _page(card, form, draft)
    except UserError as error:
        db.session.expire_all()
        form.add_error(error.field, error.message)
        return _page(card, form, draft, status=422)


def bulletin(bulletin_id: int) -> ResponseReturnValue:
    """Follow one bulletin: how many have it, how many never will."""
    found = get_bulletin(bulletin_id)
    ((_found, states),) = _with_states([found])
    return render_page_or_fragment(
        "messaging/bulletin.html",
        "messaging/_bulletin_progress.html",
        bulletin=found,
        figures=_figures(found, states),
        states=states,
        state_words=words.STATES,
        reason_words=words.reason_words,
        tones=words.TONES,
        failed=failed_of(found),
        accent_id=found.member_id,
    )


def _send(draft: Draft, form: BulletinForm) -> ResponseReturnValue:
    chosen = {number for text in request.form.getlist("people") if (number := _number(text))}
    with transaction():
        sent = send_bulletin(draft, chosen, actor=current_actor(), form_token=form.form_token.data)
    flash(_("Le message part."), "success")
    return go_to(url_for("messaging.bulletin", bulletin_id=sent.id))


def _page(
    card: ResidenceCard, form: BulletinForm, draft: Draft | None = None, status: int = 200
) -> ResponseReturnValue:
    prepared = prepare(draft) if draft is not None else None
    price = segment_price(card.residence.member_id) if prepared else None
    page = render_template(
        "messaging/bulletin_new.html",
        form=form,
        residence=card.residence,
        draft=draft,
        prepared=prepared,
        cost=euros(price * prepared.segments) if prepared and price is not None else "",
        languages={"fr": "Français", "en": "English"},
        accent_id=card.residence.member_id,
    )
    return page, status


def _draft(card: ResidenceCard, form: BulletinForm) -> Draft:
    names = {one.building_id: one.name for one in card.buildings}
    buildings = tuple(form.buildings.data or ())
    where = ", ".join(names[number] for number in buildings)
    return Draft(
        member_id=card.residence.member_id,
        residence_id=card.residence.residence_id,
        place=f"{card.residence.name} · {where}" if where else card.residence.name,
        word=form.word.data,
        word_en=form.word_en.data or "",
        building_ids=buildings,
        urgent=bool(form.urgent.data),
    )


def _with_states(items: Sequence[Bulletin]) -> list[tuple[Bulletin, dict[MessageState, int]]]:
    states = states_of(items) if items else {}
    return [(one, states[one.id]) for one in items]


def _figures(one: Bulletin, states: dict[MessageState, int]) -> dict[str, int]:
    """Return what the page says of a bulletin: sent on, arrived, lost, still on the way."""
    total = sum(states.values())
    delivered = states.get(MessageState.DELIVERED, 0)
    ended = sum(count for state, count in states.items() if state in FINAL_STATES)
    return {
        "total": total,
        "delivered": delivered,
        "failed": ended - delivered,
        "waiting": total - ended,
        "percent": round(100 * ended / total) if total else 100,
        "without": one.unreachable,
    }


def _number(text: str | None) -> int | None:
    if text and text.isascii() and text.isdigit() and len(text) <= _DIGITS:
        return int(text)
    return None


def add_bulletin_routes(blueprint: Blueprint) -> None:
    """Put these pages on the room's blueprint."""
    send = requires(Permission.BULLETIN_SEND)
    blueprint.add_url_rule("/bulletins", view_func=send(bulletins))
    blueprint.add_url_rule("/bulletins/new", view_func=send(new_bulletin), methods=["GET", "POST"])
    blueprint.add_url_rule("/bulletins/<int:bulletin_id>", view_func=send(bulletin))
