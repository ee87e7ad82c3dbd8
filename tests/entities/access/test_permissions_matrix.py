"""Each address of the table of who may open what, as each role and as nobody."""

import pytest
from django.test import Client

from entities.models import Client as Person
from entities.models import Deal
from tests.support.access_limits import create_member, log_in
from tests.support.access_matrix import MATRIX, ROLES, Access
from tests.support.api_client import create_event, create_record
from tests.support.paths import PROJECT
from tests.support.second_factors import add_factor
from tests.support.staff_client import ensure_source

pytestmark = pytest.mark.django_db

LINES = pytest.mark.parametrize("line", MATRIX, ids=lambda line: line.what)


def read_statuses(client: Client, line: Access) -> dict[str, int]:
    user = create_member("Viewer")
    add_factor(user)
    ids = {
        "client": create_record(Person).pk,
        "deal": create_record(Deal).pk,
        "event": create_event().pk,
        "source": ensure_source("sale", "seedly").pk,
        "user": user.pk,
    }
    return {address: client.get(address.format(**ids)).status_code for address in line.addresses}


@LINES
@pytest.mark.parametrize("role", ROLES)
def test_a_role_may_open_what_the_table_allows(role: str, line: Access) -> None:
    status = 200 if role in line.roles else 403
    statuses = read_statuses(log_in(create_member(role)), line)
    assert statuses == dict.fromkeys(line.addresses, status)


@LINES
def test_nobody_opens_anything_without_a_login(line: Access) -> None:
    for address, status in read_statuses(Client(), line).items():
        assert status == (302 if address.startswith("/admin/") else 401), address


def test_the_document_shows_the_table() -> None:
    text = (PROJECT / "docs" / "security.md").read_text()
    shown = [line for line in text.splitlines() if line.endswith((" yes |", " no |"))]
    assert shown == [line.to_markdown() for line in MATRIX]
