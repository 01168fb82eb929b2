"""The application factory: settings, extensions, the guard, then the rooms' pages."""

from importlib import import_module
from pathlib import Path

from flask import Flask
from flask_wtf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from callcenter.core import db as database
from callcenter.core import tables
from callcenter.core.embedded import for_this_process
from callcenter.core.pool import keep_prepared, look_before_use
from callcenter.members import shell, sign_in
from callcenter.settings import Settings, load_settings
from callcenter.ui import access, uploads
from callcenter.ui import setup as ui
from callcenter.ui.assets import static_url_path

ROOT = Path(__file__).resolve().parent.parent
MAX_UPLOAD_BYTES = 32 * 1024 * 1024

# Modules that hold a ``blueprint``, room by room.
BLUEPRINTS: tuple[str, ...] = (
    "callcenter.calls.recording_views",
    "callcenter.calls.plan_views",
    "callcenter.calls.live_views",
    "callcenter.calls.exchange_views",
    "callcenter.calls.recording_steering",
    "callcenter.members.account_views",
    "callcenter.members.draft_views",
    "callcenter.messaging.views",
    "callcenter.messaging.ledger_views",
    "callcenter.members.journal_views",
    "callcenter.members.views",
    "callcenter.oncall.views",
    "callcenter.onboarding.views",
    "callcenter.routing.views",
    "callcenter.estate.views",
    "callcenter.tickets.views",
    "callcenter.tickets.answer_views",
    "callcenter.tickets.tenant_views",
    "callcenter.tickets.satisfaction_views",
    "callcenter.tickets.incident_tenant_views",
    "callcenter.tickets.duty_views",
    "callcenter.tickets.on_call_views",
    "callcenter.tickets.partner_views",
    "callcenter.tickets.around_views",
    "callcenter.tickets.what_if_views",
    "callcenter.reporting.night_views",
    "callcenter.reporting.wall_views",
    "callcenter.webhooks.cti",
    "callcenter.webhooks.twilio_recordings",
    "callcenter.webhooks.twilio_sms",
)

# Modules that hold a ``command`` of the ``flask`` program, one per noun.
COMMANDS: tuple[str, ...] = (
    "callcenter.cli.cti",
    "callcenter.cli.database",
    "callcenter.cli.demo",
    "callcenter.cli.estate",
    "callcenter.cli.users",
)

csrf = CSRFProtect()


def create_app(settings: Settings | None = None) -> Flask:
    """Build the web application.

    ``settings`` default to the environment (see ``callcenter.settings``), which stops the
    start with one line per fault; servers that it does not name are the embedded ones.
    """
    settings = settings or for_this_process(load_settings())
    app = Flask(
        "callcenter",
        template_folder=str(ROOT / "templates"),
        static_folder=str(ROOT / "static"),
        static_url_path=static_url_path(ROOT / "static"),
    )
    secure = settings.public_origin.startswith("https://")
    app.config.update(
        SETTINGS=settings,
        SECRET_KEY=settings.secret_key.get_secret_value(),
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        # The connection used last goes first: it has the statements prepared.
        SQLALCHEMY_ENGINE_OPTIONS={"pool_use_lifo": True, "pool_size": 20, "max_overflow": 20},
        MAX_CONTENT_LENGTH=MAX_UPLOAD_BYTES,
        MAX_FORM_MEMORY_SIZE=1024 * 1024,
        SESSION_COOKIE_SECURE=secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=settings.session_minutes * 60,
        PREFERRED_URL_SCHEME="https" if secure else "http",
        TESTING=settings.environment == "test",
    )
    app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1)  # type: ignore[method-assign]
    tables.metadata()  # foreign keys find their table, whichever room's page comes first
    database.install_scope_hook()
    database.db.init_app(app)
    with app.app_context():
        look_before_use(database.db.engine)
        keep_prepared(database.db.engine)
    ui.init_app(app)
    # Who asks is known before the form's token is checked: an expired session is told apart
    # from an expired form.
    access.init_app(app, sign_in.load_actor)
    uploads.init_app(app)
    csrf.init_app(app)
    sign_in.init_app(app)
    shell.init_app(app)
    for module in BLUEPRINTS:
        app.register_blueprint(import_module(module).blueprint)
    for module in COMMANDS:
        app.cli.add_command(import_module(module).command)
    return app
