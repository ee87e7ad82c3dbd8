"""Every vendor's samples, and bad input, against `manage.py up`: signed as the vendor signs, over HTTP."""

import json
import signal
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from entities.vendors import all_vendors
from tests.support.bad_input import BAD_INPUTS
from tests.support.independent_signers import SIGNERS
from tests.support.run_summary import EXTRA_LINES
from tests.support.running_mirror import Mirror, wait_until
from tests.support.samples import expectation_path, list_vendor_samples

pytestmark = pytest.mark.prove
APPLY_SECONDS = 300
VENDORS = sorted(all_vendors())


class Address(NamedTuple):
    """A source of the running mirror, and what its vendor signs with."""

    path: str
    secret: str
    signed_url: str


@pytest.fixture(scope="module")
def mirror(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mirror]:
    mirror = Mirror(tmp_path_factory.mktemp("vendors") / "state")
    mirror.start("--no-demo")
    yield mirror
    assert mirror.stop(signal.SIGINT) == 0


def run_in(mirror: Mirror, code: str, argument: Any) -> Any:
    """Run code in a process of the mirror, with the argument as `given`; return what it prints as JSON."""
    header = f"import json\ngiven = json.loads({json.dumps(argument)!r})\n"
    result = mirror.run_command("shell", "-v", "0", "-c", header + code, seconds=APPLY_SECONDS)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout.splitlines()[-1])


CREATE = """
from entities.audit import identify_command
from events.signatures.signature_rows import uses_key_pair
from events.sources.public_address import public_url
from events.sources.registry import create_source
from events.sources.trial_keys import active_trial_keys, add_trial_key, choose_signing_secret
from tests.support.vendor_requests import delivery_path
made = {}
for slug, vendor in given.items():
    source, secret = create_source(slug, vendor)
    if uses_key_pair(source):
        if not active_trial_keys(source).exists():
            add_trial_key(source, identify_command("tests"))
        secret = choose_signing_secret(source)
    path = delivery_path(source)
    made[slug] = [path, secret, public_url(path)]
print(json.dumps(made))
"""
STATUSES = """
from events.models import Event
rows = Event.objects.filter(source__slug__in=given).values_list("source__slug", "status", "warnings", "error")
print(json.dumps([list(row) for row in rows.order_by("pk")]))
"""
# One source a sample: the expectation says of its records that there are no others.
COMPARE = """
from pathlib import Path
from tests.support.expectations import list_differences
found = {slug: list_differences(json.loads(Path(path).read_text()), slug) for slug, path in given.items()}
print(json.dumps({slug: differences for slug, differences in found.items() if differences}))
"""


def create_sources(mirror: Mirror, vendors: dict[str, str]) -> dict[str, Address]:
    """Create sources without options. vendors: slug -> vendor."""
    return {slug: Address(*made) for slug, made in run_in(mirror, CREATE, vendors).items()}


def post(mirror: Mirror, vendor: str, address: Address, body: bytes) -> int:
    headers = SIGNERS[vendor](address.secret, body, address.signed_url)
    request = urllib.request.Request(
        mirror.url + address.path, body, {"Content-Type": "application/json"} | headers
    )
    try:
        with urllib.request.urlopen(request, timeout=APPLY_SECONDS) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def settled_events(mirror: Mirror, slugs: list[str], count: int) -> list[Any]:
    """Return (slug, status, warnings, error) of the events of these sources once none is pending."""

    def is_settled() -> bool:
        events = run_in(mirror, STATUSES, slugs)
        return len(events) == count and all(event[1] != "pending" for event in events)

    wait_until(is_settled, APPLY_SECONDS)
    return list(run_in(mirror, STATUSES, slugs))


@pytest.mark.parametrize("vendor", VENDORS)
def test_the_samples_become_the_expected_records(mirror: Mirror, vendor: str) -> None:
    samples = {f"{vendor}-{place}": path for place, path in enumerate(list_vendor_samples(vendor))}
    addresses = create_sources(mirror, dict.fromkeys(samples, vendor))
    answers = {
        slug: post(mirror, vendor, addresses[slug], path.read_bytes()) for slug, path in samples.items()
    }
    assert set(answers.values()) == {202}, answers
    events = settled_events(mirror, list(samples), len(samples))
    assert {(status, tuple(warnings), error) for _, status, warnings, error in events} == {
        ("applied", (), "")
    }
    expectations = {slug: str(expectation_path(path)) for slug, path in samples.items()}
    differences = run_in(mirror, COMPARE, expectations)
    assert not differences, [(samples[slug].name, found) for slug, found in differences.items()]
    EXTRA_LINES.append(f"samples of {vendor} over HTTP: {len(samples)} posted, applied, and as expected")


@pytest.mark.parametrize("vendor", VENDORS)
def test_bad_input_is_told_or_refused_and_a_good_event_after_it_is_applied(
    mirror: Mirror, vendor: str
) -> None:
    slugs = {kind: f"bad-{vendor}-{place}" for place, kind in enumerate(BAD_INPUTS)}
    addresses = create_sources(mirror, dict.fromkeys(slugs.values(), vendor))
    good = list_vendor_samples(vendor)[0].read_bytes()
    stored: Counter[str] = Counter()
    for kind, slug in slugs.items():
        answer = post(mirror, vendor, addresses[slug], BAD_INPUTS[kind].make(vendor))
        assert answer == (202 if BAD_INPUTS[kind].statuses else 413), kind
        assert post(mirror, vendor, addresses[slug], good) == 202
        stored[slug] = 1 + (answer == 202)
    events = settled_events(mirror, list(slugs.values()), stored.total())
    for kind, slug in slugs.items():
        *bad, last = [event for event in events if event[0] == slug]
        assert last[1] == "applied", (kind, last)
        assert len(bad) == stored[slug] - 1, kind
        assert all(event[1] in BAD_INPUTS[kind].statuses for event in bad), (kind, bad)
        assert all(event[2] or event[3] for event in bad if event[1] != "applied"), (kind, bad)
    verified = mirror.run_command("verify_mirror", seconds=APPLY_SECONDS)
    assert verified.returncode == 0, verified.stdout
    EXTRA_LINES.append(
        f"bad input of {vendor} over HTTP: {len(slugs)} kinds, {stored.total()} events stored, none pending"
    )
