"""The page on which staff name the ids of one source and kind, through its address."""

import re
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from entities.admin.naming import kind_page as pages
from entities.admin.naming import name_usage
from entities.admin.naming.name_cells import naming_url
from entities.models import Deal, Invoice, Lead, Name, NameKind
from tests.support.access_limits import create_member, limit, log_in
from tests.support.api_client import create_record, ensure_source
from tests.support.named_ids import create_name
from tests.support.staff_client import create_staff_user, get_page, log_in_staff

pytestmark = pytest.mark.django_db


def url_of(kind: str = NameKind.STAGE) -> str:
    return naming_url(ensure_source().pk, kind)


def form_data(page: str) -> dict[str, Any]:
    """Return what a browser would send if nobody changed an input of the page's first form."""
    form = page[page.index('<form method="post" class="names">') :]
    form = form[: form.index("</form>")]
    data: dict[str, Any] = {"row": re.findall(r'name="row" value="(\d+)"', form)}
    for tag in re.findall(r"<input[^>]*>", form):
        attributes = dict(re.findall(r'([a-z-]+)="([^"]*)"', tag))
        if attributes.get("name", "").startswith(("name-", "initial-name-")):
            data[attributes["name"]] = attributes.get("value", "")
    return data


def save(client: Client, changes: dict[str, Any], kind: str = NameKind.STAGE) -> Any:
    data = form_data(get_page(client, url_of(kind)))
    assert changes.keys() <= data.keys()
    return client.post(url_of(kind), data | changes)


def test_all_ids_are_named_and_ordered_with_one_button(client: Client) -> None:
    first, second, third = (create_name(ref) for ref in ("s1", "s2", "s3"))
    changes = {
        f"name-{first.pk}-name": "New",
        f"name-{first.pk}-position": "2",
        f"name-{second.pk}-name": "Offer",
    }
    response = save(client, changes)
    assert response.status_code == 302
    assert "Saved 2 changes." in get_page(client, url_of())
    names = {name.ref: (name.name, name.position) for name in Name.objects.all()}
    assert names == {"s1": ("New", 2), "s2": ("Offer", None), "s3": ("", None)}
    third.refresh_from_db()


def test_ids_without_a_name_come_first_then_staffs_order_then_names() -> None:
    create_name("s1", vendor_name="beta")
    create_name("s2", name="Alpha")
    create_name("s3", name="Zulu", position=1)
    create_name("s4")
    page = get_page(log_in_staff(), url_of())
    assert re.findall(r"<code>(\w+)</code>", page) == ["s4", "s3", "s2", "s1"]
    assert page.count("unnamed</span>") == 1


def test_an_id_that_is_named_in_a_sub_account_alone_is_not_called_unnamed(client: Client) -> None:
    create_name("s1")
    create_name("s1", scope="sa_1", vendor_name="New")
    assert "unnamed</span>" not in get_page(client, url_of())


def test_each_change_is_in_the_history(client: Client) -> None:
    name = create_name("s1", name="New")
    save(client, {f"name-{name.pk}-name": "Fresh", f"name-{name.pk}-position": "3"})
    entry = LogEntry.objects.get()
    assert entry.object_id == str(name.pk)
    assert entry.change_message == 'name from "New" to "Fresh"; position from nothing to "3"'
    assert "Fresh" in get_page(client, f"/admin/entities/name/{name.pk}/history/")


def test_nothing_is_saved_or_logged_without_a_change(client: Client) -> None:
    create_name("s1", name="New")
    save(client, {})
    assert not LogEntry.objects.exists()


def test_an_error_is_said_beside_its_field_and_nothing_is_saved(client: Client) -> None:
    one, other = create_name("s1"), create_name("s2")
    response = save(client, {f"name-{one.pk}-name": "New", f"name-{other.pk}-position": "first"})
    page = response.content.decode()
    assert response.status_code == 200
    assert "Enter a whole number." in page
    assert "Nothing was saved." in page
    assert 'value="New"' in page
    assert not Name.objects.exclude(name="").exists()


def test_staff_who_save_at_the_same_time_do_not_undo_each_others_names(client: Client) -> None:
    one, other = create_name("s1"), create_name("s2")
    opened = form_data(get_page(client, url_of()))
    save(log_in_staff(), {f"name-{one.pk}-name": "Theirs"})
    client.post(url_of(), opened | {f"name-{other.pk}-name": "Ours"})
    assert set(Name.objects.values_list("name", flat=True)) == {"Theirs", "Ours"}


def test_a_save_leaves_what_the_vendor_calls_it(client: Client) -> None:
    name = create_name("s1", vendor_name="New", vendor_clock="c")
    save(client, {f"name-{name.pk}-name": "Fresh"})
    name.refresh_from_db()
    assert (name.name, name.vendor_name, name.vendor_clock) == ("Fresh", "New", "c")


def test_a_person_is_tied_to_a_login(client: Client) -> None:
    ada = create_staff_user()
    name = create_name("p1", kind=NameKind.PERSON, vendor_name="Ada")
    assert f'<option value="{ada.username}">' in get_page(client, url_of(NameKind.PERSON))
    save(client, {f"name-{name.pk}-login": ada.username}, NameKind.PERSON)
    name.refresh_from_db()
    assert name.user == ada
    save(client, {f"name-{name.pk}-login": ""}, NameKind.PERSON)
    name.refresh_from_db()
    assert name.user is None


def test_a_login_that_does_not_exist_is_said(client: Client) -> None:
    name = create_name("p1", kind=NameKind.PERSON)
    response = save(client, {f"name-{name.pk}-login": "nobody"}, NameKind.PERSON)
    assert "There is no login &#x27;nobody&#x27;." in response.content.decode()


def test_limited_staff_meet_and_tie_the_logins_of_their_view_alone() -> None:
    source = ensure_source()
    member = limit(create_member("Administrator"), source, "sa_1")
    near = limit(create_member("Viewer"), source, "sa_1")
    far, tied = limit(create_member("Viewer"), source, "sa_2"), create_staff_user()
    free, own = (
        create_name(ref, kind=NameKind.PERSON, scope="sa_1", user=user)
        for ref, user in (("p1", None), ("p2", tied))
    )
    client = log_in(member)
    options = re.findall(r'<option value="([^"]*)">', get_page(client, url_of(NameKind.PERSON)))
    assert set(options) >= {member.username, near.username}
    assert not {far.username, tied.username} & set(options)
    answer = save(client, {f"name-{free.pk}-login": far.username}, NameKind.PERSON)
    assert "There is no login" in answer.content.decode()
    changes = {f"name-{free.pk}-login": near.username, f"name-{own.pk}-name": "Ada"}
    assert save(client, changes, NameKind.PERSON).status_code == 302
    assert dict(Name.objects.values_list("ref", "user")) == {"p1": near.pk, "p2": tied.pk}


def test_only_a_person_has_a_login(client: Client) -> None:
    name = create_name("s1")
    assert f"name-{name.pk}-login" not in get_page(client, url_of())


def test_a_login_that_is_deleted_leaves_the_person(client: Client) -> None:
    name = create_name("p1", kind=NameKind.PERSON, name="Ada", user=create_staff_user())
    User.objects.get(crm_persons=name).delete()
    name.refresh_from_db()
    assert (name.name, name.user) == ("Ada", None)


def test_an_id_gets_a_name_of_its_own_in_a_sub_account(client: Client) -> None:
    create_name("s1", name="New")
    create_name("sa_1", kind=NameKind.SUB_ACCOUNT, name="Dubai Marina")
    data = {"sub-account-ref": "s1", "sub-account-scope": "sa_1", "sub-account-name": "Fresh", "add": "Add"}
    assert client.post(url_of(), data).status_code == 302
    assert Name.objects.get(scope="sa_1").name == "Fresh"
    assert LogEntry.objects.get().change_message == 'name "Fresh"'
    assert "Dubai Marina" in get_page(client, url_of())
    assert "has a row in sa_1 already" in client.post(url_of(), data).content.decode()


@pytest.mark.parametrize(
    ("ref", "scope", "message"),
    [
        ("nope", "sa_1", "No record of this source has the id &#x27;nope&#x27;."),
        ("s1", "nope", "This source has no sub-account &#x27;nope&#x27;."),
        ("", "sa_1", "This field is required."),
    ],
)
def test_a_name_in_a_sub_account_needs_both(client: Client, ref: str, scope: str, message: str) -> None:
    create_name("s1")
    create_name("sa_1", kind=NameKind.SUB_ACCOUNT)
    data = {"sub-account-ref": ref, "sub-account-scope": scope, "sub-account-name": "N", "add": "Add"}
    assert message in client.post(url_of(), data).content.decode()
    assert Name.objects.count() == 2


def test_the_records_that_use_an_id_are_counted(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def counts(kind: str) -> list[str]:
        return re.findall(r'<td class="number">([\d,]+)</td>', get_page(client, url_of(kind)))

    create_name("s1")
    create_name("s1", scope="sa_1", name="There")
    create_name("p1", kind=NameKind.PERSON)
    create_name("sa_1", kind=NameKind.SUB_ACCOUNT)
    create_record(Deal, stage_ref="s1", owner_ref="p1")
    create_record(Lead, stage_ref="s1", scope="sa_1")
    create_record(Invoice, salesperson_ref="p1")
    create_record(Invoice, salesperson_ref="p1", source=ensure_source("other"))
    assert counts(NameKind.STAGE) == ["2", "1"]
    assert counts(NameKind.PERSON) == ["2"]
    assert counts(NameKind.SUB_ACCOUNT) == ["1"]
    monkeypatch.setattr(name_usage, "MAX_COUNTED_RECORDS", 1)
    assert counts(NameKind.PERSON) == ["1"]


def test_the_page_takes_as_many_queries_for_many_ids_as_for_one(client: Client) -> None:
    def count_queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            get_page(client, url_of(NameKind.PERSON))
        return len(captured)

    create_name("sa_1", kind=NameKind.SUB_ACCOUNT)
    create_name("p0", kind=NameKind.PERSON, scope="sa_1", user=create_staff_user())
    for_one = count_queries()
    for number in range(1, 30):
        create_name(f"p{number}", kind=NameKind.PERSON, user=create_staff_user())
    assert count_queries() == for_one <= 14


def test_a_long_list_has_pages(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "PAGE_SIZE", 2)
    for number in range(5):
        create_name(f"s{number}")
    assert "Page 3 of 3, 5 rows" in get_page(client, url_of(), p="3")
    assert re.findall(r"<code>(\w+)</code>", get_page(client, url_of(), p="2")) == ["s2", "s3"]
    assert re.findall(r"<code>(\w+)</code>", get_page(client, url_of(), ref="s4")) == ["s4"]


def test_the_page_is_for_those_who_may_name_things() -> None:
    name = create_name("s1")
    permitted, other = log_in_staff("name_things"), log_in_staff("view_deal")
    addresses = (url_of(), "/admin/entities/name/", f"/admin/entities/name/{name.pk}/history/")
    for address in addresses:
        assert permitted.get(address).status_code == 200, address
        assert other.get(address).status_code == 403, address
        assert Client().get(address).status_code == 302, address
    assert other.post(url_of(), {"row": [name.pk], f"name-{name.pk}-name": "New"}).status_code == 403
    assert permitted.get(f"/admin/entities/name/{name.pk}/change/")["Location"].startswith(url_of())
    assert "Names and order" in get_page(permitted, "/admin/")
    assert "Names and order" not in get_page(other, "/admin/")


def test_an_administrator_of_one_sub_account_sees_no_name_of_another() -> None:
    source = ensure_source()
    member = limit(create_member("Administrator"), source, "sa_1")
    create_name("s1", name="Of all")
    create_name("s1", scope="sa_1", name="Mine")
    other = create_name("s2", scope="sa_2", name="Theirs")
    create_name("sa_2", kind=NameKind.SUB_ACCOUNT)
    create_name("s1", source=ensure_source("elsewhere"), name="Elsewhere")
    client = log_in(member)
    for url in (url_of(), "/admin/entities/name/"):
        page = get_page(client, url)
        assert not {"Of all", "Theirs", "sa_2", "elsewhere"} & set(re.findall(r"[\w ]+", page))
    assert "Mine" in get_page(client, url_of())
    assert client.get(naming_url(ensure_source("elsewhere").pk, NameKind.STAGE)).status_code == 404
    client.post(url_of(), {"row": [other.pk], f"name-{other.pk}-name": "Taken"})
    assert not Name.objects.filter(name="Taken").exists()
    assert (
        "Theirs" not in client.get(f"/admin/entities/name/{other.pk}/history/", follow=True).content.decode()
    )


def test_what_does_not_exist_is_said(client: Client) -> None:
    assert client.get(url_of("colour")).status_code == 404
    assert client.get(naming_url(0, NameKind.STAGE)).status_code == 404
    assert client.get(url_of(), {"q": "x"}).status_code == 400
    assert client.post(url_of(), {"row": "x"}).status_code == 400
    assert client.get("/admin/entities/name/", {"kind": "stage"}).status_code == 400


def test_a_row_of_another_source_or_kind_is_not_saved(client: Client) -> None:
    create_name("s1")
    others = [create_name("p1", kind=NameKind.PERSON), create_name("s1", source=ensure_source("other"))]
    data = {"row": [name.pk for name in others]} | {f"name-{name.pk}-name": "Taken" for name in others}
    client.post(url_of(), data)
    assert not Name.objects.filter(name="Taken").exists()


@pytest.mark.parametrize("junk", ["\x00", "\ud800", "9" * 400, "-1", "x" * 5_000, "\u202e", "1e999"])
def test_junk_in_the_form_is_an_error_beside_its_field_or_a_name(client: Client, junk: str) -> None:
    name = create_name("p1", kind=NameKind.PERSON)
    create_name("sa_1", kind=NameKind.SUB_ACCOUNT)
    text = junk.encode(errors="surrogatepass").decode(errors="replace")
    row = {f"name-{name.pk}-{field}": text for field in ("name", "position", "login")}
    forms = [
        {"row": [name.pk]} | row,
        {f"sub-account-{field}": text for field in ("ref", "scope", "name")} | {"add": "Add"},
    ]
    for form in forms:
        response = client.post(url_of(NameKind.PERSON), form)
        assert response.status_code == 200
        assert "errorlist" in response.content.decode()
