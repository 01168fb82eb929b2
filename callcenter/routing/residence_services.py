"""Who owns a residence and what warranty its works have: what routing reads of it, set by hand."""

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import or_, select

from callcenter.core import clock
from callcenter.core.db import db
from callcenter.core.editing import revise
from callcenter.core.errors import NotFound, UserError
from callcenter.core.isolation import Actor
from callcenter.estate.models import Residence
from callcenter.members.models import Organisation
from callcenter.members.states import OrganisationKind
from callcenter.routing.states import Ownership


def get_residence(residence_id: int) -> Residence:
    """Return a residence within the actor's wall; NotFound for any other."""
    found = db.session.scalar(select(Residence).where(Residence.id == residence_id))
    if found is None:
        raise NotFound
    return found


def list_syndics(member_id: int) -> dict[int, str]:
    """Return who may be a syndic of the member's buildings: syndics it knows, and itself."""
    rows = db.session.execute(
        select(Organisation.id, Organisation.name)
        .where(
            Organisation.member_id == member_id,
            Organisation.active,
            or_(
                Organisation.kind == OrganisationKind.SYNDIC,
                Organisation.id == Organisation.member_id,
            ),
        )
        .order_by(Organisation.name)
    )
    return dict(rows.all())


def save_residence(
    row: Residence, values: Mapping[str, Any], *, seen_version: int, actor: Actor
) -> None:
    """Change a residence's ownership, syndic and the day its works were handed over.

    Raises UserError for a syndic that is not the member's, or a day to come.
    """
    wanted = dict(values)
    if wanted["ownership"] != Ownership.CONDO:
        wanted["syndic_id"] = None
    elif wanted["syndic_id"] not in {None, *list_syndics(row.member_id)}:
        raise UserError(_("Choisissez un syndic de ce membre."), field="syndic_id")
    if wanted["completed_on"] is not None and wanted["completed_on"] > clock.today():
        raise UserError(_("La réception est un jour passé."), field="completed_on")
    revise(
        row,
        wanted,
        seen_version=seen_version,
        actor=actor,
        action="residence.changed",
        object_type="residence",
    )
