"""A tiny application that stands only on the shell: what tests of ``callcenter.ui`` open."""

import time
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from flask import Flask, abort, flash, g, render_template, render_template_string, request
from flask_wtf import CSRFProtect
from sqlalchemy.exc import OperationalError
from werkzeug.wrappers import Response
from wtforms import BooleanField, RadioField, SelectChoice, SelectField
from wtforms.validators import InputRequired

from callcenter.core import clock
from callcenter.core.errors import NotFound, UserError
from callcenter.core.permissions import Permission
from callcenter.ui.forms import LineField, LongTextField, PhoneField, VersionedForm
from callcenter.ui.htmx import go_to, render_page_or_fragment
from callcenter.ui.setup import init_app
from callcenter.ui.theme import Accent, Face, register_accents

SEEN: list[str] = []  # what reached the sample views, in order
GATE = {"open": True}  # whether the session is open

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class SampleActor:
    name: str = "Camille Roux"
    locale: str = "fr"
    permissions: frozenset[Permission] = field(default_factory=lambda: frozenset(Permission))


class SampleForm(VersionedForm):
    title = LineField("Titre", [InputRequired()], description="Ce que dira la liste.")
    phone = PhoneField("Téléphone")
    details = LongTextField("Précisions", max_length=300)
    place = RadioField(
        "Lieu", choices=[SelectChoice("private", "Privatif"), SelectChoice("common", "Commun")]
    )
    category = SelectField(
        "Motif", choices=[SelectChoice("", "Choisir"), SelectChoice("T-ASC", "Ascenseur en panne")]
    )
    urgent = BooleanField("Urgent")


WORK_PAGE = """{% extends "layout/base.html" %}
{% from "components/page.html" import page_header, panel, empty_state, alert, tabs, kbd, copy_button %}
{% from "components/status.html" import state_badge, priority_badge, due_badge, member_chip, count_badge %}
{% from "components/data.html" import definition_list, data_table, pagination, filter_bar, filter_select, filter_search %}
{% from "components/forms.html" import field, hidden_fields, form_errors, form_actions, post_button %}
{% from "components/dialog.html" import dialog, dialog_button %}
{% from "components/timeline.html" import timeline, timeline_entry %}
{% block title %}Essai{% endblock %}
{% block content %}
{% call page_header("Ascenseur en panne", "Résidence Gounod", back=("/", "Demandes"), reference="AQ-24817") %}
{{ dialog_button("refuse", "Refuser", key="r") }}
{{ post_button("/action", "Accepter", css="btn-primary", confirm="Accepter ?", key="a") }}
{% endcall %}
{{ tabs([("Suivi", "/", true, 3), ("Appels", "/", false)], "Parties") }}
{{ alert("Bonjour", "wait") }}
{% call filter_bar(reset="/work") %}{{ filter_search() }}{{ filter_select("state", "État", [("", "Tous"), ("open", "Ouvert")], "open") }}{% endcall %}
{% call data_table(["Référence", ("Délai", "num"), ("Tri", "", "/work", "asc"), ("", "actions")], "Demandes") %}
<tr><td data-label="Référence"><a data-row href="/">AQ-1</a></td><td data-label="Délai">{{ due_badge(late) }}</td><td data-label="Tri">{{ state_badge("Ouvert", "info") }}</td><td>{{ count_badge(2) }}</td></tr>
{% endcall %}
{% call panel("Faits", id="facts") %}{{ definition_list([("Membre", member_chip("Aquitanis", 1)), ("Priorité", priority_badge("P1")), ("Vide", "")]) }}{% endcall %}
{% call panel("Suite") %}{% call timeline("Ce qui s'est passé") %}{% call timeline_entry("sms", "SMS envoyé", late, "automatique", status="Remis", status_tone="good") %}Bonjour{% endcall %}{{ timeline_entry("internal", "Note", late) }}{% endcall %}{% endcall %}
{{ empty_state("Rien ici", "Tout est fait.") }} {{ kbd("F2") }} {{ copy_button("AQ-1", "Copier la référence") }}
<form method="post" data-draft="desk:1">{{ hidden_fields(form) }}{{ form_errors(form) }}
{{ field(form.title, data_key="F2") }}{{ field(form.phone) }}{{ field(form.details, counter=true) }}{{ field(form.place) }}{{ field(form.category) }}{{ field(form.urgent) }}
{{ form_actions("Enregistrer", cancel="/") }}</form>
{{ pagination(page) }}
{% endblock %}
{% block dialogs %}{% call dialog("refuse", "Refuser") %}<p>Pourquoi ?</p>{% endcall %}{% endblock %}
"""

PUBLIC_PAGE = """{% extends "layout/public.html" %}
{% from "components/tenant.html" import steps, card, big_button %}
{% from "components/forms.html" import csrf %}
{% block content %}<h1>Votre demande AQ-24817</h1>
{% call card("Où en est-on ?") %}{{ steps(["Reçue", "Acceptée", "Planifiée", "Terminée"], 3, "Avancement", {3: "jeudi"}) }}{% endcall %}
<form method="post">{{ csrf() }}{{ big_button("Oui, c'est réparé", "answer", "yes") }}</form>{% endblock %}"""

SIGN_IN_PAGE = """{% extends "layout/sign_in.html" %}"""


def sample_app() -> Flask:
    """Return the application."""
    app = Flask(
        __name__, template_folder=str(ROOT / "templates"), static_folder=str(ROOT / "static")
    )
    app.config.update(SECRET_KEY="sample", SIGN_IN_ENDPOINT="sign_in")
    CSRFProtect(app)
    init_app(app)
    register_accents(app, lambda: [Accent(1, "Aquitanis", "#00857c"), Accent(2, "M", "bad;}")])
    app.before_request(_sign_in)
    _add_pages(app)
    _add_errors(app)
    return app


def _sign_in() -> None:
    if "X-Nobody" not in request.headers:
        g.actor = SampleActor()
    if not GATE["open"] and request.endpoint not in {"static", "sign_in"}:
        abort(401)


def _add_pages(app: Flask) -> None:
    @app.route("/work", methods=["GET", "POST"])
    def work() -> Response | str:
        from callcenter.ui.pagination import Page

        form = SampleForm(version=3)
        if form.validate_on_submit():
            SEEN.append("SAVED")
            time.sleep(0.2)
            flash("Enregistré", "success")
            return go_to("/work?saved=1")
        SEEN.append(request.method)
        page = render_template_string(
            WORK_PAGE,
            form=form,
            late=clock.now() - timedelta(days=3),
            page=Page([1], "abc", "def"),
            accent_id=1,
        )
        return app.make_response((page, 422 if form.errors else 200))

    @app.get("/t/<token>")
    def public(token: str) -> str:
        return render_template_string(
            PUBLIC_PAGE, face=Face("Aquitanis", "#00857c", "+33536491234", "8 h à 18 h")
        )

    @app.get("/sign-in")
    def sign_in() -> str:
        return render_template_string(SIGN_IN_PAGE)

    @app.get("/part")
    def part() -> Response:
        return render_page_or_fragment("errors/404.html", "components/_alert.html", message="Salut")

    @app.post("/drafts/<key>")
    def draft(key: str) -> tuple[str, int]:
        SEEN.append(f"DRAFT {key} {request.form['title']}")
        return "", 204

    @app.post("/action")
    def action() -> Response:
        SEEN.append("ACTION")
        raise UserError("Trop tard : quelqu'un l'a prise.")

    @app.get("/calls/desk", endpoint="calls.desk")
    def desk() -> str:
        return ""


def _add_errors(app: Flask) -> None:
    @app.route("/fail/<kind>", methods=["GET", "POST"])
    def fail(kind: str) -> str:
        match kind:
            case "user":
                raise UserError("Choisissez une date à venir.")
            case "missing":
                raise NotFound
            case "database":
                raise OperationalError("SELECT 1", {}, Exception("away"))
            case "bug":
                raise ZeroDivisionError
        abort(int(kind))

    @app.errorhandler(UserWarning)
    def _unused(_error: UserWarning) -> str:
        return render_template("errors/500.html")
