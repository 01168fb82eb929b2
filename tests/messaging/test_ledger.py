"""The ledger on the real database: figures, files, prices, alerts, and whose they are."""

import io
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from python_calamine import CalamineWorkbook
from sqlalchemy import select, text

from callcenter.core import clock
from callcenter.core.audit import AuditEntry
from callcenter.core.clock import frozen_at
from callcenter.core.db import transaction
from callcenter.messaging.delivery_watch import watch_delivery
from callcenter.messaging.ledger import get_ledger
from callcenter.messaging.ledger_models import DeliveryAlert, DeliveryWatch, SmsTariff
from callcenter.messaging.ledger_rules import Month
from callcenter.messaging.ledger_year import MONTHS, MemberYear, get_year
from callcenter.messaging.models import Message
from tests.outbox import ago, change, queue_one
from tests.page_checks import PageChecker
from tests.statements import counted
from tests.world import World, as_member, as_system, sign_in
from workers.ledger import count_months

NOVEMBER = Month(2026, 11)
NOON = datetime(2026, 11, 12, 11, 0, tzinfo=UTC)


def written(member_id: int, count: int, at: datetime = NOON, **columns: Any) -> list[int]:
    """Messages of one member, taken by the provider at an instant, delivered 4 s later."""
    given = {"state": "delivered", "sent_at": at, "delivered_at": at + timedelta(seconds=4)}
    given |= {"state_at": at, "segments": 1, "provider_id": None} | columns
    with as_system() as session, transaction():
        rows = [
            Message(
                member_id=member_id, trigger="received", to_number="+33639981201", body="x",
                encoding="GSM-7", not_before=at, expires_at=at, created_at=at, **given,
            )
            for _one in range(count)
        ]  # fmt: skip
        session.add_all(rows)
        session.flush()
        return [row.id for row in rows]


def priced(*walls: int, price: str = "0.07", since: date = date(2026, 1, 1)) -> None:
    with as_system() as session, transaction():
        session.add_all(
            SmsTariff(member_id=wall, valid_from=since, price=Decimal(price)) for wall in walls
        )


@pytest.fixture
def november(app: Flask, world: World) -> World:
    a, b = world.a.id, world.b.id
    priced(a, b)
    priced(b, price="0.05", since=date(2026, 11, 15))
    written(a, 18, segments=2)
    written(a, 2, delivered_at=NOON + timedelta(seconds=60))
    written(a, 4, state="undelivered", error_code=30003, delivered_at=None)
    written(a, 1, state="failed", error_code=21614, delivered_at=None, sent_at=None)
    written(a, 3, state="skipped", reason="Aucun numéro : à rappeler.", sent_at=None)
    written(b, 10)
    written(b, 10, at=NOON + timedelta(days=5))
    # The last evening of October in Paris, and a message written then that left in November.
    written(a, 1, at=datetime(2026, 10, 31, 22, 59, tzinfo=UTC))
    written(b, 1, at=datetime(2026, 10, 31, 23, 1, tzinfo=UTC))
    return world


def test_a_month_in_figures(november: World) -> None:
    a, b = november.a.id, november.b.id
    with as_member(a, b):
        ledger = get_ledger(NOVEMBER, [a, b])
    first, second = ledger.lines
    assert first.figures.charged == 24
    assert first.figures.segments == 18 * 2 + 2 + 4
    assert first.figures.amount == Decimal("2.94")
    assert first.figures.share == Decimal("80.0")
    assert first.times.median == 4.0
    assert first.times.p95 == pytest.approx(60.0, abs=3)
    assert second.figures.amount == Decimal("0.77") + Decimal("0.50")
    assert ledger.total.amount == first.figures.amount + second.figures.amount
    assert ledger.total.messages == first.figures.messages + second.figures.messages == 49
    assert ledger.total_times.median == 4.0
    assert [(one.error_code, one.messages) for one in ledger.failures] == [(30003, 4), (21614, 1)]
    assert [(one.note, one.messages) for one in ledger.kept] == [("Aucun numéro : à rappeler.", 3)]


def test_the_total_is_the_exact_sum_whatever_is_chosen(november: World) -> None:
    a, b = november.a.id, november.b.id
    with as_member(a, b):
        both = get_ledger(NOVEMBER, [a, b]).total
        alone = [get_ledger(NOVEMBER, [one]).total for one in (a, b)]
    assert both == alone[0] + alone[1]


def test_a_member_counts_its_own_alone(november: World) -> None:
    a, b = november.a.id, november.b.id
    with as_member(b):
        ledger = get_ledger(NOVEMBER, [a, b])
    assert ledger.lines[0].figures.messages == 0
    assert ledger.lines[1].figures.messages == 21


def test_a_late_receipt_changes_the_month_at_once(november: World) -> None:
    a = november.a.id
    (late,) = written(a, 1, state="sent", delivered_at=None)
    with as_member(a):
        before = get_ledger(NOVEMBER, [a]).total
    change(late, state="delivered", delivered_at=NOON + timedelta(days=9))
    with as_member(a):
        after = get_ledger(NOVEMBER, [a]).total
    assert (before.on_its_way, before.delivered + 1) == (1, after.delivered)


def test_the_page_costs_the_same_for_one_message_and_many(
    app: Flask, client: FlaskClient, november: World
) -> None:
    sign_in(client, november.user("administrator"))
    client.get("/ledger?month=2026-11")
    with counted(app) as few:
        client.get("/ledger?month=2026-11")
    written(november.a.id, 200, error_code=30005, state="undelivered")
    with counted(app) as many:
        client.get("/ledger?month=2026-11")
    assert len(many) == len(few) <= 6, "\n".join(many)


def test_a_month_is_read_by_its_index(app: Flask, november: World) -> None:
    with as_system() as session:
        session.execute(text("SET LOCAL enable_seqscan = off"))
        plan = "\n".join(
            session.scalars(
                text(
                    "EXPLAIN SELECT count(*) FROM message WHERE member_id IN (:a, :b)"
                    " AND coalesce(sent_at, created_at) >= '2026-11-01'"
                    " AND coalesce(sent_at, created_at) < '2026-12-01'"
                ),
                {"a": november.a.id, "b": november.b.id},
            )
        )
    assert "ix_message_ledger" in plan


def test_the_administrator_sees_every_member_and_the_total(
    app: Flask, client: FlaskClient, november: World
) -> None:
    sign_in(client, november.user("administrator"))
    browser = PageChecker(client)
    page = browser.get("/ledger?month=2026-11")
    for words in ("Novembre 2026", "Aquitanis", "Mésolia", "Total", "2,94 €", "4,21 €", "80 %"):
        assert words in page.text, words
    assert "Téléphone éteint" in page.text
    assert "Aucun numéro : à rappeler." in page.text
    one = browser.get(f"/ledger?month=2026-11&member={november.b.id}")
    assert "2,94 €" not in one.text
    assert "1,27 €" in one.text
    assert "Aucun SMS" in browser.get("/ledger?month=2019-01").text


def test_a_manager_sees_its_own_member_alone(
    app: Flask, client: FlaskClient, november: World
) -> None:
    sign_in(client, november.user("manager-a"))
    browser = PageChecker(client)
    for query in ("", f"&member={november.b.id}"):
        page = browser.get(f"/ledger?month=2026-11{query}")
        assert "2,94 €" in page.text
        assert "Mésolia" not in page.text
        assert "1,27" not in page.text
    assert client.get("/ledger/tariffs").status_code == 404
    sign_in(client, november.user("staff-a"))
    assert client.get("/ledger").status_code == 404


def test_the_files_hold_the_same_figures(app: Flask, client: FlaskClient, november: World) -> None:
    sign_in(client, november.user("administrator"))
    csv = client.get("/ledger/export/csv?month=2026-11").get_data(as_text=True)
    assert csv.startswith("\ufeffMois;Membre;")
    assert "2026-11;Aquitanis;28;24;42;2,94;20;5;0;0;3;80,0;4,0;" in csv
    assert "2026-11;Total;49;45;63;4,21;" in csv
    answer = client.get("/ledger/export/xlsx?month=2026-11")
    book = CalamineWorkbook.from_filelike(io.BytesIO(answer.get_data()))
    assert book.sheet_names == ["Synthèse", "Par jour", "Causes", "Définitions"]
    rows = book.get_sheet_by_name("Synthèse").to_python()
    assert rows[1][1:6] == ["Aquitanis", 28, 24, 42, 2.94]
    assert rows[3][1:6] == ["Total", 49, 45, 63, 4.21]
    days = book.get_sheet_by_name("Par jour").to_python()
    assert sum(int(str(row[2]).partition(".")[0]) for row in days[1:]) == 45
    assert client.get("/ledger/export/pdf").status_code == 404


def test_exported_messages_hold_no_text_and_no_formula(
    app: Flask, client: FlaskClient, world: World
) -> None:
    first = queue_one(world.a.id)
    change(first, reason="=cmd|' /C calc'!A0", state="skipped")
    queue_one(world.b.id)
    sign_in(client, world.user("staff-a"))
    csv = client.get("/messages/export/csv").get_data(as_text=True)
    assert "abcdefghijklmnopqrst" not in csv
    assert "'=cmd" in csv
    assert "Mésolia" not in csv
    assert len(csv.splitlines()) == 2
    answer = client.get("/messages/export/xlsx?state=skipped")
    (sheet,) = CalamineWorkbook.from_filelike(io.BytesIO(answer.get_data())).sheet_names
    assert sheet == "SMS"
    assert (
        len(client.get("/messages/export/csv?state=failed").get_data(as_text=True).splitlines())
        == 1
    )


def test_the_administrator_sets_prices(app: Flask, client: FlaskClient, world: World) -> None:
    written(world.a.id, 100)
    sign_in(client, world.user("administrator"))
    browser = PageChecker(client)
    assert "Sans tarif" in browser.get("/ledger?month=2026-11").text
    page = browser.get("/ledger/tariffs")
    page = browser.submit(
        page, "/ledger/tariffs", member="0", valid_from="2026-01-01", price="0,0725"
    )
    assert "0,0725 €" in page.text
    assert "7,25 €" in browser.get("/ledger?month=2026-11").text
    page = browser.submit(
        page,
        "/ledger/tariffs",
        member=str(world.a.id),
        valid_from="2026-01-01",
        price="0.08",
    )
    assert "8,00 €" in browser.get("/ledger?month=2026-11").text
    with as_system() as session:
        mine = select(SmsTariff).where(SmsTariff.member_id == world.a.id)
        tariff = session.scalars(mine).one()
        assert tariff.price == Decimal("0.08")
        noted = session.scalars(
            select(AuditEntry.changes).where(
                AuditEntry.action == "sms_tariff.set", AuditEntry.member_id == world.a.id
            )
        ).all()
        assert noted[-1]["price"] == ["0.07250", "0.08000"] or noted[-1]["price"] == [
            "0.07250",
            "0.08",
        ]
    browser.submit(page, f"/ledger/tariffs/{tariff.id}/remove")
    assert "Sans tarif" in browser.get("/ledger?month=2026-11").text


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"price": "cher"}, "Donnez un prix"),
        ({"price": ""}, "Donnez un prix"),
        ({"price": "11"}, "0 à 10 euros"),
        ({"price": "-1"}, "0 à 10 euros"),
        ({"price": "NaN"}, "Donnez un prix"),
        ({"valid_from": "hier"}, "date"),
        ({"valid_from": ""}, "Donnez un jour"),
    ],
)
def test_a_wrong_price_is_refused_and_kept_on_the_page(
    app: Flask, client: FlaskClient, world: World, changes: dict[str, str], said: str
) -> None:
    sign_in(client, world.user("administrator"))
    browser = PageChecker(client)
    typed = {"member": "0", "valid_from": "2026-01-01", "price": "0,07"} | changes
    refused = browser.submit(browser.get("/ledger/tariffs"), "/ledger/tariffs", status=422, **typed)
    assert said in refused.text
    if changes.get("price"):
        assert f'value="{changes["price"]}"' in refused.html
    with as_system() as session:
        assert session.scalars(select(SmsTariff)).all() == []


def alerts() -> list[DeliveryAlert]:
    with as_system() as session:
        return list(session.scalars(select(DeliveryAlert).order_by(DeliveryAlert.id)))


def watch() -> int:
    with as_system(), transaction():
        return watch_delivery()


def test_an_alert_begins_is_kept_up_and_ends(app: Flask, client: FlaskClient, world: World) -> None:
    a = world.a.id
    written(a, 57, at=ago(days=10))
    written(a, 3, at=ago(days=10), state="undelivered", error_code=30005)
    assert watch() == 0
    written(a, 16, at=ago(hours=2))
    written(a, 8, at=ago(hours=2), state="undelivered", error_code=30003)
    assert watch() == 2  # the member's, and that of all together
    assert watch() == 2
    mine, everybody = sorted(alerts(), key=lambda alert: alert.member_id != a)
    assert (mine.share, mine.usual, mine.counted, mine.error_code) == (66, 95, 24, 30003)
    assert everybody.member_id == world.platform
    sign_in(client, world.user("supervisor"))
    browser = PageChecker(client)
    for address in ("/supervision", "/messages", "/ledger"):
        page = browser.get(address)
        assert "66 % (16 sur 24), d'habitude 95 %" in page.text, address
        assert "Téléphone éteint, hors réseau ou injoignable (code 30003)" in page.text
    sign_in(client, world.user("manager-b"))
    assert "Trop peu de SMS" not in browser.get("/messages").text
    written(a, 200, at=ago(hours=1))
    assert watch() == 0
    assert all(alert.ended_at for alert in alerts())


def test_thresholds_are_data(app: Flask, client: FlaskClient, world: World) -> None:
    sign_in(client, world.user("administrator"))
    browser = PageChecker(client)
    page = browser.get("/ledger/tariffs")
    given_: dict[str, Any] = {
        "watch-window_hours": "24",
        "watch-usual_days": "28",
        "watch-fall_points": "30",
        "watch-least_messages": "5",
    }
    one = given_ | {"watch-member": str(world.a.id)}
    browser.submit(page, "/ledger/thresholds", **one)
    with as_system() as session:
        row = session.scalars(select(DeliveryWatch)).one()
        assert (row.member_id, row.fall_points, row.least_messages) == (world.a.id, 30, 5)
    for member in (world.a.id, world.b.id):
        written(member, 30, at=ago(days=3))
        written(member, 15, at=ago(hours=3))
        written(member, 5, at=ago(hours=3), state="undelivered", error_code=30003)
    watch()
    assert {alert.member_id for alert in alerts()} == {world.b.id, world.platform}
    refused = browser.submit(
        page, "/ledger/thresholds", status=422, **(given_ | {"watch-fall_points": "0"})
    )
    assert "watch-fall_points-error" in refused.html


def test_a_new_member_is_given_the_platform_s_prices(
    app: Flask, client: FlaskClient, world: World
) -> None:
    priced(world.platform, price="0.0612")
    sign_in(client, world.user("administrator"))
    browser = PageChecker(client)
    page = browser.get("/members/new")
    form: dict[str, Any] = {
        "name": "Gironde Habitat",
        "short_name": "Gironde",
        "reference_prefix": "GH",
    }
    browser.submit(page, "", holding="reference_prefix", **form)
    with as_system() as session:
        prices = session.execute(select(SmsTariff.member_id, SmsTariff.price)).all()
    assert len(prices) == 2
    assert {price for _wall, price in prices} == {Decimal("0.0612")}
    assert clock.today() >= date(2026, 1, 1)


def year_of(world: World, last: Month = NOVEMBER) -> MemberYear:
    with as_member(world.a.id):
        (found,) = get_year(last, [world.a.id])
    return found


def test_months_that_are_over_are_read_without_their_messages(app: Flask, november: World) -> None:
    with frozen_at(datetime(2026, 12, 3, 9, 0, tzinfo=UTC)):
        assert year_of(november).lines[-1].figures is None
        assert count_months(app) == 2 * (MONTHS - 1)
        assert count_months(app) == 0
        with as_member(november.a.id):
            month = get_ledger(NOVEMBER, [november.a.id]).lines[0]
        with as_member(november.a.id), counted(app) as statements:
            (year,) = get_year(NOVEMBER, [november.a.id])
        assert not [one for one in statements if "FROM message" in one]
    line = year.lines[-1]
    assert (line.figures, line.times) == (month.figures, month.times)
    assert [(one.error_code, one.messages) for one in year.failures] == [(30003, 4), (21614, 1)]
    assert len(year.lines) == MONTHS
    october = year.lines[-2].figures
    assert october is not None
    assert year.total == month.figures + october


def test_a_late_receipt_and_a_corrected_price_are_in_the_year(app: Flask, november: World) -> None:
    with frozen_at(datetime(2026, 12, 3, 9, 0, tzinfo=UTC)):
        count_months(app)
    with as_system() as session, transaction():
        late = session.scalars(select(Message).where(Message.error_code == 30003)).first()
        assert late is not None
        late.state, late.error_code = "delivered", None
        session.scalars(
            select(SmsTariff).where(SmsTariff.member_id == november.a.id)
        ).one().price *= 2
    with frozen_at(datetime(2026, 12, 4, 10, 0, tzinfo=UTC)):
        assert count_months(app) == 4  # October and November of both
        figures = year_of(november).lines[-1].figures
        assert figures is not None
        assert (figures.delivered, figures.failed) == (21, 4)
        assert figures.amount == Decimal("5.88")
    with frozen_at(datetime(2027, 2, 20, 10, 0, tzinfo=UTC)):
        count_months(app)
        assert count_months(app) == 0
    with frozen_at(datetime(2027, 2, 22, 10, 0, tzinfo=UTC)):
        # January alone has not settled: of what has, nothing changes any more.
        assert count_months(app) == 2


def test_the_present_month_is_counted_as_it_is(app: Flask, november: World) -> None:
    with frozen_at(NOON):
        year = year_of(november)
        assert year.lines[-1].figures is not None
        assert year.lines[-1].figures.charged == 24
        assert year.lines[0].month == Month(2025, 12)


def test_the_year_on_its_page_and_as_files(
    app: Flask, client: FlaskClient, november: World
) -> None:
    with frozen_at(datetime(2026, 12, 3, 9, 0, tzinfo=UTC)):
        count_months(app)
        sign_in(client, november.user("manager-a"))
        page = PageChecker(client).get("/ledger/year")
        assert "novembre 2026" in page.text
        assert "Téléphone éteint, hors réseau ou injoignable." in page.text
        assert "Mésolia" not in page.text
        book = CalamineWorkbook.from_filelike(
            io.BytesIO(client.get("/ledger/year/export/xlsx").data)
        )
        assert len(book.sheet_names) == 3
        rows = book.get_sheet_by_index(0).to_python()
        assert len(rows) == 1 + MONTHS
        (line,) = [row for row in rows if row[0] == "2026-11"]
        assert line[1:6] == ["Aquitanis", 28.0, 24.0, 42.0, 2.94]
        csv = client.get("/ledger/year/export/csv?month=2026-11").data.decode("utf-8-sig")
        assert "2026-11;Aquitanis;28;24;42" in csv
        assert client.get("/ledger/year/export/pdf").status_code == 404
        sign_in(client, november.user("staff-a"))
        assert client.get("/ledger/year").status_code == 404
