"""Accounts: list, invite, change, close; the link by which a person chooses a password."""

from flask import current_app, flash, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import force_locale
from flask_babel import gettext as _

from callcenter.core import clock
from callcenter.core.db import transaction
from callcenter.core.isolation import current_scope, scoped
from callcenter.core.permissions import Permission, Role
from callcenter.members import account_services
from callcenter.members import directory_queries as places
from callcenter.members import user_queries as queries
from callcenter.members import user_services as services
from callcenter.members.account_rules import has_mandates, roles_to_give
from callcenter.members.accounts import User
from callcenter.members.models import Organisation
from callcenter.members.queries import list_members
from callcenter.members.security_mail import send
from callcenter.members.security_views import reset_link
from callcenter.members.states import OrganisationKind
from callcenter.members.user_forms import MandateForm, UserForm
from callcenter.members.views.parts import blueprint, done
from callcenter.members.words import ROLE_HINTS, ROLES
from callcenter.settings import Settings
from callcenter.ui.access import current_actor, requires
from callcenter.ui.fields import options, saved, status_of
from callcenter.ui.pagination import window_from

USERS = Permission.USERS_MANAGE
_LINK = "account_link"  # in the actor's own session, until shown once
_SORT_COLUMNS = 3
_BIGINT_DIGITS = 19


@blueprint.get("/users")
@requires(USERS)
def users() -> ResponseReturnValue:
    """List the accounts that the actor looks after."""
    args = request.args
    member = args.get("member", "")
    wanted = queries.UserFilter(
        text=args.get("q", "").replace("\x00", "").strip()[:100],
        member_id=int(member) if member.isdecimal() and len(member) < _BIGINT_DIGITS else None,
        role=args.get("role", ""),
        state=args.get("state", ""),
    )
    houses = [row for row in places.list_organisations() if row.id == row.member_id]
    page = queries.list_users(wanted, window_from(args, _SORT_COLUMNS))
    return render_template(
        "members/users.html",
        page=page,
        wanted=wanted,
        houses={row.id: row.short_name for row in houses},
        roles={role: words for role, words in ROLES.items() if _is_ours(Role(role))},
        role_words=ROLES,
        accent_id=wanted.member_id,
    )


def _is_ours(role: Role) -> bool:
    return any(
        role in roles_to_give(current_actor().role, kind)
        for kind in (
            OrganisationKind.PLATFORM,
            OrganisationKind.LANDLORD,
            OrganisationKind.CONTRACTOR,
        )
        if current_actor().is_platform or kind is not OrganisationKind.PLATFORM
    )


def _prepare(form: UserForm, place: Organisation, user: User | None = None) -> None:
    """Offer the roles that exist in this organisation and may be given, and its teams."""
    actor = current_actor()
    roles = list(roles_to_give(actor.role, OrganisationKind(place.kind)))
    if user is not None and (user.id == actor.user_id or Role(user.role) not in roles):
        roles = [Role(user.role)]
    form.role.choices = options(
        {role: _("%(role)s : %(hint)s", role=ROLES[role], hint=ROLE_HINTS[role]) for role in roles}
    )
    teams = places.list_team_options(place.id)
    form.teams.offer({team.id: team.name for team in teams})


@blueprint.route("/users/new", methods=["GET", "POST"])
@requires(USERS)
def new_user() -> ResponseReturnValue:
    """Invite somebody: open an account and give its link."""
    actor = current_actor()
    offered = {
        row.id: row
        for row in places.list_organisations()
        if roles_to_give(actor.role, OrganisationKind(row.kind))
    }
    asked = request.args.get("organisation", "")
    number = int(asked) if asked.isdecimal() and len(asked) < _BIGINT_DIGITS else actor.home_id
    place = places.get_organisation(number if number in offered else 0)
    form = UserForm(locale=actor.locale)
    _prepare(form, place)
    made = saved(
        form,
        lambda: services.invite(
            place,
            form.values(*form.FIELDS),
            form.teams.data or (),
            token=form.token,
            actor=actor,
        ),
    )
    if made:
        _give_link(made)
        here = url_for("members.user", user_id=made.id)
        return done(_("Le compte de %(name)s est ouvert.", name=made.full_name), here)
    page = render_template(
        "members/user_new.html",
        form=form,
        place=place,
        offered={row.id: _label(row, offered) for row in offered.values()},
        accent_id=place.member_id,
    )
    return page, status_of(form)


def _label(row: Organisation, offered: dict[int, Organisation]) -> str:
    house = offered.get(row.member_id)
    return row.name if house is None or house is row else f"{house.short_name} · {row.name}"


def _give_link(user: User) -> None:
    """Make the link by which somebody chooses a password: mailed, and shown once to the actor."""
    actor = current_actor()
    with transaction():
        services.note_link(user, actor)
    # The library makes its link in a context of its own, which leaves nobody's scope behind.
    with scoped(current_scope()):
        link = reset_link(current_app._get_current_object(), user)  # type: ignore[attr-defined]  # noqa: SLF001
    session[_LINK] = [user.id, link]
    with force_locale(user.locale):
        body = render_template("members/mail/invitation.txt", user=user, link=link, actor=actor)
        send(user.email, _("Votre compte sur la plateforme d'appels"), body)


@blueprint.route("/users/<int:user_id>", methods=["GET", "POST"])
@requires(USERS)
def user(user_id: int) -> ResponseReturnValue:
    """Show and change an account."""
    row = queries.get_user(user_id)
    form = UserForm(obj=row, teams=queries.list_team_ids(row.id))
    place = places.get_organisation(row.organisation_id)
    _prepare(form, place, row)

    def work() -> bool:
        services.save_user(
            row,
            place,
            form.values(*form.FIELDS),
            form.teams.data or (),
            seen_version=form.seen_version,
            actor=current_actor(),
        )
        return True

    if saved(form, work):
        here = url_for("members.user", user_id=row.id)
        return done(_("Le compte de %(name)s est enregistré.", name=row.full_name), here)
    return user_page(row, form, place)


def user_page(
    row: User,
    form: UserForm | None = None,
    place: Organisation | None = None,
    mandate_form: MandateForm | None = None,
) -> ResponseReturnValue:
    """Show an account with its access and mandates."""
    actor = current_actor()
    place = place or places.get_organisation(row.organisation_id)
    if form is None:
        form = UserForm(formdata=None, obj=row, teams=queries.list_team_ids(row.id))
        _prepare(form, place, row)
    gives = has_mandates(Role(row.role)) and actor.may(Permission.MEMBERS_MANAGE)
    if gives:
        mandate_form = mandate_form or MandateForm(
            formdata=None, prefix="mandate-", starts_on=clock.today()
        )
        mandate_form.served_id.offer({m.id: m.name for m in list_members()}, _("Choisir"))
    settings: Settings = current_app.config["SETTINGS"]
    page = render_template(
        "members/user.html",
        user=row,
        place=place,
        form=form,
        is_self=row.id == actor.user_id,
        role_word=ROLES[row.role],
        mandates=queries.list_mandates(row.id) if gives else [],
        mandate_form=mandate_form if gives else None,
        link=_link_to_show(row),
        mailed=bool(settings.smtp_host),
        today=clock.today(),
        accent_id=row.member_id,
    )
    return page, max(status_of(form), status_of(mandate_form) if gives and mandate_form else 0)


def _link_to_show(row: User) -> str:
    kept = session.get(_LINK)
    if not kept or kept[0] != row.id:
        return ""
    del session[_LINK]
    return str(kept[1])


def _others(user_id: int) -> User:
    row = queries.get_user(user_id)
    services.refuse_own(row, current_actor())
    return row


@blueprint.post("/users/<int:user_id>/link")
@requires(USERS)
def user_link(user_id: int) -> ResponseReturnValue:
    """Make a new link to choose a password."""
    row = _others(user_id)
    here = url_for("members.user", user_id=row.id)
    if not row.active:
        flash(_("Rouvrez d'abord ce compte."), "warning")
        return done(_("Aucun lien n'a été fait."), here)
    _give_link(row)
    return done(_("Un nouveau lien est prêt."), here)


@blueprint.post("/users/<int:user_id>/switch")
@requires(USERS)
def switch_user(user_id: int) -> ResponseReturnValue:
    """Close an account, or open it again."""
    row = _others(user_id)
    actor = current_actor()
    opens = request.form.get("active") == "1"
    act = account_services.reopen_account if opens else account_services.close_account
    with transaction():
        act(row, actor_id=actor.user_id, actor_label=actor.name)
    here = url_for("members.user", user_id=row.id)
    if opens:
        return done(_("Le compte de %(name)s est rouvert.", name=row.full_name), here)
    return done(_("Le compte de %(name)s est fermé, ses sessions aussi.", name=row.full_name), here)


@blueprint.post("/users/<int:user_id>/reset-second-factor")
@requires(USERS)
def reset_second_factor(user_id: int) -> ResponseReturnValue:
    """Take the second factor off an account whose telephone is lost."""
    row = _others(user_id)
    actor = current_actor()
    with transaction():
        account_services.remove_second_factor(row, actor_id=actor.user_id, actor_label=actor.name)
    here = url_for("members.user", user_id=row.id)
    return done(_("La double authentification est retirée, les sessions sont fermées."), here)
