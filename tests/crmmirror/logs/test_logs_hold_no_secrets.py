"""No secret, token, cookie or value of a body is in any log of the stack, whatever goes wrong."""

import hashlib
import hmac
import http.client
import json
import os
import re
import signal
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import psycopg
import pytest
from cryptography.fernet import Fernet

from crmmirror.sign_on.second_factors.factor_codes import RECOVERY_CODES
from tests.support.json_logs import read_json_lines
from tests.support.ports import HOST
from tests.support.running_mirror import Mirror, wait_until
from tests.support.second_factors import make_code
from tests.support.staff_browser import StaffBrowser

pytestmark = pytest.mark.prove

# What must not be in any log begins with one of these words, which are nowhere else.
WORD = "zanzibar"
NUMBER = "7391846205"
ENCRYPTION_KEY = Fernet.generate_key().decode()
# Names the key of a vendor's API to `set_api_key`.
API_KEY_VARIABLE = "ACME_API_KEY"
SETTINGS = {
    "LOG_FORMAT": "json",
    "LOG_LEVEL": "DEBUG",
    "SECRET_KEY": f"{WORD}-secret-key-of-some-length-{'x' * 40}",
    "ENCRYPTION_KEYS": ENCRYPTION_KEY,
    "METRICS_TOKEN": f"{WORD}-metrics-token",
    "ADMIN_PASSWORD": f"{WORD}-admin-password",
    API_KEY_VARIABLE: f"{WORD}-api-key",
    "OIDC_ISSUER": "https://id.invalid",
    "OIDC_CLIENT_ID": "mirror",
    "OIDC_CLIENT_SECRET": f"{WORD}-client-secret",
    "OIDC_GROUPS": "staff=Viewer",
    # Neither is there: connecting to them is an error.
    "EMAIL_URL": f"smtp://mirror:{WORD}-mail-password@127.0.0.1:9",
    "REPLICA_URL": f"postgresql://mirror:{WORD}-replica-password@127.0.0.1:9/mirror",
}
SOURCE_SECRET = f"{WORD}-source-secret-{'s' * 20}"
SERVING = ("web", "endpoint", "worker", "beat")
# Tables that are taken away, so that an act on them is an error in the code or of the database.
BROKEN_TABLES = (
    *("entities_lead", "django_session", "entities_apitoken", "events_event", "events_source"),
    *("auth_user", "entities_secondfactor"),
)
MAIL = f"{WORD}@mirror.example"
# The key of a second factor and a recovery code, as their pages show them.
KEY = re.compile(r"(?:[A-Z2-7]{4} ){7}[A-Z2-7]{4}")
RECOVERY_CODE = re.compile(r"<code>([a-z2-7]{4}(?:-[a-z2-7]{4}){3})</code>")
PAYLOADS: dict[str, Any] = {
    "a lead": {"id": "ld_1", "name": f"{WORD} name", "email": f"{WORD}@example.com", "value": int(NUMBER)},
    "values of wrong types": {
        "id": "ld_2",
        "name": {"a": [f"{WORD} nested"]},
        "value": f"{WORD} value",
        "createdAt": f"{WORD} date",
        "archived": f"{WORD} flag",
        "customFields": f"{WORD} fields",
    },
    "numbers out of range": {"id": "ld_3", "value": float("1e308"), "ownerId": int(NUMBER * 20)},
    "an id that is too long": {"id": WORD * 600, "name": WORD},
    "a null in a text": {"id": "ld_4", "name": f"{WORD}\0null"},
    "no id": {"name": WORD},
    "another kind": [WORD],
}


def make_bodies(kind: str) -> Iterator[bytes]:
    for payload in PAYLOADS.values():
        event = {"event": kind, "timestamp": "2025-01-15T10:30:00Z", "payload": payload}
        yield json.dumps(event).encode()
    yield b'{"event": "' + WORD.encode()
    yield json.dumps({"event": f"{WORD}.created", "timestamp": WORD, "payload": {}}).encode()
    yield WORD.encode() + b"\xff\xfe"


def request(
    port: int, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
) -> int:
    """Send one request, with values of the words above where a log could get them; return the status."""
    connection = http.client.HTTPConnection(HOST, port, timeout=30)
    secretive = {
        "Cookie": f"sessionid={WORD}cookie; known={WORD}known",
        "X-Custom": f"{WORD}-header",
        "User-Agent": f"{WORD}-agent",
        "Referer": f"http://{HOST}/{WORD}",
    }
    try:
        connection.request(method, path, body, {**secretive, **(headers or {})})
        answer = connection.getresponse()
        answer.read()
        return answer.status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()


def sign(body: bytes) -> dict[str, str]:
    return {"X-Signature": hmac.new(SOURCE_SECRET.encode(), body, hashlib.sha256).hexdigest()}


def deliver_everything(mirror: Mirror, path: str, kind: str) -> set[int]:
    """Deliver each body, with the right signature and with wrong ones; return the statuses."""
    statuses = set()
    for body in make_bodies(kind):
        statuses.add(request(mirror.delivery_port, "POST", path, body, sign(body)))
        statuses.add(request(mirror.delivery_port, "POST", path, body, {"X-Signature": WORD}))
        statuses.add(request(mirror.delivery_port, "POST", path, body))
    too_large = WORD.encode() * 400_000
    statuses.add(request(mirror.delivery_port, "POST", path, too_large, sign(too_large)))
    statuses.add(request(mirror.delivery_port, "POST", path, b"{}", {"Content-Encoding": WORD}))
    return statuses


def read_everything(mirror: Mirror, token: str) -> set[int]:
    """Ask for pages and lists, with right and wrong tokens, sessions and passwords."""
    form = urlencode({"username": f"{WORD}-user", "password": f"{WORD}-password"}).encode()
    query = f"email={WORD}%40example.com&name__icontains={WORD}&{WORD}=1"
    statuses = set()
    for authorization in (f"Token {token}", f"Token {WORD}", f"Bearer {WORD}", f"Basic {WORD}"):
        headers = {"Authorization": authorization}
        for path in (
            "/api/v1/leads/",
            f"/api/v1/leads/?{query}",
            f"/api/v1/leads/?cursor={WORD}",
            f"/api/v1/leads/?token={token}",
            f"/api/v1/{token}/",
            "/api/v1/events/1/",
            "/metrics",
        ):
            statuses.add(request(mirror.port, "GET", path, headers=headers))
    statuses.add(request(mirror.port, "GET", f"/admin/entities/lead/?q={WORD}"))
    # A link of a forgotten password, and what a provider sends back: whoever has them may log in.
    statuses.add(request(mirror.port, "GET", f"/admin/reset/MQ/{WORD}-token/"))
    statuses.add(request(mirror.port, "GET", f"/admin/login/oidc/callback/?code={WORD}&state={WORD}"))
    statuses.add(request(mirror.port, "GET", "/admin/", headers={"Host": "elsewhere.example"}))
    for headers in (
        {},
        {"Cookie": f"csrftoken={WORD * 4}", "Content-Type": "application/x-www-form-urlencoded"},
    ):
        statuses.add(request(mirror.port, "POST", "/admin/login/", form, headers))
    return statuses


def use_second_factor(mirror: Mirror) -> set[str]:
    """Add a second factor and log in with it, by right and wrong codes; return its key and recovery codes."""
    browser, other = StaffBrowser(mirror.url), StaffBrowser(mirror.url)
    browser.log_in("admin", SETTINGS["ADMIN_PASSWORD"])
    shown = KEY.search(browser.post("/admin/second-factor/"))
    assert shown
    key = shown[0].replace(" ", "")
    browser.post("/admin/second-factor/", code=f"{WORD}-code")
    codes = RECOVERY_CODE.findall(browser.post("/admin/second-factor/", code=make_code(key)))
    assert len(codes) == RECOVERY_CODES
    other.log_in("admin", SETTINGS["ADMIN_PASSWORD"])
    other.post("/admin/login/code/", code=f"{WORD}-code")
    assert "Log out" in other.post("/admin/login/code/", code=codes[0])
    return {shown[0], key, *codes, *(code.replace("-", "") for code in codes)}


def forget_password(mirror: Mirror) -> None:
    """Ask for the mail with a link to a new password. The mail server is away, which is an error."""
    with psycopg.connect(mirror.database_url, autocommit=True) as database:
        database.execute("UPDATE auth_user SET email = %s WHERE username = 'admin'", [MAIL])
    browser = StaffBrowser(mirror.url)
    browser.get("/admin/password_reset/")
    browser.post("/admin/password_reset/", email=MAIL)
    wait_until(lambda: "password reset email" in (mirror.state / "log" / "web.log").read_text(), 60)


def act_while_a_table_is_away(mirror: Mirror, table: str, path: str, token: str) -> None:
    with psycopg.connect(mirror.database_url, autocommit=True) as database:
        database.execute(f"ALTER TABLE {table} RENAME TO away")
        try:
            deliver_everything(mirror, path, f"lead.updated{table}")
            for body in make_bodies("lead.updated"):
                changed = body.replace(b"{", b'{"table": "%s",' % table.encode(), 1)
                request(mirror.delivery_port, "POST", path, changed, sign(changed))
            read_everything(mirror, token)
            StaffBrowser(mirror.url).log_in("admin", SETTINGS["ADMIN_PASSWORD"])
            mirror.run_command("apply_events")
        finally:
            database.execute(f"ALTER TABLE away RENAME TO {table}")


def refuse_every_row(mirror: Mirror, path: str) -> None:
    """Let the database refuse the records, with errors that quote their rows."""
    with psycopg.connect(mirror.database_url, autocommit=True) as database:
        database.execute(
            "ALTER TABLE entities_lead ADD CONSTRAINT no_lead CHECK (external_id = '') NOT VALID"
        )
        body = next(make_bodies("lead.created")).replace(b"ld_1", b"ld_refused")
        assert request(mirror.delivery_port, "POST", path, body, sign(body)) == 202
        wait_until(lambda: "event_not_applied" in (mirror.state / "log" / "worker.log").read_text(), 20)
        database.execute("ALTER TABLE entities_lead DROP CONSTRAINT no_lead")


def test_no_log_holds_a_secret_a_token_a_cookie_or_a_value_of_a_body(tmp_path: Path) -> None:
    mirror = Mirror(tmp_path / "state", settings=SETTINGS)
    mirror.start("--no-demo")
    try:
        options = ("--vendor", "heffl", "--scheme", "hmac-sha256", "--header", "X-Signature", "--json")
        made = mirror.run_command("create_source", "acme", *options, "--secret", SOURCE_SECRET)
        path = json.loads(made.stdout)["path"]
        assert not mirror.run_command("set_api_key", "acme", "--variable", API_KEY_VARIABLE).returncode
        token = mirror.run_command("create_token", "admin", "--name", "test").stdout.strip()
        delivered = deliver_everything(mirror, path, "lead.created")
        read = read_everything(mirror, token)
        factor = use_second_factor(mirror)
        forget_password(mirror)
        refuse_every_row(mirror, path)
        for table in BROKEN_TABLES:
            act_while_a_table_is_away(mirror, table, path, token)
        for pid in mirror.processes("postgres -D"):
            os.kill(pid, signal.SIGKILL)
        deliver_everything(mirror, path, "lead.deleted")
        read_everything(mirror, token)
    finally:
        mirror.stop(signal.SIGTERM)
    assert {200, 202, 401, 413, 415} <= delivered | read
    assert {400, 403} <= read
    logs = list((mirror.state / "log").iterdir())
    assert {f"{name}.log" for name in SERVING} < {log.name for log in logs}
    events = [
        line["event"] for name in SERVING for line in read_json_lines(mirror.state / "log" / f"{name}.log")
    ]
    assert any("Internal Server Error" in event for event in events), "no page was an error"
    assert {"event_not_applied", "delivery_refused"} <= set(events), set(events)
    for log in logs:
        found = [
            line
            for line in log.read_text(errors="replace").splitlines()
            if any(word in line for word in (WORD, NUMBER, token, ENCRYPTION_KEY, *factor))
        ]
        assert not found, f"{log.name} holds {found[0][:1500]}"
