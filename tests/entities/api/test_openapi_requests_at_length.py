"""Requests generated from the OpenAPI schema, to every address. For `make prove` only: see conftest.py."""

import pytest
import schemathesis
from hypothesis import HealthCheck, settings

from tests.support.schema_requests import API, assert_answered_as_described


@pytest.mark.prove
@API.parametrize()
@settings(max_examples=30, suppress_health_check=list(HealthCheck))
def test_thousands_of_made_up_requests_are_answered_as_the_schema_says(
    case: schemathesis.Case, headers: dict[str, str]
) -> None:
    assert_answered_as_described(case, headers)
