"""The address of a record in its CRM, by the templates of its source."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entities.models import Contact, FormSubmission
from entities.record_addresses import address_in_crm, find_slips

pytestmark = pytest.mark.unit

TEMPLATES = """
contact https://app.example.com/{scope}/contacts/{id}?tab=1

Form-Submission   https://forms.example.com/{id}
"""


def test_a_record_has_the_address_of_its_kind() -> None:
    contact = Contact(external_id="a b/ü", scope="sa_1")
    assert address_in_crm(contact, TEMPLATES) == "https://app.example.com/sa_1/contacts/a%20b%2F%C3%BC?tab=1"
    assert address_in_crm(FormSubmission(external_id="7"), TEMPLATES) == "https://forms.example.com/7"


def test_there_is_none_without_a_template_or_without_the_scope_that_it_needs() -> None:
    assert address_in_crm(Contact(external_id="7"), "") == ""
    assert address_in_crm(Contact(external_id="7"), "deal https://app.example.com/{id}") == ""
    assert address_in_crm(Contact(external_id="7", scope=""), TEMPLATES) == ""


def test_usual_templates_have_no_slips() -> None:
    assert list(find_slips(TEMPLATES)) == []
    assert list(find_slips("")) == []


@pytest.mark.parametrize(
    ("line", "slip"),
    [
        ("person https://a.example/{id}", "'person' is no kind of record; there are: sub-account, lead"),
        ("contact", "is missing"),
        ("contact http://a.example/{id}", "https://"),
        ("contact javascript:alert({id})", "https://"),
        ("contact https:///{id}", "https://"),
        ("contact https://{id}.example/{id}", "server's name"),
        ("contact https://a@b.example/{id}", "server's name"),
        ("contact https://[a/{id}", "cannot be read"),
        ("contact https://a.example/", "does not contain {id}"),
        ("contact https://a.example/{id}/{name}", "placeholder other than"),
        ("contact https://a.example/{id} x", "space"),
        ("contact https://a.example/{id}\ncontact https://b.example/{id}", "two addresses"),
    ],
)
def test_a_slip_is_named_and_a_line_with_one_counts_for_nothing(line: str, slip: str) -> None:
    assert slip in "; ".join(find_slips(line))
    if "two" not in slip:
        assert address_in_crm(Contact(external_id="7", scope="s"), line) == ""


@given(st.text(), st.text(), st.text())
def test_an_address_never_leaves_the_server_of_its_template(template: str, ref: str, scope: str) -> None:
    record = Contact(external_id=ref, scope=scope)
    address = address_in_crm(record, "contact https://app.example.com/{scope}/{id}")
    assert address == "" or address.startswith("https://app.example.com/")
    other = address_in_crm(record, f"contact {template}")
    assert other == "" or other.startswith("https://")
