"""The schema as programs of others read it: validators, and a generator of clients. For `make prove` only."""

import json
from pathlib import Path

import pytest
from pytest_django.live_server_helper import LiveServer

from crmmirror.api_urls import get_schema_document
from entities.models import Deal
from tests.support.api_client import authorization_header, create_record
from tests.support.tool_environments import (
    NODE,
    OPENAPI_GENERATOR,
    OPENAPI_SPEC_VALIDATOR,
    SPECTRAL,
    generate_client,
    make_environment,
    run,
)

pytestmark = pytest.mark.prove

# Addresses end with a slash, as Django has them.
SPECTRAL_RULES = 'extends: ["spectral:oas"]\nrules: {path-keys-no-trailing-slash: off}\n'
# Walks all pages of a list with a filter of two values, and prints the ids.
WALK = """
import sys
from openapi_client import ApiClient, Configuration, DealsApi

host, token = sys.argv[1:]
api = DealsApi(ApiClient(Configuration(host=host, access_token=token)))
ids, cursor = [], None
while True:
    page = api.deals_list(status__in=["won", "lost"], page_size=2, ordering=["id"], cursor=cursor)
    ids += [deal.id for deal in page.results]
    cursor = page.next_cursor
    if cursor is None:
        break
print(*ids)
"""


@pytest.fixture(scope="module")
def schema(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("schema") / "schema.json"
    path.write_bytes(get_schema_document("application/json").content)
    return path


@pytest.fixture(scope="module")
def generator(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_environment(tmp_path_factory.mktemp("generator"), *OPENAPI_GENERATOR)


def test_the_schema_is_valid(schema: Path, tmp_path: Path) -> None:
    programs = make_environment(tmp_path / "validator", *OPENAPI_SPEC_VALIDATOR)
    assert "OK" in run(programs / "openapi-spec-validator", schema)


def test_the_usual_rules_for_schemas_are_kept(schema: Path, tmp_path: Path) -> None:
    programs = make_environment(tmp_path / "node", *NODE)
    path = f"{programs}:/usr/bin:/bin"
    run(programs / "npm", "install", "--no-audit", "--no-fund", "--prefix", tmp_path, SPECTRAL, PATH=path)
    rules = tmp_path / "rules.yaml"
    rules.write_text(SPECTRAL_RULES)
    spectral = tmp_path / "node_modules" / ".bin" / "spectral"
    printed = run(
        spectral, "lint", schema, "--ruleset", rules, "--fail-severity=hint", "--format=json", PATH=path
    )
    assert json.JSONDecoder().raw_decode(printed)[0] == []


@pytest.mark.parametrize("language", ["go", "java", "r"])
def test_clients_are_generated(generator: Path, schema: Path, tmp_path: Path, language: str) -> None:
    generate_client(generator, schema, language, tmp_path / "client")
    written = {path.name.lower() for path in (tmp_path / "client").rglob("*")}
    assert [name for name in written if "deals" in name and "api" in name]


def test_a_generated_client_walks_a_filtered_list(
    generator: Path, schema: Path, tmp_path: Path, live_server: LiveServer
) -> None:
    deals = [
        create_record(Deal, status=word, value="19.99") for word in ("won", "lost", "open", "won", "won")
    ]
    token = authorization_header().removeprefix("Token ")
    generate_client(generator, schema, "python", tmp_path / "client")
    programs = make_environment(tmp_path / "environment", tmp_path / "client")
    printed = run(programs / "python", "-W", "error", "-c", WALK, live_server.url, token)
    assert list(map(int, printed.split())) == [deal.pk for deal in deals if deal.status != "open"]
