"""The acts, each with the action of its entry and what the entry says."""

from collections.abc import Callable
from typing import Any

from django.test import Client

from entities.models import (
    AuditAction,
)
from tests.support.audited_acts.event_acts import (
    apply_all_again,
    apply_one_again,
    apply_selected_again,
    download_body,
    export_the_log,
    import_a_log,
    import_bodies,
    prune_the_log,
)
from tests.support.audited_acts.people_acts import (
    add_group,
    add_second_factor,
    add_user,
    change_group,
    change_own_password,
    change_password_of_another,
    change_rights,
    change_user,
    delete_group,
    delete_selected_user,
    delete_user,
    fail_to_log_in,
    log_in,
    remove_second_factor,
    remove_second_factor_by_command,
    remove_second_factor_of_another,
    renew_recovery_codes,
)
from tests.support.audited_acts.reader_acts import (
    add_token,
    change_token,
    create_reader,
    create_token,
    drop_reader,
    revoke_selected_token,
    revoke_token,
    revoke_token_by_command,
)
from tests.support.audited_acts.record_acts import (
    add_name,
    change_name,
    delete_shared_view,
    erase_person,
    export_deals,
    export_deals_by_the_api,
    export_person,
    lift_erasure,
    share_view,
)
from tests.support.audited_acts.source_acts import (
    add_source,
    add_source_by_command,
    change_source,
    end_secret,
    end_trial_key,
    make_trial_key,
    reencrypt_secrets,
    rotate_secret,
    rotate_secret_by_command,
)
from tests.support.audited_acts.vendor_api_acts import (
    allow_missing_to_be_deleted,
    order_some_webhooks,
    pause_load,
    pause_load_on_the_page,
    remove_key,
    remove_key_on_the_page,
    resume_load,
    resume_load_on_the_page,
    set_key,
    set_key_on_the_page,
    start_load,
    start_load_on_the_page,
)

COMMANDS = {
    "create_source",
    "rotate_secret",
    "reencrypt_secrets",
    "create_token",
    "revoke_token",
    "remove_second_factor",
    "subject",
    "create_reader",
    "drop_reader",
    "export_events",
    "import_events",
    "prune_events",
    "set_api_key",
    "backfill",
    "reconcile",
}
# The action of the entry, the act, and what the entry has in its detail, at least.
ACTS: list[tuple[AuditAction, Callable[[Client], Any], dict[str, Any]]] = [
    (AuditAction.EXPORT, export_deals, {"format": "csv", "rows": 1, "parameters": ""}),
    (
        AuditAction.EXPORT,
        export_deals_by_the_api,
        {"via": "api", "format": "csv", "parameters": "title__icontains=plan"},
    ),
    (AuditAction.LOG_EXPORTED, export_the_log, {"events": 1}),
    (AuditAction.LOG_IMPORTED, import_bodies, {}),
    (AuditAction.LOG_IMPORTED, import_a_log, {}),
    (AuditAction.API_KEY_SET, set_key, {}),
    (AuditAction.API_KEY_REMOVED, remove_key, {}),
    (AuditAction.LOAD_STARTED, start_load, {"lists": ["leads"]}),
    (AuditAction.WEBHOOKS_ORDERED, order_some_webhooks, {}),
    (AuditAction.LOAD_PAUSED, pause_load, {}),
    (AuditAction.LOAD_RESUMED, resume_load, {}),
    (AuditAction.API_KEY_SET, set_key_on_the_page, {}),
    (AuditAction.API_KEY_REMOVED, remove_key_on_the_page, {}),
    (AuditAction.LOAD_STARTED, start_load_on_the_page, {"lists": ["leads"]}),
    (AuditAction.LOAD_PAUSED, pause_load_on_the_page, {}),
    (AuditAction.LOAD_RESUMED, resume_load_on_the_page, {}),
    (AuditAction.DELETIONS_ALLOWED, allow_missing_to_be_deleted, {"records": 1}),
    (AuditAction.EVENTS_PRUNED, prune_the_log, {"events": 1}),
    (AuditAction.BODY_DOWNLOAD, download_body, {}),
    (AuditAction.APPLY_AGAIN, apply_one_again, {"count": 0}),
    (AuditAction.APPLY_AGAIN, apply_selected_again, {"count": 0}),
    (AuditAction.APPLY_AGAIN, apply_all_again, {"count": 0, "filters": "status=pending"}),
    (AuditAction.PERSON_EXPORTED, export_person, {"found_by": ["email"], "lines": 3}),
    (AuditAction.PERSON_ERASED, erase_person, {"found_by": ["email"], "records": 1, "events": 1}),
    (AuditAction.ERASURE_LIFTED, lift_erasure, {"found_by": ["email"]}),
    (AuditAction.SOURCE_CREATED, add_source, {}),
    (AuditAction.SOURCE_CREATED, add_source_by_command, {}),
    (AuditAction.SOURCE_CHANGED, change_source, {"changed": {"slug": {"from": "acme", "to": "renamed"}}}),
    (AuditAction.SECRET_ROTATED, rotate_secret, {"overlap_hours": 1.0}),
    (AuditAction.SECRET_ROTATED, rotate_secret_by_command, {"overlap_hours": 24.0}),
    (AuditAction.SECRET_ENDED, end_secret, {}),
    (AuditAction.TRIAL_KEY_CREATED, make_trial_key, {}),
    (AuditAction.TRIAL_KEY_ENDED, end_trial_key, {}),
    (AuditAction.SECRETS_REENCRYPTED, reencrypt_secrets, {"count": 1}),
    (AuditAction.TOKEN_CREATED, create_token, {"owner": "boss"}),
    (AuditAction.TOKEN_CREATED, add_token, {}),
    (AuditAction.TOKEN_CHANGED, change_token, {}),
    (AuditAction.TOKEN_REVOKED, revoke_token, {}),
    (AuditAction.TOKEN_REVOKED, revoke_selected_token, {}),
    (AuditAction.TOKEN_REVOKED, revoke_token_by_command, {"owner": "boss"}),
    (AuditAction.READER_CREATED, create_reader, {"sources": "all"}),
    (AuditAction.READER_DROPPED, drop_reader, {}),
    (AuditAction.NAME_CHANGED, change_name, {"change": 'name from nothing to "New"'}),
    (AuditAction.NAME_CHANGED, add_name, {}),
    (
        AuditAction.VIEW_SHARED,
        share_view,
        {"list": "deal", "parameters": "status=open", "shared_with": "everybody"},
    ),
    (AuditAction.VIEW_WITHDRAWN, delete_shared_view, {"shared_with": "everybody"}),
    (AuditAction.LOGIN, log_in, {"way": "password"}),
    (AuditAction.LOGIN_FAILED, fail_to_log_in, {"way": "password"}),
    (AuditAction.SECOND_FACTOR_ADDED, add_second_factor, {}),
    (AuditAction.SECOND_FACTOR_REMOVED, remove_second_factor, {}),
    (AuditAction.SECOND_FACTOR_REMOVED, remove_second_factor_of_another, {}),
    (AuditAction.SECOND_FACTOR_REMOVED, remove_second_factor_by_command, {}),
    (AuditAction.RECOVERY_CODES_RENEWED, renew_recovery_codes, {}),
    (AuditAction.PASSWORD_CHANGED, change_own_password, {}),
    (AuditAction.PASSWORD_CHANGED, change_password_of_another, {}),
    (AuditAction.USER_CREATED, add_user, {"changed": {"username": {"from": "", "to": "ann"}}}),
    (AuditAction.USER_CHANGED, change_user, {"changed": {"first_name": {"from": "", "to": "Ann"}}}),
    (
        AuditAction.RIGHTS_CHANGED,
        change_rights,
        {
            "changed": {
                "is_staff": {"from": "False", "to": "True"},
                "groups": {"added": ["sales"], "removed": []},
            }
        },
    ),
    (AuditAction.USER_DELETED, delete_user, {}),
    (AuditAction.USER_DELETED, delete_selected_user, {}),
    (AuditAction.GROUP_CREATED, add_group, {}),
    (
        AuditAction.GROUP_CHANGED,
        change_group,
        {
            "changed": {
                "named_permissions": {
                    "added": ["Records | access limit | Export records"],
                    "removed": ["Records | access limit | View records"],
                }
            }
        },
    ),
    (AuditAction.GROUP_DELETED, delete_group, {}),
]
