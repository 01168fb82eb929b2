"""What the measures ask for, drawn from the base itself: the same draw each time."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from callcenter.core import database_roles as roles
from callcenter.core.phone import format_phone
from tests.bench.base import Base


@dataclass(frozen=True)
class Caller:
    """A person with a home and a mobile number."""

    member_id: int
    line_id: int
    contact_id: int
    dwelling_id: int
    number: str

    @property
    def typed(self) -> str:
        """The number as an agent types it."""
        return format_phone(self.number)


@dataclass(frozen=True)
class Samples:
    """People, words, tickets and addresses that are in the base."""

    lines: dict[int, int]
    callers: list[Caller]
    common_names: list[str]
    rare_names: list[str]
    mistyped: list[str]
    addresses: list[str]
    tickets: list[int]
    references: list[str]
    agent_deep: tuple[datetime, int]
    staff_email: str
    staff_deep: int


def draw(base: Base, count: int) -> Samples:
    """Draw ``count`` of each, all over the base."""
    with roles.connect(base.superuser_url) as connection:

        def rows(query: str, *values: Any) -> list[tuple[Any, ...]]:
            return connection.execute(query.encode(), values).fetchall()

        rows("SELECT setseed(0.5)")
        lines = dict(
            rows("SELECT member_id, id FROM phone_line WHERE service = 'tenants' ORDER BY id")
        )
        people = rows(
            "SELECT p.member_id, o.contact_id, o.dwelling_id, p.number FROM contact_phone AS p"
            " JOIN occupancy AS o USING (contact_id) WHERE p.kind = 'mobile' AND o.ends_on IS NULL"
            " ORDER BY hashint8(p.id) LIMIT %s",
            count,
        )
        names = rows(
            "SELECT last_name, count(*) FROM contact GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 20"
        )
        rare = rows(
            "SELECT last_name FROM contact GROUP BY 1 HAVING count(*) < 20"
            " ORDER BY hashtext(last_name) LIMIT %s",
            count,
        )
        streets = rows(
            "SELECT street FROM dwelling GROUP BY 1 ORDER BY hashtext(street) LIMIT %s", count
        )
        tickets = rows("SELECT id, reference FROM ticket ORDER BY hashint8(id) LIMIT %s", count)
        deep = rows(
            "SELECT due_at, id FROM ticket WHERE state IN ('open', 'planned', 'on_hold')"
            " ORDER BY due_at, id OFFSET (SELECT count(*) * 4 / 5 FROM ticket"
            " WHERE state IN ('open', 'planned', 'on_hold')) LIMIT 1"
        )[0]
        staff = rows(
            "SELECT email, member_id FROM user_account AS u WHERE role = 'manager' ORDER BY (SELECT"
            " count(*) FROM dwelling AS d WHERE d.member_id = u.member_id) DESC, id LIMIT 1"
        )[0]
        staff_deep = rows(
            "SELECT id FROM ticket WHERE member_id = %s ORDER BY id OFFSET (SELECT count(*) / 10"
            " FROM ticket WHERE member_id = %s) LIMIT 1",
            staff[1],
            staff[1],
        )[0][0]
    rare_names = [name for (name,) in rare]
    return Samples(
        lines=lines,
        callers=[Caller(m, lines[m], c, d, n) for m, c, d, n in people],
        common_names=[name for name, _count in names],
        rare_names=rare_names,
        mistyped=[mistype(name) for name in rare_names],
        addresses=[street for (street,) in streets],
        tickets=[number for number, _reference in tickets],
        references=[reference for _number, reference in tickets],
        agent_deep=(deep[0], deep[1]),
        staff_email=staff[0],
        staff_deep=staff_deep,
    )


def mistype(name: str) -> str:
    """The name with two letters in the middle changed places."""
    middle = len(name) // 2
    return name[: middle - 1] + name[middle] + name[middle - 1] + name[middle + 1 :]
