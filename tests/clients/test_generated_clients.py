"""Clients that generators make of the schema: each is compiled, and walks a filtered list."""

from dataclasses import replace
from pathlib import Path

import pytest
from django.test import Client

from entities.models import Deal
from tests.support.client_records import store_records
from tests.support.guide_pages import GuideReader, read_commands
from tests.support.tool_environments import (
    GO,
    NODE,
    OPENAPI_GENERATOR,
    OPENAPI_PYTHON_CLIENT,
    OPENAPI_TYPESCRIPT,
    find_java,
    install_npm_packages,
    make_environment,
)

pytestmark = pytest.mark.prove

SECTION = "Clients that are generated"
PYTHON, TYPESCRIPT, GO_CLIENT, GO_WALK = range(4)
# More than two pages of 100 are won or lost.
DEALS = 530
# The client for Go imports one module, for a function that checks structures by their tags, of which the
# client has none. Modules for Go cannot be downloaded wherever these tests run.
VALIDATOR = "package validator\n\nfunc Validate(any) error { return nil }\n"
MODULE = "gopkg.in/validator.v2"


@pytest.fixture
def reader(analyst: GuideReader, client: Client) -> GuideReader:
    store_records(DEALS)
    analyst.write_files(SECTION)
    return analyst


def assert_all_were_walked(printed: str) -> None:
    """Assert that each deal that is won or lost came once, newest first, over more than two pages."""
    closed = Deal.objects.filter(status__in=["won", "lost"], is_deleted=False, is_placeholder=False)
    expected = [str(pk) for pk in closed.order_by("-id").values_list("pk", flat=True)]
    ids = [line for line in printed.splitlines() if line.isdigit()]
    assert sorted(ids) == sorted(expected)
    assert len(ids) > 2 * 100


def test_openapi_python_client_walks_a_list(reader: GuideReader, tmp_path: Path) -> None:
    programs = make_environment(tmp_path / "generator", *OPENAPI_PYTHON_CLIENT)
    reader = replace(reader, programs=(programs,))
    assert_all_were_walked(reader.run(read_commands(SECTION)[PYTHON]))
    assert "Success" in reader.run(f"mypy --strict --python-executable {programs / 'python'} won_or_lost.py")
    assert "Success" in reader.run("mypy crm-client/crm_mirror_client")


def test_openapi_typescript_walks_a_list(reader: GuideReader, tmp_path: Path) -> None:
    node = make_environment(tmp_path / "node", *NODE)
    installed = install_npm_packages(node, tmp_path, *OPENAPI_TYPESCRIPT)
    (reader.directory / "node_modules").symlink_to(installed.parent)
    reader = replace(reader, programs=(node,))
    assert_all_were_walked(reader.run(read_commands(SECTION)[TYPESCRIPT]))


def test_a_client_for_go_walks_a_list(reader: GuideReader, tmp_path: Path) -> None:
    generator = make_environment(tmp_path / "generator", *OPENAPI_GENERATOR)
    go = make_environment(tmp_path / "go", *GO)
    reader = replace(reader, programs=(generator, find_java(generator), go))
    reader.run(read_commands(SECTION)[GO_CLIENT])
    replace_validator(reader)
    assert_all_were_walked(reader.run(read_commands(SECTION)[GO_WALK]))
    reader.run("cd crm && go vet .")


def replace_validator(reader: GuideReader) -> None:
    """Put a module of our own in the place of MODULE."""
    module = reader.directory / "validator"
    module.mkdir()
    (module / "go.mod").write_text(f"module {MODULE}\n\ngo 1.23\n")
    (module / "validator.go").write_text(VALIDATOR)
    reader.run(f"cd crm && go mod edit -replace {MODULE}=../validator")
