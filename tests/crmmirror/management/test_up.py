"""`manage.py up`, end to end: real processes, a real database and broker, real HTTP.

One mirror serves most of these tests, in the order of the file; the later ones kill parts of it.
"""

import json
import os
import re
import signal
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, build_opener

import pytest
from standardwebhooks.webhooks import Webhook

from crmmirror.embedded.processes import identity
from tests.support.paths import SAMPLES
from tests.support.ports import free_port
from tests.support.running_mirror import Mirror, wait_until

EXAMPLE_DIRECTORIES = sorted(path for path in SAMPLES.iterdir() if path.is_dir())
EXAMPLE_FILE = EXAMPLE_DIRECTORIES[0] / "contact.created.json"
EXAMPLE = EXAMPLE_FILE.read_bytes()
EXAMPLE_PATH = "contacts"
LONG_PATH = 120


@pytest.fixture(scope="module")
def mirror(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mirror]:
    """One that is up, under a path of 120 characters, below a directory that others cannot enter."""
    closed = tmp_path_factory.mktemp("closed")
    closed.chmod(0o700)
    state = closed / ("s" * (LONG_PATH - len(str(closed)) - 1))
    assert len(str(state)) == LONG_PATH
    mirror = Mirror(state)
    mirror.start()
    yield mirror
    mirror.process.terminate()
    mirror.process.wait(40)


@pytest.fixture(scope="module")
def token(mirror: Mirror) -> str:
    made = mirror.run_command("create_token", "admin", "--name", "test")
    assert made.returncode == 0, made.stderr
    return made.stdout.strip()


@dataclass
class Vendor:
    """One side of a source: posts the first example, each time with other bytes."""

    address: str
    secret: str
    sent: int = 0

    def deliver(self) -> int:
        """The status of the answer."""
        self.sent += 1
        body = EXAMPLE + b" " * self.sent
        now = datetime.now(UTC)
        headers = {"webhook-id": f"msg_{self.sent}", "webhook-timestamp": str(int(now.timestamp()))}
        headers["webhook-signature"] = Webhook(self.secret).sign(headers["webhook-id"], now, body.decode())
        headers["content-type"] = "application/json"
        request = urllib.request.Request(self.address, body, headers)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status


@pytest.fixture(scope="module")
def vendor(mirror: Mirror) -> Vendor:
    made = mirror.run_command("create_source", "ours", "--vendor", EXAMPLE_FILE.parent.name, "--json")
    assert made.returncode == 0, made.stderr
    source = json.loads(made.stdout)
    return Vendor(mirror.url + source["path"], source["secret"])


def statuses(mirror: Mirror, token: str, source: str) -> list[str]:
    events = mirror.get_json(f"/api/v1/events/?source={source}&page_size=500", token)["results"]
    return [event["status"] for event in events]


@pytest.mark.parametrize("directory", EXAMPLE_DIRECTORIES, ids=lambda path: path.name)
def test_the_demo_applies_every_documented_event(mirror: Mirror, token: str, directory: Path) -> None:
    expected = ["applied"] * len(list(directory.glob("*.json")))
    wait_until(lambda: statuses(mirror, token, directory.name) == expected, 15)
    assert statuses(mirror, token, directory.name) == expected


def test_the_printed_password_opens_the_admin(mirror: Mirror) -> None:
    found = re.search(r"user (\S+), password (\S+)", mirror.read_output())
    assert found
    opener = build_opener(HTTPCookieProcessor(cookies := CookieJar()))
    opener.open(mirror.url + "/admin/login/", timeout=10).close()
    csrf = {cookie.name: cookie.value for cookie in cookies}["csrftoken"]
    form = {"username": found[1], "password": found[2], "csrfmiddlewaretoken": csrf, "next": "/admin/"}
    with opener.open(mirror.url + "/admin/login/", urlencode(form).encode(), timeout=10) as page:
        assert page.url == mirror.url + "/admin/"


def test_a_delivery_over_http_is_read_from_the_api(mirror: Mirror, token: str, vendor: Vendor) -> None:
    assert vendor.deliver() == 202
    wait_until(lambda: statuses(mirror, token, "ours") == ["applied"], 10)
    [record] = mirror.get_json(f"/api/v1/{EXAMPLE_PATH}/?source=ours", token)["results"]
    assert record["external_id"] in EXAMPLE.decode()


def test_deliver_in_another_terminal_knows_where_the_mirror_serves(mirror: Mirror) -> None:
    delivered = mirror.run_command("deliver", EXAMPLE_FILE.parent.name, str(EXAMPLE_FILE))
    assert (delivered.returncode, "duplicate 1" in delivered.stdout) == (0, True), delivered.stderr


def test_a_second_up_on_the_same_state_is_refused_in_one_line(mirror: Mirror) -> None:
    refused = mirror.run_command("up", "--port", str(free_port()))
    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
    assert "Another manage.py up runs" in refused.stderr


def test_a_taken_port_is_refused_in_one_line_before_anything_starts(mirror: Mirror, tmp_path: Path) -> None:
    refused = Mirror(tmp_path / "state", mirror.port).start_again()
    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
    assert "another program listens there" in refused.stderr
    assert not (tmp_path / "state").exists()


@pytest.mark.parametrize(
    "victim", ["celery --app crmmirror worker", "granian", "valkey-server", "postgres -D"]
)
def test_what_is_killed_comes_back(mirror: Mirror, token: str, vendor: Vendor, victim: str) -> None:
    killed = min(mirror.processes(victim))
    restarts = mirror.read_output().count("started again")
    os.kill(killed, signal.SIGKILL)
    wait_until(lambda: mirror.read_output().count("started again") > restarts, 15)
    wait_until(lambda: accepts(vendor), 15)
    wait_until(lambda: set(statuses(mirror, token, "ours")) == {"applied"}, 15)
    assert statuses(mirror, token, "ours") == ["applied"] * vendor.sent


def accepts(vendor: Vendor) -> bool:
    """Whether it answers at all; what it does not answer does not count as sent."""
    try:
        return vendor.deliver() == 202
    except OSError:
        vendor.sent -= 1
        return False


def test_after_sigkill_nothing_runs_and_the_next_up_finds_its_data(
    mirror: Mirror, token: str, vendor: Vendor
) -> None:
    assert mirror.stop(signal.SIGKILL) == -signal.SIGKILL
    wait_until(lambda: not mirror.processes(), 15)
    assert mirror.processes() == {}
    mirror.start("--no-demo")
    assert statuses(mirror, token, "ours") == ["applied"] * vendor.sent


def test_ctrl_c_stops_everything_in_order(mirror: Mirror) -> None:
    assert mirror.stop(signal.SIGINT) == 0
    assert re.findall(r"(\w+) +stopped", mirror.read_output()) == [
        "beat",
        "worker",
        "web",
        "broker",
        "database",
    ]
    assert mirror.processes() == {}


@pytest.mark.skipif(os.geteuid() != 0, reason="the other tests ran as an ordinary user")
def test_it_runs_as_an_ordinary_user_and_stops_with_its_terminal(tmp_path: Path) -> None:
    """A user namespace without any of root's powers: `up` sees user 1000, the kernel a mere owner."""
    ordinary = identity.Identity(0, 0, mapped=True)
    mirror = Mirror(tmp_path / "state")
    mirror.start("--no-demo", preexec=ordinary.assume)
    assert mirror.stop(signal.SIGHUP) == 0
    assert mirror.processes() == {}
