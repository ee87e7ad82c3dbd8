"""A unit test that needs a service fails with the reason, in `make unit` and in `make test`."""

from types import SimpleNamespace

import pytest

from entities.models import Deal
from tests.support.paths import PROJECT

pytestmark = pytest.mark.unit


def test_a_query_in_a_unit_test_fails_and_says_what_to_drop() -> None:
    with pytest.raises(RuntimeError, match="marked `unit` and queries the database: drop the mark or"):
        Deal.objects.count()


@pytest.mark.parametrize(("mark", "fixtures"), [("django_db", []), ("", ["tmp_path", "transactional_db"])])
def test_a_unit_test_that_asks_for_the_database_stops_the_run_before_it_begins(
    mark: str, fixtures: list[str], request: pytest.FixtureRequest
) -> None:
    conftest = request.config.pluginmanager.get_plugin(str(PROJECT / "tests" / "conftest.py"))
    assert conftest
    item = SimpleNamespace(
        nodeid="test_it",
        fixturenames=fixtures,
        get_closest_marker=lambda name: name in ("unit", mark),
    )
    with pytest.raises(pytest.UsageError, match="test_it is marked `unit` and asks for the database"):
        conftest.refuse_unit_tests_with_database([item])
