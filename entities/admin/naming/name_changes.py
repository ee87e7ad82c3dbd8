"""Saves what staff have changed of names, each change with its line in Django's history."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.http import HttpRequest

from crmmirror.lib.admin_kit.readonly_admin import ReadOnlyAdmin
from entities.admin.naming.name_forms import NameForm
from entities.audit import identify_actor, write_audit_entry
from entities.models import AuditAction, Name

# The order in which the workers lock these rows, so that nobody deadlocks.
LOCK_ORDER = ("source_id", "scope", "kind", "ref")


def save_changes(admin: ReadOnlyAdmin, request: HttpRequest, forms: Sequence[NameForm]) -> int:
    """Save what these valid forms have changed; return how many names changed."""
    changes = {form.named.pk: form.changed_columns() for form in forms if form.has_changed()}
    with transaction.atomic():
        for name in Name.objects.select_for_update().filter(pk__in=changes).order_by(*LOCK_ORDER):
            after = changes[name.pk]
            message = _describe_change({column: getattr(name, column) for column in after}, after)
            for column, value in after.items():
                setattr(name, column, value)
            # The other columns are the workers': they may have been written since the page was read.
            name.save(update_fields=list(after))
            admin.log_change(request, name, message)
            write_audit_entry(identify_actor(request), AuditAction.NAME_CHANGED, name, change=message)
    return len(changes)


def add_name(admin: ReadOnlyAdmin, request: HttpRequest, name: Name) -> None:
    """Save a new name."""
    with transaction.atomic():
        name.save()
        admin.log_addition(request, name, f"name {_quote(name.name)}")
        write_audit_entry(identify_actor(request), AuditAction.NAME_CHANGED, name)


def _describe_change(before: dict[str, Any], after: dict[str, Any]) -> str:
    """Say what was changed, such as: name from "New" to "Fresh"."""
    return "; ".join(
        f"{column} from {_quote(before[column])} to {_quote(value)}" for column, value in after.items()
    )


def _quote(value: Any) -> str:
    return "nothing" if value in ("", None) else f'"{value}"'
