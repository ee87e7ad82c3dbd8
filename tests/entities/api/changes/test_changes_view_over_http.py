"""The program in docs/api.md that keeps a copy, run as it stands there."""

from types import SimpleNamespace

import pytest
from pytest_django.live_server_helper import LiveServer

from entities.models import Deal
from tests.support import markdown
from tests.support.api_client import authorization_header
from tests.support.applied_events import LATER_TIME, apply_heffl_event
from tests.support.rebuild_helpers import deliver_generated_events

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_program_of_the_document_keeps_a_copy_equal(live_server: LiveServer) -> None:
    (code,) = markdown.code_blocks(markdown.read("docs/api.md"), "python")
    names = {"URL": live_server.url, "TOKEN": authorization_header().partition(" ")[2]}
    exec(code, names)  # noqa: S102
    program = SimpleNamespace(**names)
    deliver_generated_events(100)
    rows, cursor = program.load()
    assert program.is_equal(rows, cursor)
    deliver_generated_events(100, seed=2)
    apply_heffl_event("deal.created", {"id": "gone"})
    gone = Deal.objects.get(external_id="gone").pk
    cursor = program.follow(rows, cursor)
    assert gone in rows
    apply_heffl_event("deal.deleted", {"id": "gone"}, at=LATER_TIME)
    stale = dict(rows)
    cursor = program.follow(rows, cursor)
    assert gone not in rows
    assert rows.keys() == set(
        Deal.objects.filter(is_deleted=False, is_placeholder=False).values_list("pk", flat=True)
    )
    assert program.is_equal(rows, cursor)
    assert not program.is_equal(stale, cursor)
