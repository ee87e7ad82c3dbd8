"""Time zones by their names, as settings and users write them."""

import zoneinfo
from collections.abc import Iterator
from datetime import UTC
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError

from crmmirror.lib.time_zones import (
    find_time_zone,
    list_places,
    place_of,
    validate_time_zone,
    zone_names,
)

pytestmark = pytest.mark.unit


@pytest.fixture
def bare_machine(tmp_path: Path) -> Iterator[None]:
    """Let the machine have no time zones."""
    zoneinfo.reset_tzpath([str(tmp_path)])
    zoneinfo.ZoneInfo.clear_cache()
    zone_names.cache_clear()
    yield
    zoneinfo.reset_tzpath()
    zone_names.cache_clear()


@pytest.mark.parametrize("name", ["Asia/Dubai", "Europe/Berlin", "America/Argentina/Ushuaia", "UTC"])
def test_an_iana_name_is_a_time_zone(name: str) -> None:
    validate_time_zone(name)


@pytest.mark.parametrize("name", ["", "Dubai", "asia/dubai", "+04:00", "Asia", "../UTC", "localtime", "a\0b"])
def test_any_other_text_is_refused_with_an_example(name: str) -> None:
    with pytest.raises(ValidationError, match="write one of the IANA names, such as Asia/Dubai"):
        validate_time_zone(name)


def test_a_machine_without_time_zones_is_told_what_to_install(bare_machine: None) -> None:
    with pytest.raises(ValidationError, match="install the package tzdata"):
        validate_time_zone("Asia/Dubai")


@pytest.mark.parametrize("name", ["Asia/Dubai", "Etc/GMT-4", "UTC"])
def test_a_time_zone_is_found_by_its_name(name: str) -> None:
    assert str(find_time_zone(name)) == name


@pytest.mark.parametrize(
    "name", ["", "Asia", "Asia/Atlantis", "../UTC", "/etc/localtime", "a\0b", "x" * 5000]
)
def test_a_name_that_the_machine_does_not_know_is_no_time_zone(name: str) -> None:
    assert find_time_zone(name) is None


def test_a_machine_without_time_zones_knows_utc(bare_machine: None) -> None:
    assert (find_time_zone("UTC"), find_time_zone("Asia/Dubai")) == (UTC, None)


def test_the_places_of_the_world_are_listed_by_region_and_all_of_them_are_valid() -> None:
    places = list_places()
    assert "Asia/Dubai" in places["Asia"]
    assert "America/Argentina/Ushuaia" in places["America"]
    for name in (name for names in places.values() for name in names[:3]):
        validate_time_zone(name)


def test_a_place_is_what_people_call_it() -> None:
    assert place_of("America/Argentina/Buenos_Aires") == "Buenos Aires"
    assert place_of("UTC") == "UTC"
