"""Roles, database and extensions that the platform needs in a PostgreSQL server.

Two roles: `callcenter_owner` owns the database and runs the migrations; `callcenter_app` serves the
requests, owns nothing, and is bound by row-level security.
"""

import hmac
from urllib.parse import quote, unquote, urlsplit, urlunsplit

import psycopg
from psycopg import sql

OWNER_ROLE = "callcenter_owner"
APP_ROLE = "callcenter_app"
DATABASE = "callcenter"

MINIMUM_VERSION = 150000  # PostgreSQL 15
_NEEDED_EXTENSIONS = ("pg_trgm", "unaccent", "btree_gist")
_WELCOME_EXTENSIONS = ("pg_stat_statements",)  # for measuring only

Connection = psycopg.Connection[tuple[object, ...]]


class DatabaseError(SystemExit):
    """The PostgreSQL server can't serve; the message is one line for the person who starts us."""


def url_for(url: str, *, user: str = "", password: str = "", database: str = "") -> str:
    """`url` with another user, password or database; always for SQLAlchemy's psycopg driver."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    login = parts.netloc.rpartition("@")[0]
    if user:
        login = f"{quote(user, safe='')}:{quote(password, safe='')}"
    netloc = f"{login}@{host}" if login else host
    path = f"/{quote(database, safe='')}" if database else parts.path
    return urlunsplit(("postgresql+psycopg", netloc, path, parts.query, ""))


def connect(url: str, *, timeout: int = 10) -> Connection:
    """A plain psycopg connection in autocommit, from an SQLAlchemy or libpq address."""
    plain = "postgresql://" + url.partition("://")[2]
    return psycopg.connect(plain, autocommit=True, connect_timeout=timeout)


def accepts(url: str) -> bool:
    """Whether the server lets this user of this address in."""
    try:
        connect(url).close()
    except psycopg.OperationalError:
        return False
    return True


def ensure_roles(admin_url: str, owner_password: str, app_password: str) -> None:
    """Create the two roles where they are missing; existing ones are left as they are."""
    with connect(admin_url) as connection:
        for role, password in ((OWNER_ROLE, owner_password), (APP_ROLE, app_password)):
            if connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone():
                continue
            connection.execute(
                sql.SQL(
                    "CREATE ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS"
                    " PASSWORD {}"
                ).format(sql.Identifier(role), _verifier(connection, role, password))
            )


def set_password(admin_url: str, role: str, password: str) -> None:
    """Give an existing role another password."""
    with connect(admin_url) as connection:
        connection.execute(
            sql.SQL("ALTER ROLE {} PASSWORD {}").format(
                sql.Identifier(role), _verifier(connection, role, password)
            )
        )


def create_database(admin_url: str, name: str, *, template: str = "template1") -> None:
    """Create a database that belongs to the owner role; `admin_url` is a superuser's.

    Extensions come from `template`, or from `prepare_inside`. A small template's files are
    copied as they are: through the log, block by block, it takes twice as long.
    """
    with connect(admin_url) as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {} STRATEGY FILE_COPY").format(
                sql.Identifier(name), sql.Identifier(OWNER_ROLE), sql.Identifier(template)
            )
        )
        _grant_connect(connection, name)


def drop_database(admin_url: str, name: str) -> None:
    """Drop a database and whoever is connected to it; nothing happens when it does not exist."""
    with connect(admin_url) as connection:
        connection.execute(
            sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
        )


def prepare_inside(admin_url: str) -> None:
    """Extensions and privileges inside the database that the address names. Repeatable.

    The application role gets nothing by default: each migration grants what its tables allow
    (a journal can be added to, not changed).
    """
    with connect(admin_url) as connection:
        for extension in _NEEDED_EXTENSIONS:
            connection.execute(
                sql.SQL("CREATE EXTENSION IF NOT EXISTS {}").format(sql.Identifier(extension))
            )
        for extension in _WELCOME_EXTENSIONS:
            try:
                connection.execute(
                    sql.SQL("CREATE EXTENSION IF NOT EXISTS {}").format(sql.Identifier(extension))
                )
            except (psycopg.errors.InsufficientPrivilege, psycopg.errors.FeatureNotSupported):
                continue
        connection.execute(
            sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(sql.Identifier(APP_ROLE))
        )
        connection.execute(
            sql.SQL("GRANT USAGE, CREATE ON SCHEMA public TO {}").format(sql.Identifier(OWNER_ROLE))
        )


def prepare_external(url: str) -> tuple[str, str]:
    """Make ready a PostgreSQL server that is not ours, from a role's address that may create roles.

    The two roles' passwords are drawn from that role's own, so that several machines started with
    the same `DATABASE_URL` agree without sharing a file.

    An address of a role that may not create roles is taken for the application's own.

    Returns:
        The application's and the owner's addresses, on the database that `url` names; the owner's
        is empty when only the application's is known.

    Raises:
        DatabaseError: one line saying what the server or the role lacks.
    """
    try:
        return _prepare_external(url)
    except psycopg.Error as error:
        reason = str(error).strip().partition("\n")[0]
        raise DatabaseError(f"DATABASE_URL: {reason}") from error


def app_role_fault(url: str) -> str:
    """One line when the application's role could see through the wall between members, else ""."""
    try:
        with connect(url) as connection:
            row = connection.execute(
                "SELECT rolsuper OR rolbypassrls,"
                " EXISTS (SELECT 1 FROM pg_class WHERE relowner = r.oid AND relkind = 'r')"
                " FROM pg_roles r WHERE rolname = current_user"
            ).fetchone()
    except psycopg.OperationalError as error:
        return "DATABASE_URL: " + str(error).strip().partition("\n")[0]
    if row and row[0]:
        return "DATABASE_URL: its role bypasses row-level security; give a plain role's address"
    if row and row[1]:
        return "DATABASE_URL: its role owns tables and could open the wall; give a plain role's"
    return ""


def _prepare_external(url: str) -> tuple[str, str]:
    admin_password = unquote(urlsplit(url).password or "")
    with connect(url) as connection:
        if connection.info.server_version < MINIMUM_VERSION:
            raise DatabaseError("DATABASE_URL: PostgreSQL 15 or newer is required")
        row = connection.execute(
            "SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user"
        ).fetchone()
        name = connection.info.dbname
    if not (row and row[0]):
        return url_for(url), ""
    if not admin_password:
        raise DatabaseError("DATABASE_URL: a password is required in it to draw the roles' own")
    owner_password, app_password = (
        hmac.new(admin_password.encode(), role.encode(), "sha256").hexdigest()
        for role in (OWNER_ROLE, APP_ROLE)
    )
    owner_url = url_for(url, user=OWNER_ROLE, password=owner_password)
    app_url = url_for(url, user=APP_ROLE, password=app_password)
    ensure_roles(url, owner_password, app_password)
    with connect(url) as connection:
        _grant_connect(connection, name)
    for role, address in ((OWNER_ROLE, owner_url), (APP_ROLE, app_url)):
        if not accepts(address):
            raise DatabaseError(
                f"DATABASE_URL: role {role} exists with another password; set DATABASE_URL to"
                f" {APP_ROLE}'s address and DATABASE_OWNER_URL to {OWNER_ROLE}'s"
            )
    prepare_inside(url)
    return app_url, owner_url


def _verifier(connection: Connection, role: str, password: str) -> sql.Literal:
    """Hash of a password, made here so that the password itself never stands in a server's log."""
    hashed = connection.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256")
    return sql.Literal(hashed.decode())


def _grant_connect(connection: Connection, database: str) -> None:
    """Only the two roles (and superusers) may connect; the owner may also make schemas."""
    name = sql.Identifier(database)
    connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(name))
    connection.execute(
        sql.SQL("GRANT CONNECT, TEMPORARY ON DATABASE {} TO {}").format(
            name, sql.Identifier(APP_ROLE)
        )
    )
    connection.execute(
        sql.SQL("GRANT CONNECT, TEMPORARY, CREATE ON DATABASE {} TO {}").format(
            name, sql.Identifier(OWNER_ROLE)
        )
    )
