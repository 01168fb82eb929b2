"""Where the page's script keeps what is being typed (``static/js/ui/drafts.js``)."""

from flask import Blueprint, abort, request
from flask.typing import ResponseReturnValue

from callcenter.core.db import transaction
from callcenter.core.permissions import Permission
from callcenter.members import drafts
from callcenter.ui.access import current_actor, requires

blueprint = Blueprint("drafts", __name__, url_prefix="/drafts")

_BODY_MAX = 512 * 1024  # of an encoded form; what is kept of it is far less


@blueprint.post("/<key>")
@requires(Permission.ACCOUNT_OWN)
def save(key: str) -> ResponseReturnValue:
    """Keep the posted fields."""
    if (request.content_length or 0) > _BODY_MAX:
        abort(413)
    with transaction():
        drafts.save_draft(current_actor(), key, request.form.items(multi=True))
    return "", 204


@blueprint.get("/<key>")
@requires(Permission.ACCOUNT_OWN)
def show(key: str) -> ResponseReturnValue:
    """Return the kept fields, each name with its list of values; 404 when there are none."""
    drafts.check_key(key)
    found = drafts.load_draft(current_actor(), key)
    if found is None:
        abort(404)
    return {"fields": found.to_dict(flat=False)}


@blueprint.delete("/<key>")
@requires(Permission.ACCOUNT_OWN)
def drop(key: str) -> ResponseReturnValue:
    """Throw the kept fields away."""
    drafts.check_key(key)
    with transaction():
        drafts.drop_draft(current_actor(), key)
    return "", 204
