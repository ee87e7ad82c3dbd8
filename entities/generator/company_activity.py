"""Invents activity: conversations with both sides, appointments in the past and around now, tasks. Pure."""

from datetime import datetime, timedelta

from entities.generator import company_words as words
from entities.generator.company_facts import Chronicle, Ref
from entities.generator.company_people import Person

MAX_LINES = 10


def tell_conversation(chronicle: Chronicle, person: Person, place: int, at: datetime) -> None:
    """Tell of a conversation: the person writes first, and is mostly answered."""
    conversation = chronicle.make_ref("conv", place)
    columns = {"conversation_ref": conversation, "channel": chronicle.pick(words.CHANNELS)}
    for line in range(chronicle.random.randrange(1, MAX_LINES)):
        at = chronicle.later(at, 2 if line % 2 else 0.3)
        message = Ref("msg", conversation.number * MAX_LINES + line)
        if line % 2 == 0 or chronicle.chance(0.2):
            chronicle.add(
                at,
                "message",
                "received",
                message,
                **columns,
                contact=person.contact,
                direction="inbound",
                body=chronicle.pick(words.MESSAGES),
                from_address=person.phone,
                occurred_at=at,
            )
            continue
        provider = f"SM{message.number:016x}"
        chronicle.add(at, "message", "sent", message, **columns, status="sent", provider_ref=provider)
        verb = "failed" if chronicle.chance(0.05) else "delivered"
        chronicle.add(at + timedelta(seconds=4), "message", verb, message, status=verb)


def tell_appointment(chronicle: Chronicle, person: Person, place: int, began: datetime) -> None:
    """Tell of an appointment: in the past, or within two weeks from now."""
    appointment = chronicle.make_ref("appt", place)
    is_near = chronicle.chance(0.3)
    days = chronicle.random.uniform(-2, 14) if is_near else -chronicle.random.uniform(2, 300)
    starts = max(began, chronicle.now + timedelta(days=days))
    starts = starts.replace(hour=5 + chronicle.random.randrange(9), minute=0, second=0, microsecond=0)
    booked = min(starts - timedelta(days=chronicle.random.uniform(1, 9)), chronicle.now)
    kind = Ref("type", 1 + chronicle.random.randrange(len(words.APPOINTMENTS)))
    chronicle.add(
        booked,
        "appointment",
        "created",
        appointment,
        title=words.APPOINTMENTS[kind.number - 1],
        contact=person.contact,
        calendar_ref=Ref("cal", chronicle.sub_account.number),
        type_ref=kind,
        starts_at=starts,
        ends_at=starts + timedelta(minutes=30),
        status="scheduled",
    )
    if chronicle.chance(0.5):
        chronicle.add(
            booked + timedelta(hours=3), "appointment", "confirmed", appointment, status="confirmed"
        )
    outcome = chronicle.pick(("completed", "no_show", "cancelled"), (70, 15, 15))
    chronicle.add(starts + timedelta(hours=1), "appointment", outcome, appointment, status=outcome)


def tell_task(chronicle: Chronicle, person: Person, place: int, began: datetime) -> None:
    """Tell of a task: done, open, or overdue."""
    task = chronicle.make_ref("task", place)
    due = max(began, chronicle.now + timedelta(days=chronicle.random.uniform(-60, 10)))
    created = min(due - timedelta(days=chronicle.random.uniform(1, 10)), chronicle.now)
    chronicle.add(
        created,
        "task",
        "created",
        task,
        title=chronicle.pick(words.TASKS),
        contact=person.contact,
        status="todo",
        priority=chronicle.pick(words.PRIORITIES),
        due_at=due,
        assignee_ref=person.owner,
    )
    if chronicle.chance(0.7):
        done = chronicle.later(created, 15)
        chronicle.add(done, "task", "completed", task, status="completed", completed_at=done)
