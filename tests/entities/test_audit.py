"""The audit log, through the addresses and commands of the acts: one entry for each, with who and what."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import structlog
from django.contrib.auth.models import User
from django.db import transaction
from django.test import Client

from crmmirror.admin import login_audit
from crmmirror.lib.token_bucket import Limit
from crmmirror.login_throttle import ADDRESS_LIMIT
from entities.audit import Actor, identify_command, write_audit_entry
from entities.models import ApiToken, AuditAction, AuditEntry, Deal
from tests.support.api_client import create_record
from tests.support.api_exports import get_file
from tests.support.audited_acts.act_table import ACTS, COMMANDS
from tests.support.audited_acts.acting import NEW_PASSWORD, PASSWORD, admin_url, create_ann, post, user_form
from tests.support.audited_acts.event_acts import download_body
from tests.support.audited_acts.people_acts import add_user, change_own_password, fail_to_log_in, log_in
from tests.support.audited_acts.reader_acts import create_token
from tests.support.audited_acts.record_acts import export_deals
from tests.support.audited_acts.source_acts import add_source, rotate_secret
from tests.support.exported_lists import export_url
from tests.support.restored_mirrors import empty_database, run_command, use_database
from tests.support.staff_client import ensure_source, page_url

pytestmark = pytest.mark.django_db

DELETIONS = (
    AuditAction.USER_DELETED,
    AuditAction.GROUP_DELETED,
    AuditAction.TOKEN_REVOKED,
    AuditAction.READER_DROPPED,
)
ADDRESS = "203.0.113.9"


@pytest.fixture(autouse=True)
def fast_password_hasher(settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def boss() -> User:
    return User.objects.create_superuser("boss", password=PASSWORD)


@pytest.fixture
def office(boss: User) -> Client:
    """Return the browser of the boss."""
    client = Client(REMOTE_ADDR=ADDRESS)
    client.force_login(boss)
    return client


@pytest.mark.parametrize(("action", "act", "detail"), ACTS, ids=[act.__name__ for _, act, _ in ACTS])
def test_an_act_leaves_one_entry(
    action: AuditAction, act: Callable[[Client], Any], detail: dict[str, Any], office: Client, boss: User
) -> None:
    AuditEntry.objects.all().delete()
    row = act(office)
    entry = AuditEntry.objects.get()
    assert entry.action == action
    if entry.user_name.startswith("manage.py "):
        assert entry.user_name.split()[1] in COMMANDS
        assert (entry.user, entry.remote_address) == (None, None)
    else:
        assert (entry.user, entry.user_name, entry.remote_address) == (boss, "boss", ADDRESS)
    if row is not None:
        assert entry.object_type == row._meta.label_lower
        assert entry.object_text == str(row)
        assert entry.object_id == str(row.pk) or action in DELETIONS
    assert entry.detail == entry.detail | detail


@pytest.mark.django_db(transaction=True)
def test_a_backup_and_a_restore_leave_one_entry_each(tmp_path: Path) -> None:
    made = run_command("backup", str(tmp_path / "b"), "--no-keys")
    assert made.status == 0, made.errors
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.user_name) == (AuditAction.BACKUP, "manage.py backup")
    assert entry.detail == {"directory": str(tmp_path / "b"), "keys": False}
    with empty_database() as name:
        # The second time the database has the backup already.
        assert [run_command("restore", str(tmp_path / "b"), database=name).status for _ in range(2)] == [0, 0]
        with use_database(name):
            entry = AuditEntry.objects.get()
            assert (entry.action, entry.user_name) == (AuditAction.RESTORE, "manage.py restore")
            assert entry.detail["directory"] == str(tmp_path / "b")


@pytest.mark.django_db(transaction=True)
def test_a_backup_that_is_not_made_leaves_no_entry(tmp_path: Path) -> None:
    (tmp_path / "b").write_text("precious")
    assert run_command("backup", str(tmp_path / "b")).status == 1
    assert not AuditEntry.objects.exists()


def test_each_kind_of_act_has_a_test() -> None:
    assert {action for action, _, _ in ACTS} | {AuditAction.BACKUP, AuditAction.RESTORE} == set(AuditAction)


def test_an_export_of_the_api_names_its_token(boss: User) -> None:
    _, text = ApiToken.issue(boss, "reports")
    get_file(Client(headers={"Authorization": f"Token {text}"}), "deals/", format="ndjson")
    entry = AuditEntry.objects.get()
    assert (entry.user, entry.detail["token"], entry.detail["bytes"]) == (boss, "reports", 0)


def test_only_the_headers_of_an_export_leave_no_entry(office: Client) -> None:
    assert office.head("/api/v1/deals/?format=csv").status_code == 200
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize(("act", "secret"), [
    (add_source, ""), (rotate_secret, ""), (create_token, ""), (download_body, "Secret plan"),
    (add_user, NEW_PASSWORD), (change_own_password, NEW_PASSWORD),
    (fail_to_log_in, "wrong horse"), (log_in, PASSWORD),
])  # fmt: skip
def test_an_entry_has_neither_a_secret_nor_a_body(
    act: Callable[[Client], Any], secret: str, office: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    act(office)
    secrets = [secret] if secret else capsys.readouterr().out.split()
    secrets += ["whsec_", "pbkdf2", "md5$"]
    for values in AuditEntry.objects.values():
        assert not any(word in json.dumps(values, default=str) for word in secrets if len(word) > 5)


def test_an_act_that_is_undone_leaves_no_entry(office: Client) -> None:
    AuditEntry.objects.all().delete()
    with transaction.atomic():
        write_audit_entry(identify_command("rotate_secret"), AuditAction.SECRET_ROTATED)
        transaction.set_rollback(True)
    assert not AuditEntry.objects.exists()


def test_a_form_that_changes_nothing_leaves_no_entry(office: Client) -> None:
    ann = create_ann()
    post(office, page_url(ann), **user_form(ann))
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize("fields", [{"overlap": "-1"}, {"overlap": "1", "secret": "unfit"}])
def test_an_act_that_is_refused_leaves_no_entry(fields: dict[str, str], office: Client) -> None:
    source = ensure_source()
    post(office, admin_url("events_source_rotate", source.pk), **fields)
    assert not AuditEntry.objects.exists()


def test_an_entry_survives_its_user(office: Client, boss: User) -> None:
    export_deals(office)
    boss.delete()
    entry = AuditEntry.objects.get()
    assert (entry.user, entry.user_name) == (None, "boss")


def test_a_name_that_no_user_has_is_not_kept_because_it_may_be_a_password(office: Client) -> None:
    office.logout()
    post(office, "/admin/login/", username="my secret word", password="x")
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.user, entry.user_name) == (AuditAction.LOGIN_FAILED, None, "")
    assert "secret" not in json.dumps(entry.detail) + entry.object_text


def test_attempts_under_names_that_no_user_has_do_not_fill_the_table(
    boss: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(login_audit, "UNKNOWN_NAME_LIMIT", Limit(3, 3600))
    client = Client()
    for number in range(8):
        # From many addresses: the throttle of the login counts each of them.
        attempt = {"username": f"nobody{number}", "password": "x"}
        client.post("/admin/login/", attempt, REMOTE_ADDR=f"10.0.{number}.1")
    assert AuditEntry.objects.filter(user=None).count() == 3
    client.post("/admin/login/", {"username": "boss", "password": "x"}, REMOTE_ADDR="192.0.2.1")
    assert AuditEntry.objects.filter(user=boss, action=AuditAction.LOGIN_FAILED).count() == 1


def test_an_attempt_that_the_throttle_refuses_leaves_no_entry(boss: User) -> None:
    client = Client()
    attempt = {"username": "boss", "password": "x"}
    answers = [client.post("/admin/login/", attempt).status_code for _ in range(ADDRESS_LIMIT.count + 2)]
    assert answers[-2:] == [429, 429]
    assert AuditEntry.objects.count() == ADDRESS_LIMIT.count


def test_a_committed_act_is_a_line_of_the_log(django_capture_on_commit_callbacks: Any, boss: User) -> None:
    with structlog.testing.capture_logs() as lines, django_capture_on_commit_callbacks(execute=True):
        entry = write_audit_entry(Actor(boss, "boss", ADDRESS), AuditAction.USER_CHANGED, boss, rows=1)
        assert not lines
    assert lines == [
        {
            "event": "audit",
            "log_level": "info",
            "entry": entry.pk,
            "action": "user-changed",
            "user": "boss",
            "object_type": "auth.user",
            "object_id": str(boss.pk),
            "object_text": "boss",
            "address": ADDRESS,
            "detail": {"rows": 1},
        }
    ]


def test_what_somebody_searched_for_is_in_the_table_and_not_in_the_log(
    django_capture_on_commit_callbacks: Any, office: Client
) -> None:
    create_record(Deal)
    with structlog.testing.capture_logs() as lines, django_capture_on_commit_callbacks(execute=True):
        get_file(office, "deals/", format="csv", title__icontains="Zanzibar")
        office.get(export_url(Deal), {"format": "csv", "q": "Zanzibar"}).getvalue()
    assert [entry.detail["parameters"] for entry in AuditEntry.objects.order_by("id")] == [
        "title__icontains=Zanzibar",
        "q=Zanzibar",
    ]
    assert [line["detail"]["format"] for line in lines] == ["csv", "csv"]
    assert "Zanzibar" not in str(lines)
