"""Events, refusals and a source whose texts are as long and as odd as their columns take."""

import json

from django.utils import timezone

from events.models import Event, Refusal, RefusalCount, Source
from tests.support.staff_client import ensure_source, store_and_apply, store_delivery

LONG = "W" * 10_000
MARKUP = "<script>document.title='owned'</script>\u202e"


def store_hostile_events() -> dict[str, Event]:
    """Store them; return what is odd about each event -> the event."""
    store_and_apply("deal.updated", {"id": "dl_1", "title": LONG[:250], "k" * 190: 1, MARKUP: 1})
    events = {
        "a long reason": store_and_apply("deal.created", {"title": "x"}),
        "many warnings": store_and_apply("deal.created", {"id": "dl_2", "title": "x"}),
        "a long type": store_and_apply(f"deal.{LONG}", {"id": "dl_3"}),
        "a large body that breaks off": store_delivery(
            json.dumps({"event": "deal.created", "payload": {"text": LONG * 80}}).encode()[:-3]
        ),
        "many keys and no type": store_delivery(
            json.dumps({f"{'k' * 50}{n}": n for n in range(10_000)}).encode()
        ),
        "nothing but zeros": store_delivery(bytes(800_000)),
        "no text": store_delivery(b'{"event": "' + b"\xff" * 800_000),
    }
    _update(events["a long reason"], error=f"{LONG}{MARKUP}")
    _update(events["many warnings"], warnings=[f"{number}: {LONG[:300]}{MARKUP}" for number in range(2_000)])
    source = ensure_source("acme-heffl")
    Source.objects.filter(pk=source.pk).update(label="L" * 100)
    Refusal.objects.create(source=source, reason="W" * 200, detail=LONG + MARKUP, refused_at=timezone.now())
    hour = timezone.now().replace(minute=0, second=0, microsecond=0)
    RefusalCount.objects.create(source=source, reason="W" * 200, hour=hour, count=10**15)
    return events


def _update(event: Event, **columns: object) -> None:
    Event.objects.filter(pk=event.pk).update(**columns)
