"""The values that generated events are made of: names, texts, amounts, invalid values, unknown keys."""

from typing import Any

FIRST_NAMES = ("Jane", "Aisha", "Tomás", "Mei", "Oluwaseun", "Zoë")
LAST_NAMES = ("Doe", "Rahman", "Silva", "Chen", "Adeyemi", "van der Berg")
COMPANIES = ("Acme Inc.", "Globex GmbH", "Initech", "Umbrella & Sons", "Stark Tools")
SUBJECTS = ("Website redesign", "Enterprise license", "Follow-up call", "Annual audit", "Product demo")

# Column -> values that the generator chooses from. The order matters: a seed gives the same events for ever.
COLUMN_VALUES: dict[str, tuple[Any, ...]] = {
    "first_name": FIRST_NAMES,
    "last_name": LAST_NAMES,
    "name": COMPANIES,
    "client_name": COMPANIES,
    "company_name": COMPANIES,
    "title": SUBJECTS,
    "email": ("jane@example.com", "mei.chen@example.org", "sales@acme.example"),
    "phone": ("+15551234567", "+442079460123", "+97142345678"),
    "mobile": ("+15551234567", "+971501234567"),
    "website": ("https://acme.example", "https://globex.example"),
    "stage_name": ("New", "Qualified", "Proposal", "Negotiation"),
    "lifecycle_stage": ("lead", "qualified", "customer"),
    "origin": ("Website", "Referral", "api", "Cold call"),
    "priority": ("LOW", "MEDIUM", "HIGH"),
    "status": ("ACTIVE", "open", "WON", "LOST", "draft", "SENT", "paid", "completed", "scheduled"),
    "channel": ("sms", "email", "messenger", "live_chat"),
    "direction": ("inbound", "outbound"),
    "currency": ("usd", "EUR", "aed", "KWD"),
    "type": ("company", "contact"),
    "body": ("Hi, I'd like to schedule an appointment", "Thanks! 👍", "=1+1", ""),
}
# Members of set columns.
LABELS = ("vip", "website-lead", "newsletter", "überfällig")
# By which vendors say that a value was cleared.
EMPTY_TEXTS = ("", " ", "\u200f")
# What a text that was copied out of a document may have before and after it: white space, a byte order mark,
# and marks that turn the direction of text.
INVISIBLE_ENDS = ("", "\u200f", "\u202c", "\ufeff ", "\u00a0")
# Values that most columns cannot hold, of kinds that vendors do send.
INVALID_VALUES: tuple[Any, ...] = (
    True,
    "not a date",
    "1e999",
    -1.5,
    {"nested": [1, None]},
    [],
    "x" * 300,
    "\x00",
    "\ud800",
    10**30,
)
# Values of a flag that says whether something has ended.
FLAGS: tuple[Any, ...] = (True, True, "true", False, None, "soon")
# Items of a list of events that are none. The first is no event of any vendor.
NO_EVENTS: tuple[Any, ...] = ({}, None, [], {"id": "x"})
# Keys that no vendor's module names.
UNKNOWN_KEYS = ("score", "utmCampaign", "internalNote", "x+flag")
# More of them than a record keeps, if a test bounds it to a few.
CROWD_OF_KEYS = tuple(f"custom_{number}" for number in range(8))
UNKNOWN_VALUES: tuple[Any, ...] = (None, 7, 1.25, "a", {"b": [1]})
# Values of text columns that have no values of their own above.
TEXTS: tuple[Any, ...] = ("alpha", "beta", "gamma", 42, "ünï", "ref_1")
AMOUNTS: tuple[Any, ...] = (0, 5000, 25000, 99.95, "1250.5")
