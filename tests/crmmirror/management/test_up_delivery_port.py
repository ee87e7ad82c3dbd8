"""The port for deliveries: the default, a port that is taken, and none of their own."""

import signal
import socket
from pathlib import Path

import pytest

from crmmirror.management.commands.up import port_after
from tests.support.paths import SAMPLES
from tests.support.ports import HOST
from tests.support.running_mirror import Mirror

SAMPLE_FILE = min(SAMPLES.glob("*/contact.created.json"))


@pytest.mark.unit
@pytest.mark.parametrize(("port", "following"), [(8000, 8001), (65534, 65535), (65535, 65534)])
def test_by_default_the_port_for_deliveries_is_the_next_one(port: int, following: int) -> None:
    assert port_after(port) == following


def test_a_taken_port_for_deliveries_is_refused_in_one_line_that_names_the_option(tmp_path: Path) -> None:
    mirror = Mirror(tmp_path / "state")
    with socket.create_server((HOST, mirror.delivery_port)):
        result = mirror.start_again()
    assert (result.returncode, result.stderr.count("\n")) == (1, 1)
    assert "another program listens there" in result.stderr
    assert "--delivery-port" in result.stderr
    assert not (tmp_path / "state").exists()


@pytest.mark.prove
def test_without_a_port_of_their_own_deliveries_share_the_one_web_server(tmp_path: Path) -> None:
    mirror = Mirror(tmp_path / "state", has_delivery_port=False)
    mirror.start("--no-demo")
    try:
        mirror.run_command("create_source", "ours", "--vendor", SAMPLE_FILE.parent.name)
        delivered = mirror.run_command("deliver", "ours", str(SAMPLE_FILE))
        assert (delivered.returncode, "accepted 1" in delivered.stdout) == (0, True), delivered.stderr
        assert {line.split("--port ")[1].split()[0] for line in mirror.processes("granian").values()} == {
            str(mirror.port)
        }
        assert "endpoint" not in mirror.read_output()
    finally:
        mirror.stop(signal.SIGINT)
