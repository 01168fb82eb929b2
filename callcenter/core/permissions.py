"""What a signed-in person may do, and which role brings which permission.

A permission says *what*; the wall in the database says *whose*. Both must hold.
"""

from enum import StrEnum


class Permission(StrEnum):
    """One thing that a role may do."""

    ACCOUNT_OWN = "account.own"
    DESK_USE = "desk.use"
    CALLS_READ = "calls.read"
    TICKETS_READ = "tickets.read"
    TICKETS_OPEN = "tickets.open"
    TICKETS_HANDLE = "tickets.handle"
    TICKETS_TRIAGE = "tickets.triage"
    TICKETS_READ_RESTRICTED = "tickets.read_restricted"
    COMMITMENTS_READ = "commitments.read"
    ESTATE_READ = "estate.read"
    ESTATE_EDIT = "estate.edit"
    ESTATE_IMPORT = "estate.import"
    # What to do for a vulnerable person: for who answers them or sends somebody to them.
    ESTATE_READ_VULNERABILITY = "estate.read_vulnerability"
    ROUTING_EDIT = "routing.edit"
    MESSAGING_READ = "messaging.read"
    MESSAGING_EDIT = "messaging.edit"
    BULLETIN_SEND = "bulletin.send"
    SATISFACTION_READ = "satisfaction.read"
    MESSAGING_LEDGER = "messaging.ledger"
    MEMBERS_MANAGE = "members.manage"
    USERS_MANAGE = "users.manage"
    SUPERVISE = "supervise"
    VOICEMAIL_PLAY = "voicemail.play"
    RECORDINGS_PLAY = "recordings.play"
    AUDIT_READ = "audit.read"
    ON_CALL_READ = "on_call.read"
    ON_CALL_EDIT = "on_call.edit"


class Role(StrEnum):
    """The part a person plays. One account has one role."""

    AGENT = "agent"
    SUPERVISOR = "supervisor"
    ADMINISTRATOR = "administrator"
    MANAGER = "manager"
    STAFF = "staff"
    CARETAKER = "caretaker"
    CONTRACTOR = "contractor"


P = Permission

_AGENT = frozenset(
    {
        P.ACCOUNT_OWN,
        P.DESK_USE,
        P.CALLS_READ,
        P.TICKETS_READ,
        P.TICKETS_OPEN,
        P.TICKETS_TRIAGE,
        P.TICKETS_READ_RESTRICTED,
        P.ESTATE_READ,
        P.ESTATE_EDIT,
        P.ESTATE_READ_VULNERABILITY,
        P.MESSAGING_READ,
        P.ON_CALL_READ,
        P.VOICEMAIL_PLAY,
    }
)
_STAFF = frozenset(
    {
        P.ACCOUNT_OWN,
        P.CALLS_READ,
        P.TICKETS_READ,
        P.TICKETS_OPEN,
        P.TICKETS_HANDLE,
        P.COMMITMENTS_READ,
        P.ESTATE_READ,
        P.ESTATE_READ_VULNERABILITY,
        P.MESSAGING_READ,
        P.ON_CALL_READ,
    }
)

PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.AGENT: _AGENT,
    Role.SUPERVISOR: _AGENT
    | {
        P.SUPERVISE,
        P.TICKETS_HANDLE,
        P.MESSAGING_LEDGER,
        P.RECORDINGS_PLAY,
        P.COMMITMENTS_READ,
        P.BULLETIN_SEND,
        P.SATISFACTION_READ,
    },
    Role.ADMINISTRATOR: frozenset(
        {
            P.ACCOUNT_OWN,
            P.MEMBERS_MANAGE,
            P.USERS_MANAGE,
            P.ROUTING_EDIT,
            P.MESSAGING_EDIT,
            P.MESSAGING_LEDGER,
            P.MESSAGING_READ,
            P.ESTATE_READ,
            P.ESTATE_IMPORT,
            P.AUDIT_READ,
            P.ON_CALL_READ,
            P.ON_CALL_EDIT,
        }
    ),
    Role.MANAGER: _STAFF
    | {
        P.TICKETS_READ_RESTRICTED,
        P.ESTATE_EDIT,
        P.ESTATE_IMPORT,
        P.ROUTING_EDIT,
        P.MESSAGING_EDIT,
        P.MESSAGING_LEDGER,
        P.BULLETIN_SEND,
        P.SATISFACTION_READ,
        P.USERS_MANAGE,
        P.AUDIT_READ,
        P.ON_CALL_EDIT,
        P.VOICEMAIL_PLAY,
        P.RECORDINGS_PLAY,
    },
    Role.STAFF: _STAFF,
    Role.CARETAKER: frozenset({P.ACCOUNT_OWN, P.TICKETS_READ, P.TICKETS_HANDLE, P.ESTATE_READ}),
    Role.CONTRACTOR: frozenset({P.ACCOUNT_OWN, P.TICKETS_READ, P.TICKETS_HANDLE}),
}

PLATFORM_ROLES = frozenset({Role.AGENT, Role.SUPERVISOR, Role.ADMINISTRATOR})
MEMBER_ROLES = frozenset({Role.MANAGER, Role.STAFF, Role.CARETAKER})
