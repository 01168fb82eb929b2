"""Scoped reads for the screens of categories and rules."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, or_, select

from callcenter.core.db import db
from callcenter.core.errors import NotFound
from callcenter.estate.models import Building, Residence
from callcenter.members.models import Agency, Organisation, Team
from callcenter.members.states import OrganisationKind
from callcenter.routing.models import Category, RoutingRule
from callcenter.routing.rule_rows import rule_from
from callcenter.routing.rule_sets import precedence
from callcenter.routing.rule_types import OrganisationRef, Rule

_SUGGESTED = 5


@dataclass(frozen=True, slots=True)
class Names:
    """What the numbers in a member's rules stand for."""

    organisations: dict[int, str]
    teams: dict[int, str]
    agencies: dict[int, str]
    residences: dict[int, str]
    buildings: dict[int, str]
    categories: dict[str, str]
    questions: dict[str, list[Any]]


@dataclass(frozen=True, slots=True)
class RuleLine:
    """A rule's row, and the frozen rule that decisions read."""

    row: RoutingRule
    rule: Rule


@dataclass(frozen=True, slots=True)
class MemberLine:
    """A member, and how many rules and categories it has in service."""

    member: Organisation
    rules: int
    categories: int


def list_category_rows(member_id: int) -> Sequence[Category]:
    """Return a member's categories in its own order, those switched off too."""
    return db.session.scalars(
        select(Category)
        .where(Category.member_id == member_id)
        .order_by(Category.position, Category.id)
    ).all()


def get_category_row(category_id: int) -> Category:
    """Return a category within the actor's wall; NotFound for any other."""
    row = db.session.scalar(select(Category).where(Category.id == category_id))
    if row is None:
        raise NotFound
    return row


def get_rule_row(rule_id: int) -> RoutingRule:
    """Return a rule within the actor's wall; NotFound for any other."""
    row = db.session.scalar(select(RoutingRule).where(RoutingRule.id == rule_id))
    if row is None:
        raise NotFound
    return row


def list_rule_lines(member_id: int) -> list[RuleLine]:
    """Return a member's rules in the order in which they are tried, those switched off last."""
    organisations = {
        number: OrganisationRef(number, name)
        for number, name in db.session.execute(
            select(Organisation.id, Organisation.name).where(Organisation.member_id == member_id)
        )
    }
    rows = db.session.scalars(select(RoutingRule).where(RoutingRule.member_id == member_id))
    lines = [RuleLine(row, rule_from(row, organisations)) for row in rows]
    return sorted(lines, key=lambda line: (not line.row.active, precedence(line.rule)))


def get_names(member_id: int, conditions: Iterable[Mapping[str, Any]] = ()) -> Names:
    """Return the names of what rules may point at; places only those that conditions name."""
    asked = list(conditions)
    residence_ids = {each["residence_id"] for each in asked if each.get("residence_id")}
    building_ids = {each["building_id"] for each in asked if each.get("building_id")}

    def names(model: type[Agency] | type[Team] | type[Organisation]) -> dict[int, str]:
        rows = db.session.execute(
            select(model.id, model.name)
            .where(model.member_id == member_id, model.active)
            .order_by(model.name)
        )
        return dict(rows.all())

    residences = (
        db.session.execute(
            select(Residence.id, Residence.name).where(
                Residence.member_id == member_id, Residence.id.in_(residence_ids)
            )
        ).all()
        if residence_ids
        else ()
    )
    buildings = (
        db.session.execute(
            select(Building.id, Building.name).where(
                Building.member_id == member_id, Building.id.in_(building_ids)
            )
        ).all()
        if building_ids
        else ()
    )
    categories = db.session.execute(
        select(Category.code, Category.label, Category.questions)
        .where(Category.member_id == member_id)
        .order_by(Category.position, Category.id)
    ).all()
    return Names(
        organisations=names(Organisation),
        teams=names(Team),
        agencies=names(Agency),
        residences=dict(residences),
        buildings=dict(buildings),
        categories={code: label for code, label, _questions in categories},
        questions={code: questions for code, _label, questions in categories},
    )


def find_residence(member_id: int, text: str) -> tuple[int | None, list[str]]:
    """Return the residence of this code or exact name, else None and the names nearest to it."""
    exact = db.session.scalar(
        select(Residence.id)
        .where(
            Residence.member_id == member_id,
            or_(
                func.lower(Residence.code) == text.lower(),
                func.lower(Residence.name) == text.lower(),
            ),
        )
        .order_by(Residence.id)
        .limit(1)
    )
    if exact is not None:
        return exact, []
    near = db.session.execute(
        select(Residence.code, Residence.name)
        .where(
            Residence.member_id == member_id,
            Residence.name.icontains(text, autoescape=True),
        )
        .order_by(Residence.name)
        .limit(_SUGGESTED)
    )
    return None, [f"{code} {name}" for code, name in near]


def find_building(residence_id: int, text: str) -> tuple[int | None, list[str]]:
    """Return the residence's building of this name ("B", "bât. B"), else None; and all names."""
    rows = db.session.execute(
        select(Building.id, Building.name)
        .where(Building.residence_id == residence_id)
        .order_by(Building.name)
    ).all()
    sought = _bare(text)
    found = next((number for number, name in rows if _bare(name) == sought), None)
    return found, [name for _number, name in rows]


def _bare(name: str) -> str:
    words = name.casefold().replace(".", " ").split()
    return " ".join(words[1:] if words and words[0] in {"bât", "bat", "bâtiment"} else words)


def get_place_words(conditions: Mapping[str, Any]) -> tuple[str, str]:
    """Return the code of the residence and the name of the building that a rule asks for."""
    numbers = conditions.get("residence_id"), conditions.get("building_id")
    residence, building = (
        db.session.scalar(select(column).where(table.id == number)) if number else ""
        for column, table, number in (
            (Residence.code, Residence, numbers[0]),
            (Building.name, Building, numbers[1]),
        )
    )
    return residence or "", building or ""


def list_member_lines() -> list[MemberLine]:
    """Return the landlords that the actor serves, with their counts."""
    counts = [
        select(func.count())
        .where(table.member_id == Organisation.id, table.active)
        .correlate(Organisation)
        .scalar_subquery()
        for table in (RoutingRule, Category)
    ]
    rows = db.session.execute(
        select(Organisation, *counts)
        .where(Organisation.kind == OrganisationKind.LANDLORD)
        .order_by(Organisation.name)
    )
    return [MemberLine(*row) for row in rows]
