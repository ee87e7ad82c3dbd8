"""Requests made up from the OpenAPI schema, to an address of every kind."""

import schemathesis
from hypothesis import HealthCheck, settings

from tests.support.schema_requests import API, assert_answered_as_described

# The other records' addresses are made by the same code, and asked in test_api_requests_at_length.
OF_EVERY_KIND = API.include(path_regex=r"/v1/((sub-accounts|events|sources)/.*)?$")


@OF_EVERY_KIND.parametrize()
@settings(max_examples=10, suppress_health_check=list(HealthCheck))
def test_made_up_requests_are_answered_as_the_schema_says(
    case: schemathesis.Case, headers: dict[str, str]
) -> None:
    assert_answered_as_described(case, headers)
