"""`deliver`: delivers as a vendor does, to a real web server."""

import io
import json
import re
import time
from codecs import BOM_UTF8
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from events.models import Event, Scheme, Source, SourceSecret
from events.sources.encryption import encrypt
from tests.support.ports import HOST, free_port
from tests.support.vendor_requests import new_source
from tests.support.web_server import WebServer, run_web_server

pytestmark = pytest.mark.django_db(transaction=True)

EVENTS = [{"event": "lead.created", "payload": {"id": f"ld_{number}"}} for number in range(3)]


@pytest.fixture(scope="module")
def web(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebServer]:
    with run_web_server(tmp_path_factory.mktemp("web")) as server:
        yield server


@pytest.fixture
def lines(tmp_path: Path) -> Path:
    path = tmp_path / "events.jsonl"
    path.write_text("\n".join(map(json.dumps, EVENTS)) + "\n")
    return path


def deliver(web: WebServer, *args: object) -> str:
    out = io.StringIO()
    call_command("deliver", *map(str, args), "--url", web.url, stdout=out)
    return out.getvalue()


def stored_bodies() -> list[bytes]:
    return [bytes(body) for body in Event.objects.order_by("id").values_list("body", flat=True)]


@pytest.mark.parametrize("scheme", Scheme.values)
def test_deliveries_of_every_scheme_are_accepted(scheme: str, web: WebServer, lines: Path) -> None:
    new_source(scheme)
    assert deliver(web, "acme", lines).startswith("accepted 3, duplicate 0, malformed 0: 3 events in ")
    assert stored_bodies() == [json.dumps(event).encode() for event in EVENTS]


def test_header_prefix_and_encoding_of_the_source_are_used(web: WebServer, lines: Path) -> None:
    new_source("hmac-sha256", header="X-Hub", prefix="sha256=", encoding="base64")
    assert deliver(web, "acme", lines).startswith("accepted 3,")


def test_events_of_an_invented_company_are_accepted(web: WebServer) -> None:
    new_source()
    assert deliver(web, "acme", "--realistic", 20).startswith("accepted 20, duplicate 0, malformed 0:")


def test_a_document_is_posted_byte_for_byte(web: WebServer, tmp_path: Path) -> None:
    new_source()
    document = tmp_path / "lead.json"
    document.write_bytes(json.dumps(EVENTS[0], indent=3).encode() + b"\r\n \n")
    deliver(web, "acme", document)
    assert stored_bodies() == [document.read_bytes()]


def test_a_byte_order_mark_is_not_posted(web: WebServer, lines: Path) -> None:
    new_source()
    lines.write_bytes(BOM_UTF8 + lines.read_bytes())
    deliver(web, "acme", lines)
    assert stored_bodies() == [json.dumps(event).encode() for event in EVENTS]


def test_repeated_deliveries_are_duplicates(web: WebServer, lines: Path) -> None:
    new_source()
    assert deliver(web, "acme", lines, "--repeat", "3").startswith("accepted 3, duplicate 6, malformed 0:")


def test_shuffled_deliveries_come_in_another_order(web: WebServer, tmp_path: Path) -> None:
    new_source()
    path = tmp_path / "events.jsonl"
    bodies = [json.dumps({"event": "x", "payload": {"id": number}}).encode() for number in range(30)]
    path.write_bytes(b"\n".join(bodies))
    deliver(web, "acme", path, "--shuffle")
    assert stored_bodies() != bodies
    assert sorted(stored_bodies()) == sorted(bodies)


def test_the_rate_is_kept(web: WebServer, lines: Path) -> None:
    new_source()
    started = time.monotonic()
    deliver(web, "acme", lines, "--repeat", "2", "--rate", "10")
    assert time.monotonic() - started >= 0.5


def test_malformed_events_are_counted_and_do_not_fail_the_command(web: WebServer, tmp_path: Path) -> None:
    new_source()
    path = tmp_path / "a.json"
    path.write_text("[1]")
    assert deliver(web, "acme", path).startswith("accepted 0, duplicate 0, malformed 1:")


def test_refused_deliveries_are_counted_by_status_and_fail_the_command(
    web: WebServer, lines: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    new_source()
    Source.objects.update(active=False)
    with pytest.raises(CommandError, match=r"refused\. No active source has this address") as raised:
        call_command("deliver", "acme", str(lines), "--url", web.url)
    assert "refused with 404 3: 3 events" in capsys.readouterr().out
    assert raised.value.returncode == 1


def test_nothing_at_the_url_is_one_line(lines: Path) -> None:
    new_source()
    url = f"http://{HOST}:{free_port()}"
    with pytest.raises(
        CommandError,
        match=f"{url} does not answer: Connection refused. Start the mirror, or pass its URL with --url",
    ) as raised:
        call_command("deliver", "acme", str(lines), "--url", url)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["nope", "{lines}"], "no source 'nope'; there are: acme"),
        (["acme", "absent.json"], "absent.json: No such file or directory"),
        (["acme", "{lines}", "--url", "here"], "here is not a URL"),
        (["acme", "{lines}", "--url", "http://x:99999"], "http://x:99999 is not a URL"),
        (["acme", "{lines}", "--repeat", "0"], "'0' is not a number above zero"),
        (["acme", "{lines}", "--rate", "nan"], "'nan' is not a number above zero"),
        (["acme"], "Name the files to deliver"),
    ],
)
def test_a_mistake_is_one_line(args: list[str], words: str, lines: Path) -> None:
    new_source()
    with pytest.raises(CommandError, match=re.escape(words)) as raised:
        call_command("deliver", *(arg.format(lines=lines) for arg in args))
    assert "\n" not in str(raised.value)


def test_a_secret_that_the_scheme_cannot_use_is_one_line(web: WebServer, lines: Path) -> None:
    new_source()
    SourceSecret.objects.update(ciphertext=encrypt("no key of this scheme"))
    with pytest.raises(CommandError, match="The events cannot be signed: ") as raised:
        call_command("deliver", "acme", str(lines), "--url", web.url)
    assert "\n" not in str(raised.value)


def test_a_source_whose_vendor_is_gone_is_one_line() -> None:
    new_source()
    Source.objects.update(vendor="gone")
    with pytest.raises(CommandError, match="gone") as raised:
        call_command("deliver", "acme", "--generate", "3")
    assert "\n" not in str(raised.value)


def test_a_file_that_is_not_json_is_named_before_anything_is_posted(
    web: WebServer, lines: Path, tmp_path: Path
) -> None:
    new_source()
    (tmp_path / "bad.json").write_text("{not json")
    with pytest.raises(CommandError, match=r"bad\.json: not JSON: "):
        deliver(web, "acme", lines, tmp_path / "bad.json")
    assert not Event.objects.exists()


def test_a_retry_carries_the_same_id() -> None:
    from events import signatures

    source, secret = new_source()
    first, later = (signatures.sign(source, secret, b"{}", at) for at in (1, 2))
    assert first["webhook-id"] == later["webhook-id"]
    assert first["webhook-id"] != signatures.sign(source, secret, b"[]", 1)["webhook-id"]
