"""The page of the audit log: who may read it, its filters, its order, and that nobody changes it."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from entities.audit import Actor, identify_command, write_audit_entry
from entities.models import AuditAction, AuditEntry, Deal
from tests.support.staff_client import (
    ensure_source,
    get_page,
    list_url,
    log_in_staff,
    page_url,
)

pytestmark = pytest.mark.django_db

LIST = "/admin/entities/auditentry/"


@pytest.fixture
def reader() -> Client:
    """Return the browser of somebody with the right to manage people, and no other."""
    return log_in_staff("manage_people")


def write(action: AuditAction = AuditAction.EXPORT, user: User | None = None, **detail: Any) -> AuditEntry:
    actor = Actor(user, user.username, "203.0.113.9") if user else identify_command("rotate_secret")
    return write_audit_entry(actor, action, **detail)


def test_the_page_shows_who_did_what_to_what_when_and_from_where(reader: Client) -> None:
    ann = User.objects.create_user("ann")
    source = ensure_source()
    actor = Actor(ann, "ann", "203.0.113.9")
    write_audit_entry(actor, AuditAction.SECRET_ROTATED, source, overlap_hours=2.5)
    page = get_page(reader, LIST)
    for text in (
        "ann",
        "rotated a secret",
        "203.0.113.9",
        "overlap hours: 2.5",
        f'href="{page_url(source)}"',
    ):
        assert text in page
    assert f"{timezone.now():%Y-%m-%d}" in page


def test_a_change_is_shown_as_what_was_and_what_is(reader: Client) -> None:
    changed = {
        "first_name": {"from": "", "to": "Ann"},
        "groups": {"added": ["Operator"], "removed": ["Viewer"]},
    }
    write_audit_entry(identify_command("x"), AuditAction.USER_CHANGED, changed=changed)
    page = get_page(reader, LIST)
    assert "first_name: nothing → Ann" in page
    assert "groups: + Operator, - Viewer" in page


def test_the_newest_act_is_first(reader: Client) -> None:
    for number in range(3):
        write(note=f"note-{number}")
    AuditEntry.objects.filter(detail={"note": "note-0"}).update(at=timezone.now() + timedelta(minutes=1))
    page = get_page(reader, LIST)
    assert page.index("note-0") < page.index("note-2") < page.index("note-1")


def test_the_page_is_filtered_by_act_user_and_period(reader: Client) -> None:
    ann, bob = User.objects.create_user("ann"), User.objects.create_user("bob")
    write(AuditAction.EXPORT, ann, note="one")
    write(AuditAction.LOGIN, bob, note="two")
    write(AuditAction.EXPORT, note="three")
    old = write(AuditAction.EXPORT, ann, note="four")
    AuditEntry.objects.filter(pk=old.pk).update(at=timezone.now() - timedelta(days=20))

    def notes(**query: Any) -> set[str]:
        page = get_page(reader, LIST, **query)
        return {word for word in ("one", "two", "three", "four") if f"note: {word}<" in page}

    assert notes() == {"one", "two", "three", "four"}
    assert notes(action="export") == {"one", "three", "four"}
    assert notes(user=str(bob.pk)) == {"two"}
    assert notes(user="none") == {"three"}
    assert notes(at="week", user=str(ann.pk)) == {"one"}
    assert notes(action="login", user=str(ann.pk)) == set()


@pytest.mark.parametrize("query", [{"action": "dance"}, {"user": "0"}, {"at": "ever"}, {"detail__note": "x"}])
def test_a_filter_or_a_choice_that_there_is_not_is_refused(query: dict[str, str], reader: Client) -> None:
    assert reader.get(LIST, query).status_code == 400


def test_only_who_manages_people_reads_it(reader: Client) -> None:
    write()
    assert reader.get(LIST).status_code == 200
    assert LIST in get_page(reader, "/admin/")
    assert log_in_staff().get(LIST).status_code == 200
    colleague = log_in_staff("view_deal")
    assert colleague.get(LIST).status_code == 403
    assert LIST not in get_page(colleague, "/admin/")
    assert Client().get(LIST).status_code == 302


def test_nobody_changes_it(reader: Client) -> None:
    entry = write()
    for client in (reader, log_in_staff()):
        assert client.get(f"{LIST}add/").status_code == 403
        assert client.get(f"{LIST}{entry.pk}/delete/").status_code == 403
        assert client.post(f"{LIST}{entry.pk}/change/", {"user_name": "x"}).status_code == 403
        assert client.get(f"{LIST}{entry.pk}/change/").headers["Location"] == LIST
    assert AuditEntry.objects.get().user_name == "manage.py rotate_secret"


def test_what_others_chose_is_shown_as_text(reader: Client) -> None:
    source = ensure_source()
    hostile = "<script>alert('x')</script>"
    entry = write_audit_entry(identify_command("x"), AuditAction.EXPORT, source, **{hostile: hostile})
    AuditEntry.objects.filter(pk=entry.pk).update(
        object_text=hostile, user_name=hostile, object_type="no.model"
    )
    page = get_page(reader, LIST)
    assert hostile not in page
    assert page.count("&lt;script&gt;") >= 4


def test_an_act_that_the_code_does_not_know_any_more_is_shown(reader: Client) -> None:
    entry = write()
    AuditEntry.objects.filter(pk=entry.pk).update(action="danced")
    assert "danced" in get_page(reader, LIST)


def test_the_page_takes_as_many_queries_for_many_acts_as_for_one(reader: Client) -> None:
    write()
    get_page(reader, LIST)
    with CaptureQueriesContext(connection) as for_one:
        get_page(reader, LIST)
    for number in range(30):
        write_audit_entry(identify_command("x"), AuditAction.EXPORT, ensure_source(), number=number)
    with CaptureQueriesContext(connection) as for_many:
        get_page(reader, LIST)
    assert len(for_one) == len(for_many) <= 9


def test_no_page_of_others_links_to_it() -> None:
    staff = log_in_staff("view_deal")
    assert "auditentry" not in get_page(staff, list_url(Deal))
