"""Writes the audit log for what people do in Django's own forms: add, change and delete rows."""

from collections.abc import Iterable
from typing import Any

from django.contrib.admin import ModelAdmin
from django.db.models import Model
from django.forms import ModelForm
from django.http import HttpRequest

from entities.audit import identify_actor, write_audit_entry
from entities.models import AuditAction

# Fields of forms whose values are written nowhere.
SECRET_FIELDS = frozenset({"password", "password1", "password2", "usable_password", "secret"})


class AuditedAdmin(ModelAdmin):
    """An admin whose forms leave an entry in the audit log, in the transaction of the change.

    Its class attributes name the acts; None for what the admin does not offer.
    """

    add_action: AuditAction
    change_action: AuditAction
    delete_action: AuditAction | None = None

    def find_change_action(self, changed: frozenset[str]) -> AuditAction:
        """Return the act that a change of these fields is."""
        return self.change_action

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Save what belongs to the row, then write the entry. Django calls this last of all."""
        super().save_related(request, form, formsets, change)
        changed = describe_changes(form)
        if change and not changed:
            return
        action = self.find_change_action(frozenset(changed)) if change else self.add_action
        write_audit_entry(identify_actor(request), action, form.instance, changed=changed)

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        """Write an entry for each row. Django calls this before it deletes them, in the same transaction."""
        if self.delete_action:
            for row in queryset:
                write_audit_entry(identify_actor(request), self.delete_action, row)
        return super().log_deletions(request, queryset)


def describe_changes(form: ModelForm) -> dict[str, Any]:
    """Return field -> what changed: the old and new value, or what was added to and removed from a list.

    Left out is what was filled in anew as it had been.
    """
    changes = {
        name: _describe_change(
            form.get_initial_for_field(form.fields[name], name), form.cleaned_data.get(name)
        )
        for name in form.changed_data
        if name not in SECRET_FIELDS
    }
    return {name: change for name, change in changes.items() if change}


def _describe_change(before: Any, after: Any) -> dict[str, Any]:
    """Return an empty dictionary if the two are the same for people."""
    if _is_list(before) or _is_list(after):
        old, new = ({str(item) for item in items or ()} for items in (before, after))
        return {"added": sorted(new - old), "removed": sorted(old - new)} if old != new else {}
    old_text, new_text = _text(before), _text(after)
    return {"from": old_text, "to": new_text} if old_text != new_text else {}


def _is_list(value: Any) -> bool:
    return isinstance(value, Iterable) and not isinstance(value, str | bytes | Model)


def _text(value: Any) -> str:
    return "" if value is None else str(value)
