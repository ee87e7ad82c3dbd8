"""Invents sales: deals with their stages, quotations, invoices and payments. Pure."""

from datetime import datetime, timedelta
from typing import Any

from entities.generator import company_words as words
from entities.generator.company_facts import Chronicle, Ref, make_stage
from entities.generator.company_people import Person

# The parts in which an invoice is paid, and how often: at once, in two, in part, not at all.
PAYMENT_PARTS = ((1.0,), (0.4, 0.6), (0.5,), ())
PAYMENT_WEIGHTS = (45, 15, 10, 30)


def tell_deal(chronicle: Chronicle, person: Person, place: int, began: datetime) -> None:
    """Tell of a deal from its beginning to now: won, lost, reopened and won, or still open."""
    deal = chronicle.make_ref("dl", place)
    value = chronicle.random.randrange(2, 400) * 250
    expected = began + timedelta(days=chronicle.random.randrange(20, 120))
    chronicle.add(
        began,
        "deal",
        "created",
        deal,
        title=chronicle.pick(words.DEALS),
        number=f"DL-{deal.number:04}",
        value=value,
        status="open",
        priority=chronicle.pick(words.PRIORITIES),
        pipeline_ref=Ref("pipe", 1),
        expected_close_date=expected.date(),
        origin=person.columns["origin"],
        client=person.client,
        contact=person.contact,
        created_at=began,
        **person.owner_columns,
        **make_stage(words.DEAL_STAGES, 0, words.FIRST_DEAL_STAGE),
    )
    if chronicle.chance(0.5):
        _tell_quotation(chronicle, person, deal, value, chronicle.later(began, 20))
    at = _tell_stages(chronicle, deal, began)
    outcome = chronicle.pick(("won", "lost", "reopened", ""), (40, 18, 7, 35))
    if outcome in ("lost", "reopened"):
        reason = chronicle.pick(words.LOST_REASONS)
        chronicle.add(at, "deal", "lost", deal, status="lost", lost_reason=reason)
    if outcome == "reopened":
        at = chronicle.later(at, 30)
        chronicle.add(at, "deal", "reopened", deal, status="open", lost_reason=None)
        at = chronicle.later(at, 30)
    if outcome in ("won", "reopened"):
        chronicle.add(at, "deal", "won", deal, status="won")
        chronicle.add(at, "contact", "lifecycle", person.contact, lifecycle_stage="customer")
        _tell_invoice(chronicle, person, deal, value, at)


def _tell_stages(chronicle: Chronicle, deal: Ref, at: datetime) -> datetime:
    """Tell of the stages that a deal reaches; return the time at which its outcome is known."""
    for stage in range(1, 1 + chronicle.random.randrange(len(words.DEAL_STAGES))):
        at = chronicle.later(at, 25)
        columns = make_stage(words.DEAL_STAGES, stage, words.FIRST_DEAL_STAGE)
        chronicle.add(at, "deal", "stage", deal, **columns)
    return chronicle.later(at, 40)


def _tell_quotation(chronicle: Chronicle, person: Person, deal: Ref, total: int, at: datetime) -> None:
    quotation = Ref("qt", deal.number)
    chronicle.add(
        at,
        "quotation",
        "created",
        quotation,
        number=f"QT-{deal.number:04}",
        client=person.client,
        client_name=person.client_name,
        deal=deal,
        status="draft",
        total=total,
        created_at=at,
    )
    for status in ("sent", "accepted")[: chronicle.random.randrange(3)]:
        at = chronicle.later(at, 10)
        chronicle.add(at, "quotation", "status", quotation, status=status)


def _tell_invoice(chronicle: Chronicle, person: Person, deal: Ref, total: int, at: datetime) -> None:
    """Tell of the invoice of a deal that was won, and of its payments."""
    invoice = Ref("inv", deal.number)
    currency = chronicle.pick(words.CURRENCIES, (60, 20, 20))
    money = {"currency": currency} if currency else {}
    chronicle.add(
        at,
        "invoice",
        "created",
        invoice,
        number=f"INV-{deal.number:04}",
        client=person.client,
        client_name=person.client_name,
        contact=person.contact,
        status="sent",
        total=total,
        due_date=(at + timedelta(days=30)).date(),
        salesperson_ref=person.owner,
        created_at=at,
        **money,
    )
    parts = chronicle.pick(PAYMENT_PARTS, PAYMENT_WEIGHTS)
    for place, part in enumerate(parts):
        at = chronicle.later(at, 35)
        _tell_payment(chronicle, person, invoice, place, round(total * part, 2), at, money)
    if sum(parts) == 1:
        columns = {"status": "paid", "amount_paid": total, "paid_at": at}
        chronicle.add(at + timedelta(minutes=5), "invoice", "paid", invoice, **columns)


def _tell_payment(
    chronicle: Chronicle,
    person: Person,
    invoice: Ref,
    place: int,
    amount: float,
    at: datetime,
    money: dict[str, Any],
) -> None:
    chronicle.add(
        at,
        "payment",
        "received",
        Ref("pay", invoice.number * 10 + place),
        client=person.client,
        invoice=invoice,
        amount=amount,
        method=chronicle.pick(words.METHODS),
        reference=f"TRX-{invoice.number}{place}",
        paid_at=at,
        created_at=at,
        **money,
    )
