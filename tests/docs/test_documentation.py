"""The documents say what the program does: every link, path, setting, command, answer and folder in them.

Each test compares a document with the code, in both directions if both can be listed.
"""

import argparse
import re
from collections.abc import Collection, Iterator
from dataclasses import fields
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from django.core.management import get_commands, load_command_class

from crmmirror.api_urls import VIEWSETS
from entities.checks import check_vendors
from entities.management.reading_report import describe_body
from entities.vendor_language import Entity, EventType, Vendor
from entities.vendors import get_vendor
from events.endpoint.views import STATUS_CODES
from events.models import Scheme
from events.monitoring.metrics import PROCESS_REGISTRY
from events.refusals.responses import PROBLEMS
from tests.support import markdown, third_vendor
from tests.support.paths import PROJECT
from tests.support.setting_names import settings_of_the_code

PACKAGES = ("crmmirror", "events", "entities")
OPTION = re.compile(r"--[a-z][a-z-]*")
ARGUMENT = re.compile(r"--[a-z][a-z-]*|[A-Z]+")
# A path of the checkout, as a code span holds it: `events/tasks.py`, `events/admin/`.
CHECKOUT_PATH = re.compile(r"(crmmirror|events|entities|tests|bench|docs)(/[\w.-]+)*/?")
DECISION_HEADINGS = ["Context", "Decision", "Consequences", "What would change it"]


def assert_same(documented: Collection[str], existing: Collection[str], document: str, what: str) -> None:
    missing, stale = sorted(set(existing) - set(documented)), sorted(set(documented) - set(existing))
    assert not missing, f"{document} does not name the {what} {', '.join(missing)}: add a row or a section."
    assert not stale, f"{document} names the {what} {', '.join(stale)}, which the code does not have."


def name_of(path: Path) -> str:
    return str(path.relative_to(PROJECT))


each_document = pytest.mark.parametrize("document", markdown.documents(), ids=name_of)


# Links and paths


def broken_links(document: Path) -> Iterator[str]:
    for link in markdown.links(document.read_text()):
        if link.startswith(("https://", "http://", "mailto:")):
            continue
        path, _, anchor = link.partition("#")
        target = (document.parent / path).resolve() if path else document
        if not target.exists():
            yield f"{link}: there is no such file"
        elif anchor and anchor not in markdown.anchors(target.read_text()):
            yield f"{link}: {name_of(target)} has no such heading"


@each_document
def test_every_link_leads_somewhere(document: Path) -> None:
    broken = list(broken_links(document))
    assert not broken, f"Mend the links of {name_of(document)}:\n" + "\n".join(broken)


@each_document
def test_every_path_in_a_document_exists(document: Path) -> None:
    paths = {span for span in markdown.code_spans(document.read_text()) if CHECKOUT_PATH.fullmatch(span)}
    missing = sorted(path for path in paths if "/" in path and not (PROJECT / path).exists())
    assert not missing, f"{name_of(document)} names {', '.join(missing)}, which is not there any more."


# Settings


def test_every_setting_is_documented() -> None:
    table = markdown.rows(markdown.section(markdown.read("docs/operate.md"), "Settings"))
    assert_same(set(markdown.first_codes(table)), settings_of_the_code(), "docs/operate.md", "setting")


# Commands


def own_commands() -> list[str]:
    return sorted(name for name, app in get_commands().items() if app in PACKAGES)


def own_arguments(command: str) -> list[argparse.Action]:
    """Return a command's arguments without those of Django's own class that it is derived from."""
    own_class = type(load_command_class(get_commands()[command], command))
    djangos_class = next(base for base in own_class.__mro__ if base.__module__.startswith("django."))
    own, djangos = (base().create_parser("manage.py", command) for base in (own_class, djangos_class))
    shared = {action.dest for action in djangos._actions}
    return [action for action in own._actions if action.dest not in shared]


def options_of(command: str) -> set[str]:
    return {option for action in own_arguments(command) for option in action.option_strings}


def positionals_of(command: str) -> set[str]:
    """Return the positional arguments in capitals, as a usage shows them."""
    positionals = (action for action in own_arguments(command) if not action.option_strings)
    return {str(action.metavar or action.dest).upper() for action in positionals}


def test_every_command_is_documented() -> None:
    commands = markdown.section(markdown.read("docs/operate.md"), "Commands")
    documented = [title.strip("`") for title in markdown.headings(commands)]
    assert_same(documented, own_commands(), "docs/operate.md", "command")


@pytest.mark.parametrize("command", own_commands())
def test_every_argument_of_a_command_is_in_its_usage_and_explained(command: str) -> None:
    spans = markdown.CODE_SPAN.findall(markdown.section(markdown.read("docs/operate.md"), f"`{command}`"))
    usage = next((span for span in spans if span.startswith(f"manage.py {command}")), "")
    explained = {span for span in spans if ARGUMENT.fullmatch(span)}
    page = f"docs/operate.md, {command},"
    assert_same(OPTION.findall(usage), options_of(command), f"{page} in its usage,", "option")
    options = {span for span in explained if span.startswith("--")}
    assert_same(options, options_of(command), page, "option")
    assert_same(explained - options, positionals_of(command), page, "argument")


@each_document
def test_every_command_that_a_document_names_exists(document: Path) -> None:
    named = set(re.findall(r"manage\.py ([a-z_]{2,})", document.read_text()))
    unknown = sorted(named - set(get_commands()))
    assert not unknown, f"{name_of(document)} names manage.py {', '.join(unknown)}, which does not exist."


# The endpoint


def test_every_answer_of_the_endpoint_is_documented_with_its_status() -> None:
    title = "What the endpoint answers"
    table = markdown.rows(markdown.section(markdown.read("docs/connect.md"), title))
    documented = {reason: cells[2][:3] for cells in table for reason in markdown.first_codes([cells], 1)}
    existing = {str(reason): str(problem.status) for reason, problem in PROBLEMS.items()}
    existing |= {str(outcome): str(status) for outcome, status in STATUS_CODES.items()}
    assert_same(documented, existing, "docs/connect.md", "reason")
    wrong = {reason: status for reason, status in existing.items() if documented[reason] != status}
    assert not wrong, f"docs/connect.md gives another status than the endpoint for: {wrong}"


def test_every_signature_scheme_is_documented() -> None:
    table = markdown.rows(markdown.section(markdown.read("docs/connect.md"), "Signature schemes"))
    documented = set(markdown.first_codes(table[2:], 1))
    assert_same(documented, set(Scheme.values), "docs/connect.md", "signature scheme")


# The API and the metrics


def test_every_address_of_the_api_is_documented() -> None:
    spans = markdown.CODE_SPAN.findall(markdown.section(markdown.read("docs/api.md"), "Addresses"))
    documented = {span.rstrip("/") for span in spans if re.fullmatch(r"[a-z-]+/", span)}
    assert_same(documented, set(VIEWSETS), "docs/api.md", "address")


def test_every_metric_is_documented() -> None:
    section = markdown.section(markdown.read("docs/watch.md"), "Metrics")
    documented = {span for span in markdown.code_spans(section) if re.fullmatch(r"crmmirror_\w+", span)}
    counted = {
        f"{metric.name}_total" if metric.type == "counter" else metric.name
        for metric in PROCESS_REGISTRY.collect()
    }
    # Gauges exist only while they are collected: from the database, and from the checks of /readyz.
    modules = (
        "events/monitoring/exposition.py",
        "events/monitoring/mirror_state.py",
        "crmmirror/health/check_metrics.py",
        "crmmirror/health/replica_metrics.py",
    )
    text = "".join((PROJECT / module).read_text() for module in modules)
    waiting = set(re.findall(r'"(crmmirror_\w+)"', text))
    assert_same(documented, counted | waiting, "docs/watch.md", "metric")


# Make, folders, glossary, decisions, the example


def test_every_make_target_is_documented() -> None:
    targets = set(re.findall(r"^([a-z]+):", (PROJECT / "Makefile").read_text(), re.MULTILINE))
    text = markdown.read("README.md") + markdown.read("CONTRIBUTING.md")
    missing = sorted(target for target in targets if not re.search(rf"make {target}\b", text))
    assert not missing, f"Neither README.md nor CONTRIBUTING.md names make {', make '.join(missing)}."


def folders_with_modules() -> set[str]:
    modules = (path for package in PACKAGES for path in (PROJECT / package).rglob("*.py"))
    return {name_of(path.parent) for path in modules if path.name != "__init__.py"}


def test_every_folder_with_modules_is_in_the_architecture() -> None:
    text = markdown.read("docs/architecture.md")
    documented = {cells[0].strip("`/") for cells in markdown.rows(text) if cells[0].endswith("/`")}
    documented |= {title.strip("`/") for title in markdown.headings(text)}
    missing = sorted(folders_with_modules() - documented - set(PACKAGES))
    assert not missing, f"docs/architecture.md does not say what lives in {', '.join(missing)}: add a row."


def test_the_glossary_is_in_alphabetical_order() -> None:
    words = [cells[0].casefold() for cells in markdown.rows(markdown.read("docs/glossary.md"))[2:]]
    assert len(words) > 50
    misplaced = [later for earlier, later in pairwise(words) if earlier >= later]
    assert not misplaced, f"docs/glossary.md: {', '.join(misplaced)} stands too low, or twice."


def test_every_decision_is_in_the_index_and_has_its_four_parts() -> None:
    folder = PROJECT / "docs" / "decisions"
    pages = {path.name for path in folder.glob("[0-9]*.md")}
    index = "docs/decisions/README.md"
    assert_same(set(markdown.links(markdown.read(index))), pages, index, "page")
    for name in pages:
        parts = markdown.headings((folder / name).read_text())[1:]
        assert parts == DECISION_HEADINGS, f"docs/decisions/{name} has the parts {parts}."


def test_the_vendor_in_the_guide_passes_the_checks(tmp_path: Path) -> None:
    example = next(
        code for code in markdown.code_blocks(markdown.read("CONTRIBUTING.md"), "python") if "Vendor(" in code
    )
    with third_vendor.temporary_vendor(
        tmp_path, re.sub(r'name="\w+"', f'name="{third_vendor.NAME}"', example)
    ):
        # It has no sample, which is a warning.
        assert {message.id for message in check_vendors()} == {"entities.W018"}


def test_the_module_of_the_vendors_guide_reads_the_body_that_the_guide_begins_with(tmp_path: Path) -> None:
    guide = markdown.read("docs/vendors.md")
    smallest, with_envelope = markdown.code_blocks(guide, "python")[:2]
    text = re.sub(r'name="\w+"', f'name="{third_vendor.NAME}"', f"{smallest}\n{with_envelope}")
    body = markdown.code_blocks(guide, "json")[0].encode()
    with third_vendor.temporary_vendor(tmp_path, text):
        assert {message.id for message in check_vendors()} == {"entities.W015", "entities.W018"}
        report = describe_body(get_vendor(third_vendor.NAME), body, datetime(2026, 3, 1, tzinfo=UTC))
    assert report.is_read
    shown = [line for line in report.lines if not line.startswith(" ")]
    assert shown == [
        "type 'deal.won', time 2026-03-01T10:00:00+00:00",
        "deal 5: written, 2026-03-01T10:00:00.000000Z",
    ]


@pytest.mark.parametrize(
    ("title", "table"),
    [
        ("`Vendor`", Vendor),
        ("`Entity`: a kind of record", Entity),
        ("`EventType`: a type of event", EventType),
    ],
)
def test_every_word_of_a_vendors_tables_is_in_the_guide(title: str, table: type[Any]) -> None:
    rows = markdown.rows(markdown.section(markdown.read("docs/vendors.md"), title))[1:]
    documented = {code for row in rows for code in markdown.code_spans(row[0])}
    assert_same(documented, {field.name for field in fields(table)}, f"docs/vendors.md, {title},", "word")
