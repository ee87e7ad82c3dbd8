"""Writes the audit log: for each act a row, and a line of the log once the act is committed."""

from dataclasses import dataclass
from functools import partial
from typing import Any

import structlog
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Model
from django.http import HttpRequest

from crmmirror.lib.database.cursors import fetch_value
from crmmirror.lib.log_bound import shorten_line
from crmmirror.lib.web.client_address import client_address
from entities.models import AuditAction, AuditEntry

log = structlog.get_logger(__name__)

# What the log's line keeps of the detail: numbers and closed words. The rest may hold what people typed, such
# as the search words among an export's parameters, and logs go further and stay longer than the table.
LOGGED_DETAIL = ("format", "way", "via", "rows", "count", "bytes", "events", "overlap_hours")


@dataclass(frozen=True)
class Actor:
    """The actor of an audit entry: a user from an address, or a command on the machine.

    user: None for a command. address: the client's address, or None if it is not known.
    """

    user: User | None
    name: str
    address: str | None = None


def identify_actor(request: HttpRequest) -> Actor:
    """Return the user of a request with his address."""
    user = request.user if request.user.is_authenticated else None
    address = client_address(request.META)
    return Actor(user, user.get_username() if user else "", str(address) if address else None)


def identify_command(name: str) -> Actor:
    """Return the actor for a management command, which no user of the mirror is known to have run."""
    return Actor(None, f"manage.py {name}")


def write_audit_entry(
    actor: Actor, action: AuditAction, target: Model | type[Model] | None = None, **detail: Any
) -> AuditEntry:
    """Write one entry. Call it in the transaction of the act, so that neither is there without the other.

    target: the row, or the model, that the act is about. detail: JSON values; no secret and no body.
    """
    row = target if isinstance(target, Model) else None
    entry = AuditEntry(
        user=actor.user,
        user_name=actor.name,
        action=action.value,
        object_type=target._meta.label_lower if target is not None else "",
        object_id=str(row.pk) if row else "",
        object_text=shorten_line(str(row)) if row else "",
        detail=detail,
        remote_address=actor.address,
    )
    entry.save(force_insert=True)
    transaction.on_commit(partial(_log_entry, entry))
    return entry


def can_be_audited() -> bool:
    """Return False on a standby, which takes no entry: the commands that only read work there too."""
    return not fetch_value("SELECT pg_is_in_recovery()")


def _log_entry(entry: AuditEntry) -> None:
    """Write the entry as a line of the log, with its number in the table, where the whole detail is."""
    log.info(
        "audit",
        entry=entry.pk,
        action=entry.action,
        user=shorten_line(entry.user_name),
        object_type=entry.object_type,
        object_id=entry.object_id,
        object_text=entry.object_text,
        address=entry.remote_address,
        detail={name: entry.detail[name] for name in LOGGED_DETAIL if name in entry.detail},
    )
