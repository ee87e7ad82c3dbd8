"""Analysts in SQL: what a role of `create_reader` sees, and all that it does not."""

from collections.abc import Iterator
from io import StringIO
from typing import Any

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from entities.models import AuditEntry, Contact, Deal, Name, NameKind, SqlReader
from entities.models.introspection import record_models
from entities.sql.sql_views import SCHEMA, view_name
from events.models import Event
from tests.support.api_client import NOW, create_record, create_timeline_entry, ensure_source
from tests.support.web_server import database_url

pytestmark = pytest.mark.django_db(transaction=True)

ROLE = "crm_test_reader"
FORBIDDEN = (
    "SELECT * FROM public.entities_deal",
    "SELECT * FROM public.events_event",
    "SELECT * FROM public.events_sourcesecret",
    "SELECT * FROM public.entities_apitoken",
    "SELECT * FROM public.entities_sqlreader",
    "SELECT * FROM public.auth_user",
    "SELECT registers FROM deals",
    "UPDATE deals SET title = ''",
    "INSERT INTO sources (slug) VALUES ('x')",
    "CREATE TABLE mirror.deals_of_mine (id int)",
)
REFUSALS = (
    psycopg.errors.InsufficientPrivilege,
    psycopg.errors.UndefinedColumn,
    # A view of two tables.
    psycopg.errors.ObjectNotInPrerequisiteState,
)


@pytest.fixture(autouse=True)
def drop_roles() -> Iterator[None]:
    """Roles belong to the server, and outlast the test's database."""
    yield
    for role in SqlReader.objects.values_list("role", flat=True):
        call_command("drop_reader", role, stdout=StringIO())
    with connection.cursor() as cursor:
        cursor.execute(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")


def create_reader(*arguments: str) -> tuple[str, str]:
    """Run the command; return what it prints on standard output and on standard error."""
    out, err = StringIO(), StringIO()
    call_command("create_reader", ROLE, *arguments, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def read(statement: str, role: str = ROLE) -> list[tuple[Any, ...]]:
    """Run a statement in a session of the role."""
    with psycopg.connect(database_url(), user=role) as session:
        cursor = session.execute(statement)
        return cursor.fetchall() if cursor.description else []


def test_a_reader_sees_the_records_of_every_entity_with_their_source() -> None:
    for model in record_models():
        create_record(model)
    password, told = create_reader()
    assert len(password.strip()) >= 43
    assert password.strip() not in told
    for model in record_models():
        rows = read(f"SELECT source, id, is_deleted FROM {view_name(model)} WHERE NOT is_placeholder")  # noqa: S608
        assert rows == [("acme", model._default_manager.get().pk, False)]


def test_a_reader_sees_the_timeline_the_names_and_the_sources() -> None:
    deal = create_record(Deal, stage_ref="stage003")
    entry = create_timeline_entry(deal, NOW, {"status": "won"})
    Name.objects.create(source=deal.source, kind=NameKind.STAGE, ref="stage003", vendor_name="Proposal")
    create_reader()
    assert read("SELECT entity, record_id, event_id, wrote FROM timeline") == [
        ("deal", deal.pk, entry.event_id, {"status": "won"})
    ]
    joined = "SELECT names.name FROM deals JOIN names ON ref = stage_ref AND names.source = deals.source"
    assert read(f"{joined} AND kind = 'stage'") == [("Proposal",)]
    assert read("SELECT slug, vendor FROM sources") == [("acme", "heffl")]


def test_a_reader_of_one_source_sees_nothing_of_another() -> None:
    for slug in ("east", "west"):
        deal = create_record(Deal, source=ensure_source(slug), title=slug)
        entry = create_timeline_entry(deal, NOW, {"title": slug})
        Event.objects.filter(pk=entry.event_id).update(source=deal.source)
        Name.objects.create(source=deal.source, kind=NameKind.STAGE, ref=slug)
    create_reader("--source", "east")
    assert read("SELECT title FROM deals") == [("east",)]
    assert read("SELECT slug FROM sources") == [("east",)]
    assert read("SELECT wrote ->> 'title' FROM timeline") == [("east",)]
    assert read("SELECT ref FROM names") == [("east",)]


def test_no_condition_of_a_reader_is_evaluated_on_rows_that_it_does_not_see() -> None:
    for slug, value in (("east", 1), ("west", 0)):
        create_record(Deal, source=ensure_source(slug), value=value)
    create_reader("--source", "east")
    assert read("SELECT id FROM deals WHERE 1 / value = 1") == [(Deal.objects.get(value=1).pk,)]


def test_a_reader_sees_a_source_that_is_created_later_unless_it_is_limited() -> None:
    create_reader()
    create_record(Deal, source=ensure_source("later"))
    assert read("SELECT source FROM deals") == [("later",)]


def test_a_reader_reads_nothing_but_the_views_and_writes_nothing() -> None:
    create_reader()
    owner = connection.settings_dict["USER"]
    with psycopg.connect(database_url(), user=ROLE, autocommit=True) as session:
        session.execute("SET default_transaction_read_only = off")
        for statement in (*FORBIDDEN, f"SET ROLE {owner}"):
            with pytest.raises(REFUSALS):
                session.execute(statement)


def test_a_statement_of_a_reader_ends_after_a_minute_and_its_sessions_are_few() -> None:
    create_reader()
    assert read("SHOW statement_timeout") == [("1min",)]
    assert read("SHOW default_transaction_read_only") == [("on",)]
    sessions = [psycopg.connect(database_url(), user=ROLE) for _ in range(4)]
    with pytest.raises(psycopg.OperationalError, match="too many connections"):
        psycopg.connect(database_url(), user=ROLE)
    for session in sessions:
        session.close()


def test_the_password_is_stored_as_scram_and_stands_in_no_statement() -> None:
    password, _ = create_reader()
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolpassword FROM pg_authid WHERE rolname = %s", [ROLE])
        (stored,) = cursor.fetchone()
    assert stored.startswith("SCRAM-SHA-256$")
    assert password.strip() not in stored


def test_a_dropped_reader_is_gone_with_its_sessions() -> None:
    create_reader()
    session = psycopg.connect(database_url(), user=ROLE)
    out = StringIO()
    call_command("drop_reader", ROLE, stdout=out)
    assert out.getvalue() == f"Role '{ROLE}' is gone.\n"
    with pytest.raises(psycopg.OperationalError):
        session.execute("SELECT 1")
    session.close()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(database_url(), user=ROLE)
    assert [entry.action for entry in AuditEntry.objects.order_by("id")] == [
        "reader-created",
        "reader-dropped",
    ]


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("Ada",), "lower-case"),
        (("a" * 64,), "at most 63"),
        (("postgres_; DROP TABLE x",), "no name for a role"),
        (("ada", "--source", "nowhere"), "There is no source 'nowhere'; there are: none."),
    ],
)
def test_an_unusable_reader_is_refused(arguments: tuple[str, ...], word: str) -> None:
    with pytest.raises(CommandError, match=word):
        call_command("create_reader", *arguments)
    assert not SqlReader.objects.exists()


def test_a_name_that_is_taken_is_refused() -> None:
    create_reader()
    with pytest.raises(CommandError, match="has a role"):
        create_reader()
    with pytest.raises(CommandError, match=f"'nobody' is no reader. There are: {ROLE}."):
        call_command("drop_reader", "nobody")


def test_a_role_that_a_restored_dump_does_not_have_is_made_again() -> None:
    create_record(Contact)
    create_reader()
    with connection.cursor() as cursor:
        cursor.execute(f"DROP OWNED BY {ROLE}")
        cursor.execute(f"DROP ROLE {ROLE}")
    create_reader()
    assert read("SELECT count(*) FROM contacts") == [(1,)]


def test_views_are_made_again_when_the_schema_has_changed() -> None:
    create_record(Deal)
    create_reader()
    leaf = MigrationExecutor(connection).loader.graph.leaf_nodes("entities")[0]
    with connection.cursor() as cursor:
        cursor.execute(f"DROP VIEW {SCHEMA}.deals")
    call_command("migrate", *leaf, verbosity=0)
    assert read("SELECT count(*) FROM deals") == [(1,)]
