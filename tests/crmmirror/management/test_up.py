"""`manage.py up`, end to end: real processes, a real database and broker, real HTTP.

One mirror serves most of these tests, in the order of the file; the later ones kill parts of it.
"""

import json
import os
import re
import signal
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, build_opener

import pytest
from standardwebhooks.webhooks import Webhook

from crmmirror.embedded.processes import identity
from crmmirror.embedded.run import DEMO_EVENTS
from crmmirror.embedded.stack import PEOPLE_NICENESS
from tests.support.paths import SAMPLES
from tests.support.ports import HOST, free_port
from tests.support.running_mirror import Mirror, wait_until

SAMPLE_DIRECTORIES = sorted(path for path in SAMPLES.iterdir() if path.is_dir())
SAMPLE_FILE = min(SAMPLES.glob("*/contact.created.json"))
SAMPLE_BODY = SAMPLE_FILE.read_bytes()
SAMPLE_API_PATH = "contacts"
PATH_LENGTH = 120


@pytest.fixture(scope="module")
def mirror(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mirror]:
    """Start a mirror under a path of 120 characters, in a directory that other users cannot enter."""
    private_directory = tmp_path_factory.mktemp("closed")
    private_directory.chmod(0o700)
    state = private_directory / ("s" * (PATH_LENGTH - len(str(private_directory)) - 1))
    assert len(str(state)) == PATH_LENGTH
    mirror = Mirror(state)
    mirror.start()
    yield mirror
    mirror.process.terminate()
    mirror.process.wait(40)


@pytest.fixture(scope="module")
def token(mirror: Mirror) -> str:
    result = mirror.run_command("create_token", "admin", "--name", "test")
    assert result.returncode == 0, result.stderr
    return result.stdout.strip()


@dataclass
class Vendor:
    """A vendor that posts one sample, each time with one more space, so that each is an event of its own."""

    address: str
    secret: str
    sent_count: int = 0

    def deliver(self) -> int:
        """Deliver the sample once; return the status of the answer."""
        self.sent_count += 1
        body = SAMPLE_BODY + b" " * self.sent_count
        now = datetime.now(UTC)
        headers = {"webhook-id": f"msg_{self.sent_count}", "webhook-timestamp": str(int(now.timestamp()))}
        headers["webhook-signature"] = Webhook(self.secret).sign(headers["webhook-id"], now, body.decode())
        headers["content-type"] = "application/json"
        request = urllib.request.Request(self.address, body, headers)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status


@pytest.fixture(scope="module")
def vendor(mirror: Mirror) -> Vendor:
    result = mirror.run_command(
        "create_source",
        "ours",
        "--vendor",
        SAMPLE_FILE.parent.name,
        "--scheme",
        "standard-webhooks",
        "--json",
    )
    assert result.returncode == 0, result.stderr
    source = json.loads(result.stdout)
    return Vendor(mirror.url + source["path"], source["secret"])


def get_statuses(mirror: Mirror, token: str, source: str) -> list[str]:
    events = mirror.get_json(f"/api/v1/events/?source={source}&page_size=500", token)["results"]
    return [event["status"] for event in events]


@pytest.mark.parametrize("directory", SAMPLE_DIRECTORIES, ids=lambda path: path.name)
def test_the_demo_applies_every_sample_and_a_company(mirror: Mirror, token: str, directory: Path) -> None:
    expected = ["applied"] * (len(list(directory.glob("*.json"))) + DEMO_EVENTS)
    wait_until(lambda: get_statuses(mirror, token, directory.name) == expected, 15)
    assert get_statuses(mirror, token, directory.name) == expected


def test_the_printed_password_opens_the_admin(mirror: Mirror) -> None:
    match = re.search(r"user (\S+), password (\S+)", mirror.read_output())
    assert match
    opener = build_opener(HTTPCookieProcessor(cookies := CookieJar()))
    opener.open(mirror.url + "/admin/login/", timeout=10).close()
    csrf = {cookie.name: cookie.value for cookie in cookies}["csrftoken"]
    form = {"username": match[1], "password": match[2], "csrfmiddlewaretoken": csrf, "next": "/admin/"}
    with opener.open(mirror.url + "/admin/login/", urlencode(form).encode(), timeout=10) as page:
        assert page.url == mirror.url + "/admin/"


def test_a_delivery_over_http_is_read_from_the_api(mirror: Mirror, token: str, vendor: Vendor) -> None:
    assert vendor.deliver() == 202
    wait_until(lambda: get_statuses(mirror, token, "ours") == ["applied"], 10)
    [record] = mirror.get_json(f"/api/v1/{SAMPLE_API_PATH}/?source=ours", token)["results"]
    assert record["external_id"] in SAMPLE_BODY.decode()


def get_status(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def test_deliveries_have_a_web_server_of_their_own_and_the_other_one_takes_them_too(
    mirror: Mirror, vendor: Vendor
) -> None:
    delivery_url = f"http://{HOST}:{mirror.delivery_port}"
    assert vendor.address.startswith(f"{mirror.url}/webhooks/")
    own_address = replace(vendor, address=vendor.address.replace(mirror.url, delivery_url))
    assert (vendor.deliver(), own_address.deliver()) == (202, 200)
    assert (get_status(f"{delivery_url}/healthz"), get_status(f"{delivery_url}/admin/login/")) == (200, 421)
    assert f"Deliveries: {delivery_url}/webhooks/" in mirror.read_output()
    assert "endpoint" in mirror.read_output()


def test_deliveries_go_before_readers_where_the_processor_is_short(mirror: Mirror) -> None:
    priorities = {
        port: {
            os.getpriority(os.PRIO_PROCESS, pid)
            for pid, line in mirror.processes("granian").items()
            if f"--port {port} " in line
        }
        for port in (mirror.port, mirror.delivery_port)
    }
    ours = os.getpriority(os.PRIO_PROCESS, 0)
    assert priorities == {mirror.port: {ours + PEOPLE_NICENESS}, mirror.delivery_port: {ours}}


def test_deliver_in_another_terminal_knows_where_the_mirror_serves(mirror: Mirror) -> None:
    delivered = mirror.run_command("deliver", SAMPLE_FILE.parent.name, str(SAMPLE_FILE))
    assert (delivered.returncode, "duplicate 1" in delivered.stdout) == (0, True), delivered.stderr
    help_text = mirror.run_command("deliver", "--help").stdout
    assert f"http://{HOST}:{mirror.delivery_port}" in help_text


def test_a_second_up_on_the_same_state_is_refused_in_one_line(mirror: Mirror) -> None:
    result = mirror.run_command("up", "--port", str(free_port()))
    assert (result.returncode, result.stderr.count("\n")) == (1, 1)
    assert "Another manage.py up runs" in result.stderr


def test_a_taken_port_is_refused_in_one_line_before_anything_starts(mirror: Mirror, tmp_path: Path) -> None:
    result = Mirror(tmp_path / "state", mirror.port).start_again()
    assert (result.returncode, result.stderr.count("\n")) == (1, 1)
    assert "another program listens there" in result.stderr
    assert not (tmp_path / "state").exists()


@pytest.mark.parametrize(
    "victim", ["celery --app crmmirror worker", "granian", "valkey-server", "postgres -D"]
)
def test_a_killed_process_is_restarted_and_no_event_is_lost(
    mirror: Mirror, token: str, vendor: Vendor, victim: str
) -> None:
    victim_pid = min(mirror.processes(victim))
    restarts = mirror.read_output().count("started again")
    os.kill(victim_pid, signal.SIGKILL)
    wait_until(lambda: mirror.read_output().count("started again") > restarts, 15)
    wait_until(lambda: try_to_deliver(vendor), 15)
    wait_until(lambda: set(get_statuses(mirror, token, "ours")) == {"applied"}, 15)
    assert get_statuses(mirror, token, "ours") == ["applied"] * vendor.sent_count


def try_to_deliver(vendor: Vendor) -> bool:
    """Deliver once; return True if it was accepted. A delivery without an answer does not count as sent."""
    try:
        return vendor.deliver() == 202
    except OSError:
        vendor.sent_count -= 1
        return False


def test_after_sigkill_nothing_runs_and_the_next_up_finds_its_data(
    mirror: Mirror, token: str, vendor: Vendor
) -> None:
    assert mirror.stop(signal.SIGKILL) == -signal.SIGKILL
    wait_until(lambda: not mirror.processes(), 15)
    assert mirror.processes() == {}
    mirror.start("--no-demo")
    assert get_statuses(mirror, token, "ours") == ["applied"] * vendor.sent_count


def test_ctrl_c_stops_everything_in_order(mirror: Mirror) -> None:
    assert mirror.stop(signal.SIGINT) == 0
    assert re.findall(r"(\w+) +stopped", mirror.read_output()) == [
        "beat",
        "worker",
        "web",
        "endpoint",
        "broker",
        "database",
    ]
    assert mirror.processes() == {}


@pytest.mark.skipif(os.geteuid() != 0, reason="the other tests ran as an ordinary user")
def test_it_runs_as_an_ordinary_user_and_stops_with_its_terminal(tmp_path: Path) -> None:
    """In a user namespace, `up` sees itself as user 1000, and the kernel gives it none of root's powers."""
    ordinary = identity.Identity(0, 0, mapped=True)
    mirror = Mirror(tmp_path / "state")
    mirror.start("--no-demo", preexec=ordinary.assume)
    assert mirror.stop(signal.SIGHUP) == 0
    assert mirror.processes() == {}
