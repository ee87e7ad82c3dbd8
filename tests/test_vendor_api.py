"""The vendor's server of the tests (`tests/support/vendor_api`): it must itself do what tests rely on."""

import json
import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
import requests
from standardwebhooks.webhooks import Webhook

from tests.support.vendor_api.api import API_KEY
from tests.support.vendor_api.faults import HUGE_BYTES, Cursors, Fault, ResetUnit
from tests.support.vendor_api.resources import Row, read_exchange
from tests.support.vendor_api.server import VendorServer, run_vendor
from tests.support.vendor_api.webhook_sender import Subscription

pytestmark = pytest.mark.unit

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


class HandClock:
    """A clock that moves by hand only."""

    now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


def get(vendor: VendorServer, path: str, key: str = API_KEY, **query: Any) -> requests.Response:
    return requests.get(f"{vendor.url}{path}", params=query, headers={"x-api-key": key}, timeout=20)


def list_all(vendor: VendorServer, path: str, rows: str = "data", **query: Any) -> list[Row]:
    """Follow the cursors of a list to its end."""
    found: list[Row] = []
    cursor: str | None = ""
    while cursor is not None:
        body = get(vendor, path, **query, cursor=cursor).json()
        found += body[rows]
        cursor = body.get("meta", body)["nextCursor"]
    return found


@pytest.fixture
def vendor() -> Iterator[VendorServer]:
    with run_vendor(requests=1000) as server:
        yield server


@pytest.mark.parametrize(
    ("path", "rows"), [("/v1/leads", "items"), ("/v2/leads", "data"), ("/v2/deals", "data")]
)
def test_the_pages_of_a_list_have_every_record_once(vendor: VendorServer, path: str, rows: str) -> None:
    ids = vendor.records.fill(path.rpartition("/")[2], 25)
    size = {"limit": 10} if "v1" in path else {"pageSize": 10, "orderDir": "asc"}
    assert [row["id"] for row in list_all(vendor, path, rows, **size)] == ids


@pytest.mark.parametrize(
    ("path", "exchange"),
    [
        ("/v1/leads", "v1-leads-list-page1"),
        ("/v1/clients", "v1-clients-list-page1"),
        ("/v2/deals", "v2-deals-list-page1"),
    ],
)
def test_rows_have_the_documented_keys(vendor: VendorServer, path: str, exchange: str) -> None:
    for name in ("leads", "deals", "companies", "contacts"):
        vendor.records.fill(name, 1)
    documented = read_exchange(exchange)["body"]
    answer = get(vendor, path).json()
    assert set(answer) == set(documented)
    rows = next(key for key in ("items", "data") if key in answer)
    assert set(answer[rows][0]) == set(documented[rows][0])


def test_both_versions_share_one_limit_and_say_what_is_left() -> None:
    clock = HandClock()
    with run_vendor(2, 60, clock) as vendor:
        first, second = get(vendor, "/v1/leads"), get(vendor, "/v2/deals")
        assert [answer.headers["RateLimit-Remaining"] for answer in (first, second)] == ["1", "0"]
        refused = get(vendor, "/v2/contacts")
        assert (refused.status_code, refused.json()["error"]["code"]) == (429, "TOO_MANY_REQUESTS")
        assert refused.headers["RateLimit-Reset"] == "61"
        vendor.switches.reset_unit = ResetUnit.EPOCH
        assert get(vendor, "/v1/leads").headers["RateLimit-Reset"] == "1700000061"
        assert len(vendor.log.beyond_limit()) == 2
        clock.now += 61
        assert get(vendor, "/v1/leads").status_code == 200


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        (Fault.THROTTLED, 429, "TOO_MANY_REQUESTS"),
        (Fault.SERVER_ERROR, 500, "INTERNAL_SERVER_ERROR"),
        (Fault.UNAUTHORIZED, 401, "UNAUTHORIZED"),
        (Fault.FORBIDDEN, 403, "FORBIDDEN"),
        (Fault.EXPIRED_CURSOR, 400, "VALIDATION_ERROR"),
    ],
)
def test_a_planned_fault_befalls_the_request_it_is_planned_for(
    vendor: VendorServer, fault: Fault, status: int, code: str
) -> None:
    vendor.api.faults.plan(fault, after=1)
    answers = [get(vendor, "/v2/contacts") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, status, 200]
    assert answers[1].json()["error"]["code"] == code
    assert [request.was_planned for request in vendor.log.requests] == [False, True, False]


def test_html_cut_json_and_a_huge_page_are_answered_with_200(vendor: VendorServer) -> None:
    for fault in (Fault.HTML, Fault.NO_JSON, Fault.HUGE):
        vendor.api.faults.plan(fault, after=[Fault.HTML, Fault.NO_JSON, Fault.HUGE].index(fault))
    html, cut, huge = (get(vendor, "/v1/leads") for _ in range(3))
    assert html.headers["Content-Type"] == "text/html"
    with pytest.raises(requests.JSONDecodeError):
        cut.json()
    assert len(huge.content) > HUGE_BYTES


def test_a_slow_answer_comes_when_the_test_says_so(vendor: VendorServer) -> None:
    vendor.api.faults.plan(Fault.SLOW)
    answer = requests.get(f"{vendor.url}/v1/leads", headers={"x-api-key": API_KEY}, stream=True, timeout=20)
    assert not vendor.api.faults.slow_answers_go_on.is_set()
    vendor.api.faults.slow_answers_go_on.set()
    assert answer.json()["items"] == []


def test_cursors_expire(vendor: VendorServer) -> None:
    vendor.records.fill("deals", 3)
    cursor = get(vendor, "/v2/deals", pageSize=1).json()["meta"]["nextCursor"]
    vendor.api.expire_cursors()
    assert get(vendor, "/v2/deals", pageSize=1, cursor=cursor).status_code == 400
    assert get(vendor, "/v2/deals", pageSize=1, cursor="junk").status_code == 400


def test_cursors_repeat_and_never_end(vendor: VendorServer) -> None:
    vendor.records.fill("deals", 3)
    vendor.switches.cursors = Cursors.REPEATED
    cursor = get(vendor, "/v2/deals", pageSize=1).json()["meta"]["nextCursor"]
    assert get(vendor, "/v2/deals", pageSize=1, cursor=cursor).json()["meta"]["nextCursor"] == cursor
    vendor.switches.cursors = Cursors.ENDLESS
    seen: list[str] = []
    cursor = ""
    for _ in range(8):
        cursor = get(vendor, "/v2/deals", pageSize=1, cursor=cursor).json()["meta"]["nextCursor"]
        seen.append(cursor)
    assert len(set(seen)) == 8


@pytest.mark.parametrize(("cursors", "missed"), [(Cursors.SHIFTING, 1), (Cursors.STEADY, 0)])
def test_shifting_pages_lose_a_record_when_an_earlier_one_is_deleted(
    vendor: VendorServer, cursors: Cursors, missed: int
) -> None:
    ids = vendor.records.fill("deals", 6)
    vendor.switches.cursors = cursors
    first = get(vendor, "/v2/deals", pageSize=3, orderDir="asc").json()
    vendor.records.delete("deals", ids[0])
    query = {"pageSize": 3, "orderDir": "asc", "cursor": first["meta"]["nextCursor"]}
    rows = first["data"] + get(vendor, "/v2/deals", **query).json()["data"]
    assert len(ids) - len({row["id"] for row in rows}) == missed


def test_a_narrowed_key_a_forbidden_kind_and_fields_left_out(vendor: VendorServer) -> None:
    vendor.records.fill("deals", 2)
    vendor.records.add("deals", ownerUserId="usr_mary043")
    vendor.switches.only_owner = "usr_mary043"
    assert len(get(vendor, "/v2/deals").json()["data"]) == 1
    vendor.switches.left_out = frozenset({"price"})
    assert "price" not in get(vendor, "/v2/deals").json()["data"][0]
    vendor.switches.forbidden = frozenset({"deals"})
    assert get(vendor, "/v2/deals").status_code == 403
    assert get(vendor, "/v2/deals", key="wrong").status_code == 401


def test_a_single_record_has_what_a_list_leaves_empty_and_a_deleted_one_is_a_404(
    vendor: VendorServer,
) -> None:
    [quotation] = vendor.records.fill("quotations", 1)
    assert get(vendor, "/v2/quotations").json()["data"][0]["lineItems"] == []
    assert get(vendor, f"/v2/quotations/{quotation}").json()["lineItems"]
    vendor.records.delete("quotations", quotation)
    assert get(vendor, f"/v2/quotations/{quotation}").status_code == 404


def test_the_clock_of_the_date_header_is_off(vendor: VendorServer) -> None:
    vendor.switches.clock_offset = 86_400
    date = parsedate_to_datetime(get(vendor, "/v1/leads").headers["Date"])
    assert (date - datetime.now(UTC)).total_seconds() > 80_000


def test_pages_by_number_end_where_the_total_says(vendor: VendorServer) -> None:
    vendor.records.fill("leads", 3)
    vendor.switches.has_page_numbers = True
    second = get(vendor, "/v1/leads", pageNo=2, pageSize=2).json()
    assert (len(second["items"]), second["meta"]["total"]) == (1, 3)


def test_a_killed_vendor_comes_back_with_its_records(vendor: VendorServer) -> None:
    vendor.records.fill("leads", 1)
    vendor.kill()
    with pytest.raises(requests.ConnectionError):
        get(vendor, "/v1/leads")
    vendor.start()
    assert len(get(vendor, "/v1/leads").json()["items"]) == 1


def test_changes_become_signed_webhooks_which_are_sent_until_they_are_accepted(vendor: VendorServer) -> None:
    with run_receiver(refused=1) as (url, received):
        vendor.webhooks.subscription = Subscription(url, SECRET)
        company = vendor.records.add("companies")
        vendor.records.change("companies", company, email=None)
        vendor.records.delete("companies", company)
        vendor.records.add("tasks")
        vendor.webhooks.drain()
    bodies = [json.loads(body) for body in dict.fromkeys(received.queue)]
    assert [body["event"] for body in bodies] == ["client.created", "client.updated", "client.deleted"]
    assert {body["payload"]["id"] for body in bodies} == {company.replace("clt_", "cl_")}
    assert len(received.queue) == 4


def test_withheld_webhooks_are_never_sent(vendor: VendorServer) -> None:
    vendor.webhooks.subscription = Subscription("http://127.0.0.1:9/", SECRET)
    vendor.webhooks.withholds = lambda change: True
    vendor.records.add("leads")
    vendor.webhooks.drain()
    assert [change.verb for change in vendor.webhooks.withheld] == ["created"]


def test_a_subscription_gets_the_secret_once(vendor: VendorServer) -> None:
    asked = {"name": "CRM mirror", "url": "http://127.0.0.1:9/", "events": ["lead.created"]}
    headers = {"x-api-key": API_KEY}
    answer = requests.post(f"{vendor.url}/v1/webhooks", json=asked, headers=headers, timeout=20).json()
    subscription = vendor.webhooks.subscription
    assert subscription == Subscription(asked["url"], answer["secret"], ("lead.created",))  # type: ignore[arg-type]


@contextmanager
def run_receiver(refused: int) -> Iterator[tuple[str, queue.Queue[bytes]]]:
    """Run a server that verifies webhooks, and refuses the first ones; yield its address and their bodies."""
    received: queue.Queue[bytes] = queue.Queue()

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            Webhook(SECRET).verify(body, dict(self.headers.items()))
            received.put(body)
            self.send_response(202 if received.qsize() > refused else 503)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Receiver) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/", received
        finally:
            server.shutdown()
