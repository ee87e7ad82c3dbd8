"""A rebuild fills in vendors' names and leaves staff's alone; a verification reports what it would do."""

from typing import Any

import pytest

from entities.models import Name
from events.processing.drain import drain_backlog
from tests.support.named_ids import create_name
from tests.support.random_histories import ensure_source
from tests.support.rebuild_helpers import (
    build_deal_body,
    deliver_generated_events,
    run_rebuild_mirror,
    run_verify_mirror,
    store_bodies,
)
from tests.support.staff_client import create_staff_user
from tests.support.table_contents import read_names

pytestmark = pytest.mark.django_db(transaction=True)


def deliver(*bodies: bytes) -> None:
    store_bodies(ensure_source("heffl"), list(bodies))
    drain_backlog()


def named_body(second: int, **payload: Any) -> bytes:
    return build_deal_body(second, **{"stageId": "s1", "stage": "New", "ownerId": "p1"} | payload)


def read_rows() -> list[dict[str, Any]]:
    return [dict(row) for row in Name.objects.order_by("pk").values()]


def test_staffs_names_order_and_logins_survive_a_rebuild() -> None:
    deliver(named_body(1))
    Name.objects.filter(kind="stage").update(name="Fresh", position=3)
    Name.objects.filter(kind="person").update(name="Lena", user=create_staff_user())
    source = ensure_source("heffl")
    create_name("s1", source=source, scope="sa_1", name="Elsewhere")
    create_name("s9", source=source, vendor_name="Gone", vendor_clock="c")
    before = read_rows()
    assert run_verify_mirror() == (0, "1 events, 0 rows differ\n")
    assert run_rebuild_mirror() == "rebuilt from 1 events: 0 rows and 0 events changed\n"
    assert read_rows() == before


def test_a_rebuild_fills_in_the_names_of_a_mirror_that_had_none() -> None:
    deliver_generated_events(100)
    before = read_names()
    assert before
    Name.objects.all().delete()
    status, printed = run_verify_mirror()
    assert status == 1
    assert f"{len(before)} rows differ" in printed
    assert not Name.objects.exists()
    run_rebuild_mirror()
    assert read_names() == before
    assert run_verify_mirror()[0] == 0


def test_a_name_that_differs_from_the_log_is_shown_and_mended() -> None:
    deliver(named_body(1))
    Name.objects.filter(kind="stage").update(vendor_name="Wrong", name="Staff's")
    status, printed = run_verify_mirror()
    assert status == 1
    assert 'name of stage heffl/s1: vendor_name: live "Wrong", rebuilt "New", event' in printed
    run_rebuild_mirror()
    name = Name.objects.get(kind="stage")
    assert (name.vendor_name, name.name) == ("New", "Staff's")


def test_the_digest_is_of_the_records_alone() -> None:
    deliver(named_body(1))
    before = run_verify_mirror("--digest")
    Name.objects.update(name="Fresh", vendor_name="")
    assert run_verify_mirror("--digest") == before


def test_a_rebuild_in_a_process_that_has_written_the_names_finds_them_all() -> None:
    deliver(named_body(1))
    Name.objects.all().delete()
    run_rebuild_mirror()
    assert dict(Name.objects.values_list("ref", "vendor_name")) == {"s1": "New", "p1": ""}
