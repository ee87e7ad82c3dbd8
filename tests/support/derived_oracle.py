"""The part of the oracle that computes the columns that are derived from others, and from other records."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from itertools import pairwise, takewhile
from typing import Any

from tests.support.record_writes import Cells, Key, RecordWrites, column_value


def derive_columns(model: str, record: RecordWrites) -> Cells:
    return _own_event_times(record) | DERIVED.get(model, lambda record: {})(record)


def _own_event_times(record: RecordWrites) -> Cells:
    """Return the times of the first and the last event of the record's own, which alone write `exists`."""
    times = [write.time.isoformat() for write in record.writes.get("exists", ())]
    return {"first_event_at": min(times, default=None), "last_event_at": max(times, default=None)}


def _derive_deal(record: RecordWrites) -> Cells:
    return {
        "closed_at": _start_of_run(record, "won", "lost"),
        "won_at": _start_of_run(record, "won"),
        "lost_at": _start_of_run(record, "lost"),
        "status_since": _start_of_run(record),
        "stage_since": _start_of_stage(record),
    }


def _derive_invoice(record: RecordWrites) -> Cells:
    own = record.newest.get("paid_at")
    return {"paid_at": (column_value(own.value) if own else None) or _start_of_run(record, "paid")}


DERIVED: dict[str, Callable[[RecordWrites], Cells]] = {
    "deal": _derive_deal,
    "lead": lambda record: {"stage_since": _start_of_stage(record)},
    "invoice": _derive_invoice,
}


def derive_from_others(key: Key, own: Cells, records: dict[Key, Cells]) -> Cells:
    """Return the cells that other records have a part in."""
    if key.model != "invoice":
        return {}
    payments = [
        cells
        for other, cells in records.items()
        if (other.source, other.model, other.scope) == (key.source, "payment", key.scope)
        and cells.get("invoice") == key.external_id
    ]
    return {"amount_open": _compute_open_amount(own, payments)}


def _compute_open_amount(invoice: Cells, payments: list[Cells]) -> str | None:
    """Return the total minus what was paid, by the payments or by the vendor's own word."""
    if invoice.get("status") == "paid":
        return "0"
    if invoice.get("total") is None:
        return None
    paid = Decimal(0)
    for payment in payments:
        currencies = {payment.get("currency"), invoice.get("currency")} - {None}
        if not payment["is_deleted"] and len(currencies) < 2:
            paid += Decimal(payment.get("amount") or 0)
    paid = max(paid, Decimal(invoice.get("amount_paid") or 0), Decimal(0))
    return str(max(Decimal(invoice["total"]) - paid, Decimal(0)))


def _start_of_run(record: RecordWrites, *statuses: str) -> str | None:
    """Return when the present unbroken run of one of these statuses began; None if the last is another.

    Without statuses any one counts.
    """
    newest_first = record.writes.get("status", [])[::-1]
    present = column_value(newest_first[0].value) if newest_first else None
    if present is None or (statuses and present not in statuses):
        return None
    run = list(takewhile(lambda write: write.value == present, newest_first))
    return run[-1].time.isoformat()


def _start_of_stage(record: RecordWrites) -> str | None:
    """Return when the record came into its present stage: that of the same id or, without ids, name."""
    writes = [
        (write.order, name, column_value(write.value))
        for name in ("stage_ref", "stage_name")
        for write in record.writes.get(name, ())
    ]
    stages: list[tuple[datetime, Any, Any]] = []
    for order in sorted({order for order, _, _ in writes}):
        _, id, name = stages[-1] if stages else (None, None, None)
        said = {column: value for at, column, value in writes if at == order}
        stages.append((order[0], said.get("stage_ref", id), said.get("stage_name", name)))
    began = None
    for (_, former_id, former_name), (time, id, name) in pairwise([(None, None, None), *stages]):
        if id is None and name is None:
            began = None
            continue
        if id is not None and former_id is not None:
            goes_on = id == former_id
        else:
            goes_on = name is not None and name == former_name
        began = began if began and goes_on else time
    return began.isoformat() if began else None
