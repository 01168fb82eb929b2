"""Verbs of the mappings that are kept per member: written, forgotten. Flush at most."""

from flask_babel import gettext as _
from sqlalchemy import delete, select

from callcenter.core import audit
from callcenter.core.db import db
from callcenter.core.errors import NotFound, UserError
from callcenter.core.isolation import Actor
from callcenter.estate.import_models import ImportMapping
from callcenter.estate.importing.mapping import Mapping
from callcenter.estate.states import ImportKind


def get_mapping(mapping_id: int) -> ImportMapping:
    """Return a kept mapping of the actor's members; NotFound otherwise."""
    found = db.session.scalar(select(ImportMapping).where(ImportMapping.id == mapping_id))
    if found is None:
        raise NotFound
    return found


def find_mapping(member_id: int, kind: ImportKind) -> ImportMapping | None:
    """Return how the member's files of this kind are read, if that is kept."""
    return db.session.scalar(
        select(ImportMapping).where(
            ImportMapping.member_id == member_id, ImportMapping.kind == kind
        )
    )


def list_mappings(member_ids: list[int]) -> list[ImportMapping]:
    """Return the mappings kept for these members, by member and kind."""
    return list(
        db.session.scalars(
            select(ImportMapping)
            .where(ImportMapping.member_id.in_(member_ids))
            .order_by(ImportMapping.member_id, ImportMapping.kind)
            .limit(200)
        )
    )


def save_mapping(member_id: int, mapping: Mapping, seen_version: int, actor: Actor) -> None:
    """Keep a mapping that a person wrote, with its trace.

    ``seen_version`` is that of the mapping shown, 0 when none was kept. Raises UserError when
    somebody kept another one meanwhile.
    """
    kind = ImportKind(mapping.kind)
    kept = db.session.scalar(
        select(ImportMapping)
        .where(ImportMapping.member_id == member_id, ImportMapping.kind == kind)
        .with_for_update()
    )
    data = mapping.as_data()
    if kept is not None and kept.mapping == data:
        return
    if (kept.version if kept else 0) != seen_version:
        raise UserError(
            _(
                "Cette correspondance a été modifiée pendant que vous écriviez : rechargez la page "
                "dans un autre onglet pour comparer, puis enregistrez de nouveau."
            )
        )
    before = [f"{c['column']} → {c['field']}" for c in kept.mapping["columns"]] if kept else []
    if kept is None:
        kept = ImportMapping(member_id=member_id, kind=kind, mapping=data, version=1)
        db.session.add(kept)
    else:
        kept.mapping = data
        kept.version += 1
    db.session.flush()
    after = [f"{c['column']} → {c['field']}" for c in data["columns"]]
    audit.record(
        member_id,
        "import_mapping.changed",
        "import_mapping",
        kept.id,
        actor_id=actor.user_id,
        actor_label=actor.name,
        changes={
            "columns": [
                ", ".join(line for line in before if line not in after),
                ", ".join(line for line in after if line not in before),
            ]
        },
    )


def forget_mapping(mapping_id: int, actor: Actor) -> None:
    """Forget a mapping: the next file is read by its header."""
    kept = get_mapping(mapping_id)
    audit.record(
        kept.member_id,
        "import_mapping.removed",
        "import_mapping",
        kept.id,
        actor_id=actor.user_id,
        actor_label=actor.name,
        changes={"kind": [kept.kind, None]},
    )
    db.session.execute(delete(ImportMapping).where(ImportMapping.id == mapping_id))
