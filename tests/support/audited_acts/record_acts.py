"""Acts on what records show: exports, persons, names and views.

Each takes the browser, acts, and returns the row that the entry is about, or None.
"""

from io import StringIO

from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client

from entities.admin.naming.name_cells import naming_url
from entities.models import (
    AuditEntry,
    Deal,
    Name,
    NameKind,
    SavedView,
    SubAccount,
)
from tests.support.api_client import create_record
from tests.support.api_exports import get_file
from tests.support.audited_acts.acting import admin_url, post
from tests.support.exported_lists import export_url
from tests.support.named_ids import create_name
from tests.support.staff_client import ensure_source, store_and_apply


def export_deals(client: Client) -> None:
    create_record(Deal)
    client.get(export_url(Deal), {"format": "csv"}).getvalue()


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


def export_deals_by_the_api(client: Client) -> None:
    create_record(Deal)
    get_file(client, "deals/", format="csv", title__icontains="plan")
