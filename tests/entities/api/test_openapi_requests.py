"""Requests generated from the OpenAPI schema, to one address of each kind."""

import schemathesis
from hypothesis import HealthCheck, settings

from tests.support.schema_requests import API, assert_answered_as_described

# Lists of records have 280 parameters each, of which a request takes seconds to make up:
# test_openapi_requests_at_length requests them.
ONE_OF_EACH_KIND = API.include(path_regex=r"/v1/((sources|changes)/.*|sub-accounts/{id}/.*|events/{id}/)?$")


@ONE_OF_EACH_KIND.parametrize()
@settings(max_examples=10, suppress_health_check=list(HealthCheck))
def test_made_up_requests_are_answered_as_the_schema_says(
    case: schemathesis.Case, headers: dict[str, str]
) -> None:
    assert_answered_as_described(case, headers)
