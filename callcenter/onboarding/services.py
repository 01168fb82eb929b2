"""Founding a member with all that it needs to take its first call."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from callcenter.core.db import db
from callcenter.core.editing import create_once
from callcenter.core.errors import UserError
from callcenter.core.isolation import Actor
from callcenter.members import services as members
from callcenter.members.directory_services import e164
from callcenter.members.models import Organisation
from callcenter.members.states import OrganisationKind, TeamKind
from callcenter.members.words import TEAM_KINDS
from callcenter.messaging.services import install_templates
from callcenter.messaging.tariffs import install_tariffs
from callcenter.routing.services import install_catalogue


def found_member(values: Mapping[str, Any], *, token: UUID, actor: Actor) -> Organisation:
    """Create a landlord with its calendar, teams, categories, rules and SMS templates.

    The teams are one for each kind that the default rules name, without people yet; the
    triage stays the platform's. Raises UserError for a name or prefix that is taken.
    """
    wanted = {**values, "phone": e164(values.get("phone") or "")}
    name = wanted.pop("name")

    def make() -> Organisation:
        _refuse_twin(name)
        member = members.found_organisation(OrganisationKind.LANDLORD, name, **wanted)
        for kind in TeamKind:
            if kind is not TeamKind.TRIAGE:
                members.add_team(member, kind, str(TEAM_KINDS[kind]))
        install_catalogue(member.id)
        install_templates(member.id)
        install_tariffs(member.id, actor.home_id)
        return member

    try:
        return create_once(
            make,
            Organisation,
            token=token,
            actor=actor,
            action="organisation.founded",
            object_type="organisation",
            shown=("name", "short_name", "reference_prefix", "accent_colour", "phone", "email"),
            taken={
                "uq_organisation_prefix": (
                    "reference_prefix",
                    _("Un autre membre a déjà ce préfixe."),
                )
            },
        )
    except IntegrityError as error:  # pragma: no cover - a twin that came in between
        raise UserError(_("Ce membre existe déjà.")) from error


def _refuse_twin(name: str) -> None:
    """Refuse a second landlord of the same name: each is its own wall, so no key forbids it."""
    twin = db.session.scalar(
        select(Organisation.id).where(
            Organisation.kind == OrganisationKind.LANDLORD,
            func.lower(Organisation.name) == name.lower(),
        )
    )
    if twin is not None:
        raise UserError(_("Un membre porte déjà ce nom."), field="name")
