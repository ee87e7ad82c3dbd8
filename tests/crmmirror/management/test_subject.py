"""`manage.py subject`: what it prints, and what it says about wrong arguments."""

import base64
import io
import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from entities.models import AuditEntry, Client, ErasureMark
from events.models import Event
from tests.support import canaries
from tests.support.canaries import EMAIL, ID, client_payload, find_canaries, store_canaries
from tests.support.rebuild_helpers import run_verify_mirror
from tests.support.staff_client import store_and_apply

pytestmark = pytest.mark.django_db(transaction=True)


def run(*arguments: str) -> str:
    output = io.StringIO()
    call_command("subject", *arguments, stdout=output)
    return output.getvalue()


def export(*arguments: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in run("export", *arguments).splitlines()]


def list_bodies(lines: list[dict[str, Any]]) -> list[bytes]:
    return [base64.b64decode(line["body_base64"]) for line in lines if line.get("body_base64")]


def test_a_dry_run_lists_what_would_change_and_changes_nothing() -> None:
    store_canaries()
    before = list(Event.objects.order_by("pk").values())
    output = run("erase", "--email", EMAIL, "--dry-run")
    assert "4 records would be deleted\n" in output
    assert f"  client {ID} in acme-heffl\n" in output
    assert "  deal d1 in acme-heffl\n" in output
    assert f"  contact {canaries.SEEDLY_ID} of {canaries.SCOPE} in acme-seedly\n" in output
    assert "1 other records would be rid of values" in output
    assert "2 saved views would be changed or deleted\n" in output
    assert output.endswith("nothing was changed\n")
    assert EMAIL not in output
    assert list(Event.objects.order_by("pk").values()) == before
    assert not ErasureMark.objects.exists()


def test_it_erases_and_says_what_was_changed() -> None:
    store_canaries()
    assert "4 records were deleted\n" in run("erase", "--email", EMAIL)
    assert find_canaries() == {}
    assert run("erase", "--email", EMAIL).startswith("0 records were deleted\n")


def test_whoever_becomes_a_customer_again_is_stored_once_the_erasure_is_lifted() -> None:
    store_and_apply("client.created", client_payload())
    run("erase", "--id", ID)
    store_and_apply("client.updated", client_payload(), "2026-01-01T00:00:00Z")
    assert not Client.objects.exists()
    assert "1 erasures lifted" in run("lift", "--id", ID)
    store_and_apply("client.updated", client_payload(), "2026-01-02T00:00:00Z")
    assert Client.objects.get().email == EMAIL
    assert run_verify_mirror()[0] == 0


def test_an_export_has_the_records_their_history_what_refers_to_them_and_the_events() -> None:
    store_canaries()
    lines = export("--email", EMAIL)
    kinds = [line["kind"] for line in lines]
    assert (kinds[0], kinds.count("record")) == ("person", 4)
    client = next(line for line in lines if line.get("external_id") == ID)
    assert client["values"]["email"] == EMAIL
    assert canaries.FORMER_EMAIL in json.dumps(client["history"])
    assert "Canary here" in json.dumps([line for line in lines if line["kind"] == "referring-record"])
    assert any(b"Canary 42" in body for body in list_bodies(lines))
    assert AuditEntry.objects.filter(action="person-exported").count() == 1


def test_an_export_leaves_out_what_is_said_of_another_person_in_the_same_body() -> None:
    store_canaries()
    lines = export("--email", EMAIL)
    assert not [line for line in lines if canaries.BOB_EMAIL in json.dumps(line)]
    assert not [body for body in list_bodies(lines) if canaries.BOB_EMAIL.encode() in body]
    shared = next(line for line in lines if line.get("body_note"))
    assert shared["body_base64"] is None
    assert shared["said"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["erase"], "say who: give --email, --phone or --id"),
        (["erase", "--id", "nobody"], "no client, contact or lead has the id 'nobody' there"),
        (["erase", "--email", "nobody"], "'nobody' is no email by which somebody could be found"),
        (["erase", "--phone", "12"], "'12' is no phone by which somebody could be found"),
        (["erase", "--email", EMAIL, "--source", "sale"], "there is no source 'sale'"),
        (["erase", "--email", EMAIL, "--sub-account", "sa"], "--sub-account needs --source"),
        (["export", "--email", EMAIL, "--dry-run"], "--dry-run goes with erase only"),
        (["lift", "--email", EMAIL], "nobody who was erased is known by that"),
    ],
)
def test_wrong_arguments_are_told(arguments: list[str], message: str) -> None:
    with pytest.raises(CommandError, match=message):
        run(*arguments)


def test_an_id_of_several_records_asks_for_more() -> None:
    store_and_apply("client.created", {"id": "x1", "name": "A"})
    store_and_apply("contact.created", {"id": "x1", "firstName": "B"})
    with pytest.raises(CommandError, match="say which source, sub-account and type"):
        run("erase", "--id", "x1")
    run("erase", "--id", "x1", "--type", "client")
    assert not Client.objects.exists()
