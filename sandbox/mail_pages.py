"""The page of e-mails, and the API by which tests read them and have them refused."""

from dataclasses import asdict

from flask import Blueprint, Response, jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from sandbox.behaviour import BehaviourError
from sandbox.mail import Refusal
from sandbox.state import state

mail_pages = Blueprint("mails", __name__)

_SHOWN = 100


@mail_pages.get("/mails")
def mails() -> str:
    """Show the e-mails, the latest first."""
    search = request.args.get("q", "")
    return render_template("mails.html", mails=state().mail.found(search)[:_SHOWN], search=search)


@mail_pages.post("/mails/clear")
def clear_mails() -> AnyResponse:
    """Forget the e-mails."""
    state().mail.clear()
    return redirect(url_for("mails.mails"))


@mail_pages.get("/sandbox/api/mails")
def list_mails() -> Response:
    """List the e-mails, oldest first; ``q`` keeps those that hold a word."""
    found = state().mail.found(request.args.get("q", ""))
    return jsonify(mails=[asdict(mail) for mail in reversed(found)])


@mail_pages.post("/sandbox/api/mails/refusals")
def refuse_mails() -> Response | tuple[Response, int]:
    """Refuse the next e-mails: ``how`` (temporary, permanent, dropped) and ``count``."""
    fields = request.get_json(silent=True) or {}
    try:
        state().mail.refuse_next(Refusal(fields.get("how", "")), int(fields.get("count", 1)))
    except (ValueError, TypeError, BehaviourError) as error:
        return jsonify(error=str(error)), 400
    return jsonify(ok=True)
