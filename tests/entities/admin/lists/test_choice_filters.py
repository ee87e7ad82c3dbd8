"""The choices of the filters of a list: words in use, ids by their names, sub-accounts."""

import re
from html import unescape

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from entities.models import AccessLimit, Deal, Message, SubAccount, Task, Word
from entities.models import Client as ClientRecord
from events.models import Source
from tests.support.api_client import create_record, ensure_source
from tests.support.named_ids import create_name
from tests.support.staff_client import get_page, list_url, store_and_apply

pytestmark = pytest.mark.django_db


def add_word(
    field: str, word: str, record_type: str = "deal", scope: str = "", source: Source | None = None
) -> None:
    Word.objects.create(
        source=source or ensure_source(), scope=scope, record_type=record_type, field=field, word=word
    )


def list_options(page: str, name: str) -> dict[str, str]:
    """Return value -> label of the choices of a select."""
    select = page[page.index(f'<select name="{name}">') :]
    options = re.findall(
        r'<option value="(.*?)"(?: selected)?>(.*?)</option>', select[: select.index("</select>")]
    )
    return {unescape(value): unescape(label) for value, label in options}


def list_queries(client: Client, url: str) -> list[str]:
    with CaptureQueriesContext(connection) as captured:
        get_page(client, url)
    return [query["sql"] for query in captured]


def log_in_limited(*limits: tuple[Source, str]) -> Client:
    """Return the browser of somebody who sees deals of these sources and sub-accounts only."""
    user = User.objects.create_user("limited", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename="view_deal"))
    for source, scope in limits:
        AccessLimit.objects.create(user=user, source=source, scope=scope)
    client = Client()
    client.force_login(user)
    return client


def test_every_word_that_an_event_said_is_offered(client: Client) -> None:
    store_and_apply("deal.created", {"id": "d1", "title": "Audit", "status": "On hold", "priority": "urgent"})
    page = get_page(client, list_url(Deal))
    assert list_options(page, "status") == {"": "any"} | {
        word: word for word in ("open", "won", "lost", "abandoned", "on hold")
    }
    assert list_options(page, "priority") == {"": "any", "urgent": "urgent"}
    assert "Audit" in get_page(client, list_url(Deal), priority="urgent", status="on hold")


def test_a_word_that_nobody_said_is_refused(client: Client) -> None:
    add_word("priority", "high")
    answer = client.get(list_url(Deal), {"priority": "hgih"})
    assert answer.status_code == 400
    assert (
        "The filter &#x27;priority&#x27; has no choice &#x27;hgih&#x27;; it has: high"
        in answer.content.decode()
    )
    assert client.get(list_url(Deal), {"origin": "web"}).status_code == 400


def test_a_filter_without_a_word_in_use_is_not_shown(client: Client) -> None:
    assert 'name="origin"' not in get_page(client, list_url(Deal))
    assert 'name="stage_ref"' not in get_page(client, list_url(Deal))
    add_word("origin", "web")
    assert 'name="origin"' in get_page(client, list_url(Deal))
    assert 'name="origin"' not in get_page(client, list_url(Task))


def test_ids_are_offered_by_their_names_in_the_order_of_these(client: Client) -> None:
    for ref in ("s1", "s2", "s3"):
        add_word("stage_ref", ref)
    create_name("s1", name="Won over")
    create_name("s2", vendor_name="Agreed", vendor_clock="c")
    create_record(Deal, title="Mine", stage_ref="s1")
    create_record(Deal, title="Theirs", stage_ref="s2")
    page = get_page(client, list_url(Deal))
    options = list_options(page, "stage_ref")
    assert list(options.items()) == [
        ("", "any"),
        ("s2", "Agreed"),
        ("s3", "s3 (unnamed)"),
        ("s1", "Won over"),
    ]
    page = get_page(client, list_url(Deal), stage_ref="s1")
    assert "Mine" in page
    assert "Theirs" not in page
    assert "Stage: Won over" in page


def test_an_id_with_two_names_is_offered_by_both(client: Client) -> None:
    for scope, name in (("sa_1", "New"), ("sa_2", "Cold")):
        add_word("stage_ref", "s1", scope=scope)
        create_name("s1", scope=scope, name=name)
    assert list_options(get_page(client, list_url(Deal)), "stage_ref")["s1"] == "Cold or New"


def test_an_id_that_nobody_uses_shows_no_rows_and_says_so(client: Client) -> None:
    create_record(Deal, title="Mine", stage_ref="s1")
    page = get_page(client, list_url(Deal), stage_ref="nonsense")
    assert "Mine" not in page
    assert "Stage: nonsense (unknown)" in page


def test_sub_accounts_are_offered_by_name(client: Client) -> None:
    dubai = create_record(SubAccount, external_id="sa_1")
    create_name("sa_1", kind="sub-account", name="Dubai Marina")
    create_record(Deal, title="Mine", sub_account=dubai, scope="sa_1")
    create_record(Deal, title="Theirs")
    options = list_options(get_page(client, list_url(Deal)), "sub_account")
    assert options == {"": "any", str(dubai.pk): "Dubai Marina"}
    page = get_page(client, list_url(Deal), sub_account=dubai.pk, columns="sub_account")
    assert "Mine" in page
    assert "Theirs" not in page
    assert "Sub-account: Dubai Marina" in page
    answer = client.get(list_url(Deal), {"sub_account": "Dubai"})
    assert answer.status_code == 400
    assert "takes a record&#x27;s number, not &#x27;Dubai&#x27;" in answer.content.decode()


def test_only_words_of_what_a_viewer_sees_are_offered() -> None:
    mine, theirs = ensure_source("mine"), ensure_source("theirs")
    for source, scope, word in ((mine, "", "whole"), (theirs, "sa_1", "seen"), (theirs, "sa_2", "hidden")):
        add_word("priority", word, source=source, scope=scope)
        create_record(SubAccount, source=source, external_id=scope or "none")
    add_word("stage_ref", "secret", source=theirs, scope="sa_2")
    page = get_page(log_in_limited((mine, ""), (theirs, "sa_1")), list_url(Deal))
    assert list_options(page, "priority") == {"": "any", "seen": "seen", "whole": "whole"}
    assert len(list_options(page, "sub_account")) == 3
    assert "secret" not in page


@pytest.mark.parametrize("model", [Deal, Message, Task, ClientRecord])
def test_the_choices_take_one_query_whatever_their_number(model: type[Deal], client: Client) -> None:
    create_record(model)
    few = list_queries(client, list_url(model))
    for number in range(30):
        for field in (*model.word_columns, "stage_ref", "owner_ref", "assignee_ref"):
            add_word(field, f"w{number}", str(model._meta.model_name), scope=f"sa_{number}")
        create_record(SubAccount, external_id=f"sa_{number}")
    many = list_queries(client, list_url(model))
    assert len(few) <= len(many) <= len(few) + 1 <= 12
    assert sum('"entities_word"' in sql for sql in many) == 1
