"""Invents people: leads, clients and contacts, some with a form that they sent. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from entities.generator import company_words as words
from entities.generator.company_facts import Chronicle, Ref, make_stage


@dataclass(frozen=True)
class Person:
    """A person of the outside world, and who of the staff looks after him.

    columns: of the person as a contact.
    """

    columns: dict[str, Any]
    is_company: bool
    contact: Ref
    client: Ref
    owner: Ref

    @property
    def name(self) -> str:
        return f"{self.columns['first_name']} {self.columns['last_name']}"

    @property
    def phone(self) -> str:
        return self.columns["phone"]

    @property
    def client_name(self) -> str:
        return self.columns["company_name"] if self.is_company else self.name

    @property
    def owner_columns(self) -> dict[str, Any]:
        return {"owner_ref": self.owner, "owner_name": words.STAFF[self.owner.number - 1]}


def invent_person(chronicle: Chronicle, other_phone: str) -> Person:
    """Return a person; now and then one who shares the phone of the one before."""
    first, last = chronicle.pick(words.FIRST_NAMES), chronicle.pick(words.LAST_NAMES)
    company = chronicle.pick(words.COMPANIES)
    columns = {
        "first_name": first,
        "last_name": last,
        "email": words.make_email(first, last, company, chronicle.number),
        "phone": other_phone
        if other_phone and chronicle.chance(0.06)
        else words.make_phone(chronicle.random),
        "company_name": company,
        "job_title": chronicle.pick(words.JOB_TITLES),
        "origin": chronicle.pick(words.ORIGINS),
    }
    owner = Ref("user", 1 + chronicle.random.randrange(len(words.STAFF)))
    contact, client = chronicle.make_ref("ct"), chronicle.make_ref("cl")
    return Person(columns, chronicle.chance(0.5), contact, client, owner)


def tell_person(chronicle: Chronicle, person: Person, began: datetime, *, has_client: bool) -> None:
    """Tell how a person became a lead, a contact and, if `has_client`, a client."""
    if chronicle.chance(0.3):
        _tell_form(chronicle, person, began)
    _tell_lead(chronicle, person, began, has_client)
    qualified = chronicle.later(began, 20)
    if has_client:
        _tell_client(chronicle, person, began)
    chronicle.add(
        began + timedelta(minutes=1),
        "contact",
        "created",
        person.contact,
        **person.columns,
        **({"client": person.client} if has_client else {}),
        tags=chronicle.random.sample(words.TAGS, chronicle.random.randrange(3)),
        lifecycle_stage="lead",
        created_at=began,
    )
    chronicle.add(qualified, "contact", "lifecycle", person.contact, lifecycle_stage="qualified")
    if chronicle.chance(0.12):
        phone = words.make_phone(chronicle.random)
        chronicle.add(chronicle.later(qualified, 200), "contact", "updated", person.contact, phone=phone)


def _tell_form(chronicle: Chronicle, person: Person, at: datetime) -> None:
    form = Ref("form", 1 + chronicle.random.randrange(len(words.FORMS)))
    chronicle.add(
        at,
        "formsubmission",
        "created",
        chronicle.make_ref("sub"),
        form_ref=form,
        form_name=words.FORMS[form.number - 1],
        contact=person.contact,
        answers={
            "name": person.name,
            "email": person.columns["email"],
            "message": chronicle.pick(words.REQUESTS),
        },
        submitted_at=at,
        created_at=at,
    )


def _tell_lead(chronicle: Chronicle, person: Person, began: datetime, is_qualified: bool) -> None:
    lead = chronicle.make_ref("ld")
    chronicle.add(
        began,
        "lead",
        "created",
        lead,
        name=person.name,
        title=chronicle.pick(words.REQUESTS),
        email=person.columns["email"],
        mobile=person.phone,
        value=chronicle.random.randrange(1, 60) * 500,
        origin=person.columns["origin"],
        created_at=began,
        **person.owner_columns,
        **make_stage(words.LEAD_STAGES, 0, words.FIRST_LEAD_STAGE),
    )
    if is_qualified:
        stage = make_stage(words.LEAD_STAGES, 1, words.FIRST_LEAD_STAGE)
        chronicle.add(chronicle.later(began, 20), "lead", "stage", lead, **stage)


def _tell_client(chronicle: Chronicle, person: Person, at: datetime) -> None:
    names = {} if person.is_company else {name: person.columns[name] for name in ("first_name", "last_name")}
    chronicle.add(
        at,
        "client",
        "created",
        person.client,
        name=person.client_name,
        number=f"CL-{chronicle.number:04}",
        type="company" if person.is_company else "contact",
        email=person.columns["email"],
        phone=person.phone,
        created_at=at,
        **names,
    )
