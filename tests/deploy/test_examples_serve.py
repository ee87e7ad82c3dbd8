"""The examples of deploy/, started as they are written: every sample goes through nginx and is applied."""

import json
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.conf import LazySettings

from entities.vendors import all_vendors
from events.models import Event
from events.sources.registry import create_source
from tests.support.deployed_code import (
    DEPLOY,
    Example,
    Machine,
    compose_example,
    make_machine,
    sample_environment,
    unit_example,
    with_settings,
)
from tests.support.documented_web import make_plain
from tests.support.json_logs import read_json_lines
from tests.support.metrics_scrape import parse_samples
from tests.support.nginx import run_nginx_with
from tests.support.ports import HOST, free_port
from tests.support.run_summary import EXTRA_LINES
from tests.support.running_mirror import wait_until
from tests.support.samples import list_vendor_samples
from tests.support.vendor_requests import delivery_path, sign
from tests.support.web_server import accepts_connections

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.prove]

PUBLIC_HOST = "mirror.example"


@dataclass(frozen=True)
class Installation:
    """The programs of one way to install. web: by the address that its nginx knows them by."""

    name: str
    nginx: str
    migrate: Example
    web: dict[str, Example]
    others: Sequence[Example]


def systemd() -> Installation:
    """Return the units, each with the sample environment, as their drop-in has it."""

    def unit(name: str, instance: str = "") -> Example:
        example = unit_example(f"crmmirror-{name}.service", instance)
        return with_settings(example, **sample_environment(), **example.environment)

    return Installation(
        "systemd",
        "nginx/crmmirror.conf",
        unit("migrate"),
        {
            **{f"127.0.0.1:{port}": unit("deliveries@", port) for port in ("8001", "8002")},
            **{f"127.0.0.1:{port}": unit("people@", port) for port in ("8003", "8004")},
        },
        (unit("worker@", "1"), unit("worker@", "2"), unit("beat")),
    )


def compose() -> Installation:
    web = ("deliveries-1", "deliveries-2", "people-1", "people-2")
    return Installation(
        "compose",
        "compose/nginx.conf",
        compose_example("migrate"),
        {f"{name}:8000": compose_example(name) for name in web},
        tuple(map(compose_example, ("worker-1", "beat"))),
    )


@pytest.fixture
def machine(transactional_db: None) -> Iterator[Machine]:
    with make_machine() as machine:
        yield machine


def deliver_samples(port: int) -> Counter[int]:
    """Deliver each vendor's samples to a source of its own through nginx; return the statuses."""
    answers: Counter[int] = Counter()
    for vendor in all_vendors():
        source, secret = create_source(vendor, vendor)
        for sample in list_vendor_samples(vendor):
            body = sample.read_bytes()
            headers = {**sign(source, secret, body), "Host": PUBLIC_HOST}
            request = urllib.request.Request(f"http://{HOST}:{port}{delivery_path(source)}", body, headers)
            with urllib.request.urlopen(request, timeout=20) as answer:
                answers[answer.status] += 1
    return answers


def fetch(port: int, path: str, **headers: str) -> str:
    request = urllib.request.Request(f"http://{HOST}:{port}{path}", headers={"Host": PUBLIC_HOST, **headers})
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.read().decode()


def is_ready(port: int) -> bool:
    return json.loads(fetch(port, "/readyz"))["status"] == "ready"


@pytest.mark.parametrize("make", [systemd, compose], ids=["systemd", "compose"])
def test_all_samples_are_delivered_through_nginx_and_applied(
    make: Callable[[], Installation], machine: Machine, tmp_path: Path, settings: LazySettings
) -> None:
    installation = make()
    # Some vendors sign the address that they call.
    settings.WEB_URL = f"https://{PUBLIC_HOST}"
    ports = {address: free_port() for address in installation.web}
    configuration = (DEPLOY / installation.nginx).read_text()
    for address, port in ports.items():
        configuration = configuration.replace(f"server {address};", f"server {HOST}:{port};")
    front = free_port()
    logs = {}
    with ExitStack() as stack:
        with machine.run(installation.migrate) as (migrate, log):
            assert migrate.wait(60) == 0, log.read_text()
        programs = [(example, ports[address]) for address, example in installation.web.items()]
        programs += [(example, 0) for example in installation.others]
        for example, port in programs:
            _, logs[example.name] = stack.enter_context(machine.run(example, port))
        wait_until(lambda: all(map(accepts_connections, ports.values())), 60)
        stack.enter_context(run_nginx_with(tmp_path, front, make_plain(configuration, front, tmp_path)))
        answers = deliver_samples(front)
        total = sum(answers.values())
        wait_until(lambda: Event.objects.filter(status="applied").count() == total, 60)
        statuses = Counter(Event.objects.values_list("status", flat=True))
        assert "Log in" in fetch(front, "/admin/login/")
        wait_until(lambda: is_ready(front), 20)
        assert is_ready(front), fetch(front, "/readyz")
        scrape = fetch(next(iter(ports.values())), "/metrics", Authorization="Bearer the-token-of-this-test")
    assert (set(answers), statuses) == ({202}, Counter({"applied": total}))
    assert [key for key in parse_samples(scrape) if key[0] == "crmmirror_deliveries_total"]
    for log in logs.values():
        read_json_lines(log)
    assert not list(machine.code.rglob("*.pyc"))
    EXTRA_LINES.append(
        f"{installation.name}: {len(logs)} processes of another user with read-only code behind nginx,"
        f" {total} samples delivered and applied"
    )
