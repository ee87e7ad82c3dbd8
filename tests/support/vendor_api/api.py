"""The vendor's API without HTTP: from a request to an answer. Its rate limit, keys and faults are here."""

import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.support.vendor_api.faults import (
    DOCUMENTED_ERRORS,
    HTML_PAGE,
    HUGE_BYTES,
    Fault,
    PlannedFaults,
    ResetUnit,
    Switches,
)
from tests.support.vendor_api.listing import MAX_PAGE_SIZE, BadCursor, Order, Page, make_page
from tests.support.vendor_api.records import VendorRecords
from tests.support.vendor_api.request_log import LimitState, LoggedRequest, RequestLimit, RequestLog
from tests.support.vendor_api.resources import (
    REFERENCE_LISTS,
    RESOURCES,
    V1_LISTS,
    Row,
    read_exchange,
    shape_v1,
    shape_v2_row,
)
from tests.support.vendor_api.webhook_sender import Subscription

API_KEY = "heffl_user_EXAMPLE0000000000000000"
ORDERS = ("createdAt", "date", "number", "position", "expectedCloseDate", "expiryDate", "price")
JSON_TYPE = "application/json; charset=utf-8"


@dataclass(frozen=True)
class ApiRequest:
    """A request. path: without the query."""

    method: str
    path: str
    query: Mapping[str, str]
    key: str
    body: bytes = b""


@dataclass(frozen=True)
class ApiAnswer:
    """An answer. waits: whether it is held back after its headers. hangs_up: whether it is cut after them."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=lambda: {"Content-Type": JSON_TYPE})
    waits: bool = False
    hangs_up: bool = False


class ApiError(Exception):
    """A documented error, by the name of its exchange, or with a message of its own."""

    def __init__(self, exchange: str, message: str = "") -> None:
        super().__init__(exchange)
        self.exchange, self.message = exchange, message

    @property
    def answer(self) -> ApiAnswer:
        documented = read_exchange(self.exchange)
        body = json.loads(json.dumps(documented["body"]))
        if self.message:
            (body.get("error") or body)["message"] = self.message
        return ApiAnswer(documented["status"], json.dumps(body).encode())


@dataclass
class VendorApi:
    """The API of one account, with one key. generation: raise it, and all cursors so far have expired.

    public_url: what subscriptions are made at; on_subscribe: called with each.
    """

    records: VendorRecords
    limit: RequestLimit
    key: str = API_KEY
    switches: Switches = field(default_factory=Switches)
    faults: PlannedFaults = field(default_factory=PlannedFaults)
    log: RequestLog = field(default_factory=RequestLog)
    on_subscribe: Callable[[Subscription], None] = lambda subscription: None
    generation: int = 0

    def expire_cursors(self) -> None:
        """Refuse all cursors that were given out so far."""
        self.generation += 1

    def answer(self, request: ApiRequest) -> ApiAnswer:
        """Answer a request, and log it."""
        state = self.limit.take()
        fault = self.faults.next_fault() if state.is_allowed else None
        answer = self._answer(request, state, fault)
        self.log.add(
            LoggedRequest(
                request.method,
                request.path,
                request.query.get("cursor") or request.query.get("pageNo", ""),
                answer.status,
                self.limit.clock(),
                was_planned=fault is not None,
                within_limit=state.is_allowed,
            )
        )
        return ApiAnswer(
            answer.status,
            answer.body,
            {**answer.headers, **self._limit_headers(state, fault)},
            answer.waits,
            answer.hangs_up,
        )

    def _answer(self, request: ApiRequest, state: LimitState, fault: Fault | None) -> ApiAnswer:
        _, _, version, *place = request.path.split("/")
        is_v1 = version == "v1"
        try:
            if not state.is_allowed:
                raise ApiError("v1-error-429" if is_v1 else "v2-error-429")
            if fault is not None and fault in DOCUMENTED_ERRORS:
                raise ApiError(DOCUMENTED_ERRORS[fault][0 if is_v1 else 1])
            if request.key != self.key:
                raise ApiError("v1-error-401" if is_v1 else "v2-error-401")
            if version not in ("v1", "v2") or not place:
                raise ApiError("v1-lead-get-404", "Not found")
            answer = self._serve(request, is_v1, place)
        except ApiError as error:
            return error.answer
        return FAULTY_ANSWERS[fault](answer) if fault else answer

    def _serve(self, request: ApiRequest, is_v1: bool, place: list[str]) -> ApiAnswer:
        name, record_id = place[0], "".join(place[1:])
        if request.method == "POST" and is_v1 and name == "webhooks":
            return self._subscribe(request)
        if name in self.switches.forbidden:
            raise ApiError(
                "v1-error-403" if is_v1 else "v2-error-403", f"You do not have permission to view {name}"
            )
        if request.method == "GET" and record_id:
            return self._get_record(is_v1, name, record_id)
        if request.method == "GET" and is_v1 and name in V1_LISTS:
            return self._list_v1(request, name)
        if request.method == "GET" and not is_v1 and name in RESOURCES:
            return self._list_v2(request, name)
        if request.method == "GET" and name in REFERENCE_LISTS:
            return _json({"items" if is_v1 else "data": list(REFERENCE_LISTS[name])})
        raise ApiError("v1-lead-get-404" if is_v1 else "v2-error-404", "Not found")

    def _list_v1(self, request: ApiRequest, name: str) -> ApiAnswer:
        rows = [
            (record, self._leave_out(shape_v1(RESOURCES[kind], record)))
            for kind in V1_LISTS[name]
            for record in self._visible(kind)
        ]
        shaped = [row | {"createdAt": record["createdAt"]} for record, row in rows]
        if self.switches.has_page_numbers:
            number, size = _read_number(request, "pageNo", 1), _read_number(request, "pageSize", 50)
            items = Order().sort(shaped)[(number - 1) * size : number * size]
            meta = {"count": len(items), "total": len(shaped), "pageNo": number, "pageSize": size}
            return _json({"items": items, "meta": meta})
        page = self._make_page(request, shaped, _read_number(request, "limit", 50), Order(), "v1-error-400")
        return _json(
            {"items": page.rows, "nextCursor": page.next_cursor, "hasMore": page.next_cursor is not None}
        )

    def _list_v2(self, request: ApiRequest, name: str) -> ApiAnswer:
        key, direction = request.query.get("orderBy", "createdAt"), request.query.get("orderDir", "desc")
        if key not in ORDERS or direction not in ("asc", "desc"):
            raise ApiError("v2-error-400-validation", f"Cannot order by {key} {direction}")
        rows = [shape_v2_row(RESOURCES[name], record) for record in self._visible(name)]
        size = _read_number(request, "pageSize", 25)
        page = self._make_page(
            request, rows, size, Order(key, direction == "desc"), "v2-error-400-validation"
        )
        meta = {"nextCursor": page.next_cursor, "hasMore": page.next_cursor is not None}
        return _json({"data": [self._leave_out(row) for row in page.rows], "meta": meta})

    def _get_record(self, is_v1: bool, name: str, record_id: str) -> ApiAnswer:
        kinds = V1_LISTS.get(name, ()) if is_v1 else (name,) if name in RESOURCES else ()
        for kind in kinds:
            record = self.records.find(kind, record_id)
            if record and self._sees(record):
                return _json(shape_v1(RESOURCES[kind], record) if is_v1 else record)
        raise ApiError("v1-lead-get-404" if is_v1 else "v2-error-404")

    def _subscribe(self, request: ApiRequest) -> ApiAnswer:
        try:
            asked = json.loads(request.body)
            subscription = Subscription(
                asked["url"], "whsec_" + secrets.token_hex(16), tuple(asked["events"])
            )
        except (ValueError, KeyError, TypeError):
            raise ApiError("v1-error-400", "name, url and events are required") from None
        self.on_subscribe(subscription)
        documented = read_exchange("v1-webhook-subscribe")["body"]
        given = {"id": f"whe_{secrets.token_hex(3)}", "name": asked.get("name"), "url": subscription.url}
        return _json(documented | given | {"events": subscription.events, "secret": subscription.secret})

    def _make_page(self, request: ApiRequest, rows: list[Row], size: int, order: Order, refusal: str) -> Page:
        if not 0 < size <= MAX_PAGE_SIZE:
            raise ApiError(refusal, f"A page has 1 to {MAX_PAGE_SIZE} rows")
        try:
            cursor = request.query.get("cursor", "")
            return make_page(rows, cursor, size, order, self.switches.cursors, self.generation)
        except BadCursor:
            raise ApiError(refusal, "Invalid or expired cursor") from None

    def _visible(self, kind: str) -> list[Row]:
        return [record for record in self.records.list_records(kind) if self._sees(record)]

    def _sees(self, record: Row) -> bool:
        owner = self.switches.only_owner
        return not owner or record.get("ownerUserId", owner) == owner

    def _leave_out(self, row: Row) -> Row:
        return {key: value for key, value in row.items() if key not in self.switches.left_out}

    def _limit_headers(self, state: LimitState, fault: Fault | None) -> dict[str, str]:
        if not self.switches.has_limit_headers:
            return {}
        is_epoch = self.switches.reset_unit is ResetUnit.EPOCH
        # Rounded up: who waits for so long comes late enough.
        reset = state.reset if is_epoch else state.reset - self.limit.clock()
        remaining = 0 if fault is Fault.THROTTLED else state.remaining
        return {
            "RateLimit-Limit": str(self.limit.requests),
            "RateLimit-Remaining": str(remaining),
            "RateLimit-Reset": str(max(1, int(reset) + 1)),
        }


def _json(value: Any) -> ApiAnswer:
    return ApiAnswer(200, json.dumps(value).encode())


def _read_number(request: ApiRequest, name: str, default: int) -> int:
    text = request.query.get(name, "")
    return int(text) if text.isascii() and text.isdigit() else 0 if text else default


def _replace_body(body: bytes, content_type: str = JSON_TYPE) -> Callable[[ApiAnswer], ApiAnswer]:
    return lambda answer: ApiAnswer(200, body, {"Content-Type": content_type})


# The faults of answers that would have been right otherwise.
FAULTY_ANSWERS: Mapping[Fault, Callable[[ApiAnswer], ApiAnswer]] = {
    Fault.HTML: _replace_body(HTML_PAGE, "text/html"),
    Fault.NO_JSON: _replace_body(b'{"items": ['),
    Fault.UNKNOWN_SHAPE: _replace_body(b'{"results": [{"secretName": "Jane"}], "paging": {}}'),
    Fault.HUGE: lambda answer: ApiAnswer(200, answer.body + b" " * HUGE_BYTES),
    Fault.SLOW: lambda answer: ApiAnswer(answer.status, answer.body, answer.headers, waits=True),
    Fault.HANGS_UP: lambda answer: ApiAnswer(answer.status, answer.body, answer.headers, hangs_up=True),
}
