"""The table of the admin's navigation: its groups by what people do, and the links of each."""

from dataclasses import dataclass

from entities.access.permissions import MANAGE_PEOPLE, NAME_THINGS


@dataclass(frozen=True)
class Entry:
    """A link of the navigation.

    url_name: of the page, in the admin's namespace.
    permission: without it the user may not open the page, and the entry is left out; empty if all staff may.
    count: the field of `events.reports.operator_counts.OperatorCounts` that is shown beside the label.
    counted: what it counts, in words that follow the number.
    """

    label: str
    url_name: str
    permission: str = ""
    count: str = ""
    counted: str = ""


@dataclass(frozen=True)
class Group:
    """Links that belong together. title: empty for those at the top.

    has_pinned_views: the saved views that the user has pinned come first.
    """

    title: str
    entries: tuple[Entry, ...]
    has_pinned_views: bool = False


def list_entry(label: str, model: str) -> Entry:
    """Make the entry of a model's list. model: such as `entities.deal`."""
    app, _, name = model.partition(".")
    return Entry(label, f"{app}_{name}_changelist", f"{app}.view_{name}")


NAVIGATION = (
    Group("", (Entry("Home", "index"), Entry("Agenda", "agenda", "entities.view_appointment"))),
    Group(
        "People",
        (
            list_entry("Contacts", "entities.contact"),
            list_entry("Clients", "entities.client"),
            list_entry("Leads", "entities.lead"),
            Entry("Conversations", "conversations", "entities.view_message"),
        ),
    ),
    Group(
        "Sales",
        (
            Entry("Board", "board", "entities.view_deal"),
            list_entry("Deals", "entities.deal"),
            list_entry("Quotations", "entities.quotation"),
        ),
    ),
    Group(
        "Money",
        (
            list_entry("Invoices", "entities.invoice"),
            list_entry("Payments", "entities.payment"),
            Entry("Overdue by client", "overdue", "entities.view_invoice"),
        ),
    ),
    Group(
        "Activity",
        (
            list_entry("Appointments", "entities.appointment"),
            list_entry("Tasks", "entities.task"),
            list_entry("Messages", "entities.message"),
            list_entry("Form submissions", "entities.formsubmission"),
        ),
    ),
    Group("My views", (Entry("All my views", "saved_views"),), has_pinned_views=True),
    Group(
        "Mirror",
        (
            list_entry("Events", "events.event"),
            Entry("Failed", "events_event_failed", "events.view_event", "failed", "failed or malformed"),
            Entry(
                "Refused",
                "events_refusal_changelist",
                "events.view_refusal",
                "refused",
                "refused in 24 hours",
            ),
            Entry("Drift", "events_event_drift", "events.view_event", "drift", "unknown event types"),
            list_entry("Sources", "events.source"),
        ),
    ),
    Group(
        "Settings",
        (
            Entry("Names and order", "entities_name_changelist", NAME_THINGS),
            list_entry("Sub-accounts", "entities.subaccount"),
            list_entry("Users", "auth.user"),
            list_entry("Roles", "auth.group"),
            list_entry("API tokens", "entities.apitoken"),
            Entry("Audit log", "entities_auditentry_changelist", MANAGE_PEOPLE),
        ),
    ),
)
