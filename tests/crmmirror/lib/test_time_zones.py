"""The names of time zones that a setting may have."""

import zoneinfo
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError

from crmmirror.lib.time_zones import validate_time_zone

pytestmark = pytest.mark.unit


@pytest.fixture
def bare_machine(tmp_path: Path) -> Iterator[None]:
    """Let the machine have no time zones."""
    zoneinfo.reset_tzpath([str(tmp_path)])
    yield
    zoneinfo.reset_tzpath()


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
