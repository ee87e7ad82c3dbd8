"""Acts that the audit log has an entry for, each done through its address or command."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.contrib.auth.models import Group, Permission, User
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from crmmirror.sign_on.second_factors.factor_codes import begin_enrolment, read_key
from entities.admin.naming.name_cells import naming_url
from entities.audit import identify_command
from entities.models import (
    ApiToken,
    AuditAction,
    AuditEntry,
    Deal,
    Name,
    NameKind,
    SavedView,
    SqlReader,
    SubAccount,
)
from events.loading.webhook_orders import order_webhooks
from events.models import Event, Finding, Source, SourceSecret
from events.processing.drain import drain_backlog
from events.reconciling.reconcile_states import allow_deletions, start_reconciliation
from events.sources.trial_keys import add_trial_key
from tests.support.api_client import create_record
from tests.support.api_exports import get_file
from tests.support.exported_lists import export_url
from tests.support.load_pages import press
from tests.support.loads import create_loaded_source, serve_vendor
from tests.support.named_ids import create_name
from tests.support.pruning import keep_bodies_for
from tests.support.second_factors import add_factor, make_code
from tests.support.signing_vendor import GOHIGHLEVEL, create_signing_source, signing_vendor
from tests.support.staff_client import ensure_source, list_url, page_url, store_and_apply, store_delivery

# The password of the superuser "boss", in whose browser all of this is done.
PASSWORD = "correct horse battery"
NEW_PASSWORD = "staple correct battery"
EVENT = {
    "event": "deal.created",
    "timestamp": "2025-01-15T10:30:00Z",
    "payload": {"id": "d1", "title": "Secret plan"},
}


def user_form(user: User, **changes: Any) -> dict[str, Any]:
    """Return what the form of a user posts."""
    flags = {name: "on" for name in ("is_active", "is_staff", "is_superuser") if getattr(user, name)}
    joined = {"date_joined_0": "2025-01-15", "date_joined_1": "10:30:00"}
    inline = {"profile-TOTAL_FORMS": "0", "profile-INITIAL_FORMS": "0"}
    return {"username": user.username, **flags, **joined, **inline, **changes}


def create_ann() -> User:
    return User.objects.create_user("ann", date_joined=datetime(2025, 1, 15, 10, 30, tzinfo=UTC))


def post(client: Client, url: str, /, **fields: Any) -> Any:
    response = client.post(url, fields)
    assert response.status_code in (200, 302), response.content.decode()[:1000]
    return response


def admin_url(name: str, *arguments: Any) -> str:
    return reverse(f"admin:{name}", args=arguments)


# Each takes the browser, acts, and returns the row that the entry is about, or None.


def export_deals(client: Client) -> None:
    create_record(Deal)
    client.get(export_url(Deal), {"format": "csv"}).getvalue()


def download_body(client: Client) -> Event:
    event = store_delivery(EVENT)
    assert b"Secret plan" in client.get(admin_url("events_event_raw", event.pk)).content
    return event


def apply_one_again(client: Client) -> Event:
    event = store_delivery(EVENT)
    post(client, admin_url("events_event_apply_again", event.pk))
    return event


def apply_selected_again(client: Client) -> None:
    event = store_delivery(EVENT)
    post(client, list_url(Event), action="apply_selected_again", _selected_action=[event.pk])


def apply_all_again(client: Client) -> None:
    store_delivery(EVENT)
    post(client, admin_url("events_event_apply_all_again") + "?status=pending")


def store_person() -> None:
    store_and_apply("client.created", {"id": "c1", "email": "ann@example.com"})


def export_person(client: Client) -> None:
    store_person()
    call_command("subject", "export", "--email", "ann@example.com", stdout=StringIO())


def erase_person(client: Client) -> None:
    store_person()
    call_command("subject", "erase", "--email", "ann@example.com", stdout=StringIO())


def lift_erasure(client: Client) -> None:
    erase_person(client)
    AuditEntry.objects.all().delete()
    call_command("subject", "lift", "--email", "ann@example.com", stdout=StringIO())


def add_source(client: Client) -> Source:
    post(client, admin_url("events_source_add"), slug="sales", vendor="heffl", scheme="", encoding="hex")
    return Source.objects.get(slug="sales")


def add_source_by_command(client: Client) -> Source:
    call_command("create_source", "sales", vendor="heffl")
    return Source.objects.get(slug="sales")


def change_source(client: Client) -> Source:
    source = ensure_source()
    page = client.get(page_url(source))
    form = page.context["adminform"].form
    fields = {name: "" if value is None else value for name, value in form.initial.items()}
    post(client, page_url(source), **fields | {"slug": "renamed", "active": "on"})
    source.refresh_from_db()
    return source


def rotate_secret(client: Client) -> Source:
    source = ensure_source()
    post(client, admin_url("events_source_rotate", source.pk), overlap="1")
    return source


def rotate_secret_by_command(client: Client) -> Source:
    source = ensure_source()
    call_command("rotate_secret", source.slug)
    return source


def end_secret(client: Client) -> Source:
    source = ensure_source()
    post(client, admin_url("events_source_end_secret", source.pk, SourceSecret.objects.get().pk))
    return source


def make_trial_key(client: Client) -> Source:
    with signing_vendor(GOHIGHLEVEL):
        source, _ = create_signing_source()
        post(client, admin_url("events_source_add_trial_key", source.pk))
    return source


def end_trial_key(client: Client) -> Source:
    with signing_vendor(GOHIGHLEVEL):
        source, _ = create_signing_source()
        key = add_trial_key(source, identify_command("test"))
        AuditEntry.objects.all().delete()
        post(client, admin_url("events_source_end_secret", source.pk, key.pk))
    return source


def reencrypt_secrets(client: Client) -> None:
    ensure_source()
    call_command("reencrypt_secrets")


def create_reader(client: Client) -> SqlReader:
    call_command("create_reader", "crm_audited")
    return SqlReader.objects.get()


def drop_reader(client: Client) -> SqlReader:
    reader = SqlReader.objects.create(role="crm_audited")
    call_command("drop_reader", reader.role)
    return reader


def create_token(client: Client) -> ApiToken:
    call_command("create_token", "boss", name="reports")
    return ApiToken.objects.get()


def add_token(client: Client) -> ApiToken:
    boss = User.objects.get(username="boss")
    post(client, admin_url("entities_apitoken_add"), user=boss.pk, name="reports")
    return ApiToken.objects.get()


def change_token(client: Client) -> ApiToken:
    token, _ = ApiToken.issue(User.objects.get(username="boss"), "reports")
    post(client, page_url(token), expires_at_0="2030-01-01", expires_at_1="00:00:00")
    return token


def revoke_token(client: Client) -> ApiToken:
    token, _ = ApiToken.issue(User.objects.get(username="boss"), "reports")
    post(client, admin_url("entities_apitoken_delete", token.pk), post="yes")
    return token


def revoke_selected_token(client: Client) -> ApiToken:
    token, _ = ApiToken.issue(User.objects.get(username="boss"), "reports")
    selected = {"action": "delete_selected", "_selected_action": [token.pk]}
    question = client.post(list_url(ApiToken), selected).content.decode()
    assert "Revoke these tokens?" in question
    post(client, list_url(ApiToken), **selected, post="yes")
    assert not ApiToken.objects.exists()
    return token


def revoke_token_by_command(client: Client) -> ApiToken:
    token, _ = ApiToken.issue(User.objects.get(username="boss"), "reports")
    call_command("revoke_token", "boss", "reports")
    return token


def change_name(client: Client) -> Name:
    name = create_name("s1")
    row = {"row": name.pk, f"name-{name.pk}-name": "New", f"name-{name.pk}-position": ""}
    post(client, naming_url(name.source_id, name.kind), **row)
    name.refresh_from_db()
    assert name.name == "New"
    return name


def add_name(client: Client) -> Name:
    create_record(SubAccount, external_id="sa1", scope="")
    create_name("s1")
    create_name("sa1", NameKind.SUB_ACCOUNT)
    fields = {"add": "1", "sub-account-ref": "s1", "sub-account-scope": "sa1", "sub-account-name": "There"}
    post(client, naming_url(ensure_source().pk, NameKind.STAGE), **fields)
    return Name.objects.get(scope="sa1")


def share_view(client: Client) -> SavedView:
    fields = {"record_type": "deal", "name": "Open", "query": "status=open", "audience": "all"}
    post(client, admin_url("save_view"), **fields)
    return SavedView.objects.get()


def delete_shared_view(client: Client) -> SavedView:
    boss = User.objects.get(username="boss")
    view = SavedView.objects.create(owner=boss, record_type="deal", name="Open", is_for_all=True)
    post(client, admin_url("change_view", view.pk), act="delete")
    assert not SavedView.objects.exists()
    return view


def log_in(client: Client) -> None:
    client.logout()
    post(client, "/admin/login/", username="boss", password=PASSWORD)


def fail_to_log_in(client: Client) -> None:
    client.logout()
    post(client, "/admin/login/", username="boss", password="wrong horse")


def change_own_password(client: Client) -> User:
    post(
        client,
        admin_url("password_change"),
        old_password=PASSWORD,
        new_password1=NEW_PASSWORD,
        new_password2=NEW_PASSWORD,
    )
    return User.objects.get(username="boss")


def change_password_of_another(client: Client) -> User:
    ann = create_ann()
    post(
        client,
        admin_url("auth_user_password_change", ann.pk),
        usable_password="true",
        password1=NEW_PASSWORD,
        password2=NEW_PASSWORD,
    )
    return ann


def add_user(client: Client) -> User:
    post(
        client,
        admin_url("auth_user_add"),
        username="ann",
        usable_password="true",
        password1=NEW_PASSWORD,
        password2=NEW_PASSWORD,
        is_active="on",
    )
    return User.objects.get(username="ann")


def change_user(client: Client) -> User:
    ann = create_ann()
    post(client, page_url(ann), **user_form(ann, first_name="Ann"))
    return ann


def change_rights(client: Client) -> User:
    ann = create_ann()
    group = Group.objects.create(name="sales")
    post(client, page_url(ann), **user_form(ann, is_staff="on", groups=[group.pk]))
    return ann


def delete_user(client: Client) -> User:
    ann = create_ann()
    post(client, admin_url("auth_user_delete", ann.pk), post="yes")
    return ann


def delete_selected_user(client: Client) -> User:
    ann = create_ann()
    post(client, list_url(User), action="delete_selected", _selected_action=[ann.pk], post="yes")
    assert not User.objects.filter(username="ann").exists()
    return ann


def add_group(client: Client) -> Group:
    permission = Permission.objects.get(codename="view_records")
    post(client, admin_url("auth_group_add"), name="sales", named_permissions=[permission.pk])
    return Group.objects.get(name="sales")


def change_group(client: Client) -> Group:
    group = Group.objects.create(name="sales")
    group.permissions.add(Permission.objects.get(codename="view_records"))
    post(
        client,
        page_url(group),
        name="sales",
        named_permissions=[Permission.objects.get(codename="export_records").pk],
    )
    return group


def delete_group(client: Client) -> Group:
    group = Group.objects.create(name="sales")
    post(client, admin_url("auth_group_delete", group.pk), post="yes")
    return group


def add_second_factor(client: Client) -> User:
    boss = User.objects.get(username="boss")
    post(client, admin_url("second_factor"), begin="1")
    post(client, admin_url("second_factor"), code=make_code(read_key(begin_enrolment(boss))))
    return boss


def remove_second_factor(client: Client) -> User:
    boss = User.objects.get(username="boss")
    _, codes = add_factor(boss)
    post(client, admin_url("second_factor"), code=codes[0], act="remove")
    return boss


def remove_second_factor_by_command(client: Client) -> User:
    boss = User.objects.get(username="boss")
    add_factor(boss)
    call_command("remove_second_factor", "boss")
    return boss


def remove_second_factor_of_another(client: Client) -> User:
    ann = create_ann()
    add_factor(ann)
    post(client, admin_url("remove_second_factor", ann.pk))
    return ann


def renew_recovery_codes(client: Client) -> User:
    boss = User.objects.get(username="boss")
    _, codes = add_factor(boss)
    post(client, admin_url("second_factor"), code=codes[0], act="renew")
    return boss


def export_deals_by_the_api(client: Client) -> None:
    create_record(Deal)
    get_file(client, "deals/", format="csv", title__icontains="plan")


def export_the_log(client: Client) -> None:
    store_delivery(EVENT)
    with TemporaryDirectory() as directory:
        call_command("export_events", f"{directory}/log.jsonl", stderr=StringIO())


def import_bodies(client: Client) -> Source:
    source = ensure_source()
    with TemporaryDirectory() as directory:
        file = Path(directory) / "bodies.jsonl"
        file.write_text(json.dumps(EVENT))
        call_command("import_events", source.slug, str(file), stdout=StringIO(), stderr=StringIO())
    return source


def import_a_log(client: Client) -> None:
    store_delivery(EVENT)
    with TemporaryDirectory() as directory:
        archive = f"{directory}/log.jsonl"
        call_command("export_events", archive, stderr=StringIO())
        AuditEntry.objects.all().delete()
        call_command("import_events", "--log", archive, stdout=StringIO(), stderr=StringIO())


def set_key(client: Client) -> Source:
    source = ensure_source()
    with TemporaryDirectory() as directory:
        (file := Path(directory) / "key").write_text("key")
        call_command("set_api_key", source.slug, file=file, stdout=StringIO())
    return source


def remove_key(client: Client) -> Source:
    source = set_key(client)
    AuditEntry.objects.all().delete()
    call_command("set_api_key", source.slug, remove=True, stdout=StringIO())
    return source


def start_load(client: Client) -> Source:
    source = set_key(client)
    AuditEntry.objects.all().delete()
    call_command("backfill", source.slug, resource=["leads"], detach=True, stdout=StringIO())
    return source


def order_some_webhooks(client: Client) -> Source:
    with serve_vendor():
        source = create_loaded_source()
        AuditEntry.objects.all().delete()
        order_webhooks(source, identify_command("backfill"))
    return source


def pause_load(client: Client) -> Source:
    source = start_load(client)
    AuditEntry.objects.all().delete()
    call_command("backfill", source.slug, pause=True, stdout=StringIO())
    return source


def resume_load(client: Client) -> Source:
    source = pause_load(client)
    AuditEntry.objects.all().delete()
    call_command("backfill", source.slug, resume=True, detach=True, stdout=StringIO())
    return source


def set_key_on_the_page(client: Client) -> Source:
    source = ensure_source()
    press(client, source, "key", key="key")
    return source


def remove_key_on_the_page(client: Client) -> Source:
    source = set_key(client)
    AuditEntry.objects.all().delete()
    press(client, source, "remove-key")
    return source


def start_load_on_the_page(client: Client) -> Source:
    source = set_key(client)
    AuditEntry.objects.all().delete()
    press(client, source, "start", resources=["leads"])
    return source


def pause_load_on_the_page(client: Client) -> Source:
    source = start_load(client)
    AuditEntry.objects.all().delete()
    press(client, source, "pause")
    return source


def resume_load_on_the_page(client: Client) -> Source:
    source = pause_load(client)
    AuditEntry.objects.all().delete()
    press(client, source, "resume")
    return source


def allow_missing_to_be_deleted(client: Client) -> Source:
    source = set_key(client)
    run = start_reconciliation(source, identify_command("a test"), ["leads"]).reconciliation
    Finding.objects.create(
        progress=run.load.progress.get(),
        external_id="ld_1",
        kind=Finding.Kind.GONE,
        state=Finding.State.ASKED,
        day=datetime(2026, 3, 1, tzinfo=UTC).date(),
    )
    AuditEntry.objects.all().delete()
    allow_deletions(run, identify_command("reconcile"), 1)
    return source


def prune_the_log(client: Client) -> None:
    event = store_delivery(EVENT)
    drain_backlog()
    Event.objects.filter(pk=event.pk).update(received_at=datetime(2025, 1, 15, tzinfo=UTC))
    keep_bodies_for(1)
    call_command("prune_events", stdout=StringIO(), stderr=StringIO())
    event.refresh_from_db()
    assert event.pruned_at


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
