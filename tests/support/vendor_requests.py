"""A vendor's side: a source that it delivers to, and signed requests to the source's address."""

import json
from typing import Any

from django.test import Client
from django.urls import reverse

from entities.audit import identify_command
from events import signatures
from events.models import Event, Source, SourceSecret
from events.signatures.signature_rows import uses_key_pair
from events.sources.public_address import public_url
from events.sources.registry import create_source
from events.sources.trial_keys import active_trial_keys, add_trial_key, choose_signing_secret
from tests.support.ports import HOST

EVENT = {
    "event": "lead.created",
    "timestamp": "2025-01-15T10:30:00Z",
    "payload": {"id": "ld_1", "name": "Ann"},
}
BODY = json.dumps(EVENT).encode()
UNKNOWN_ADDRESS = "/webhooks/nobody/"  # The address of no source.

client = Client()


def new_source(scheme: str = "standard-webhooks", slug: str = "acme", **options: str) -> tuple[Source, str]:
    """Create a source; return it with its secret."""
    return create_source(slug, "heffl", scheme, **options)


def add_secret(source: Source, secret: str, **fields: Any) -> SourceSecret:
    """Give the source one more secret."""
    from events.sources import encryption

    return SourceSecret.objects.create(source=source, ciphertext=encryption.encrypt(secret), **fields)


def delivery_path(source: Source) -> str:
    return reverse("webhooks:receive", args=[source.uuid])


def build_head(source: Source, *headers: str) -> bytes:
    """Return the head of a delivery as it goes over the wire, up to the empty line before the body."""
    lines = [f"POST {delivery_path(source)} HTTP/1.1", f"Host: {HOST}", "Connection: close", *headers, "", ""]
    return "\r\n".join(lines).encode()


def post(source: Source, body: bytes, headers: dict[str, str] | None = None, /, **environ: Any) -> Any:
    """Post a body as it is, without a signature."""
    return client.post(
        delivery_path(source), body, content_type="application/json", headers=headers or {}, **environ
    )


def deliver(source: Source, secret: str, body: bytes = BODY, **environ: Any) -> Any:
    """Sign a body and post it; with a trial key, if the vendor signs with a private key of its own."""
    return post(source, body, sign(source, secret, body), **environ)


def sign(source: Source, secret: str, body: bytes) -> dict[str, str]:
    """Return the headers of a signed delivery."""
    key = find_trial_key(source) if uses_key_pair(source) else secret
    return signatures.sign(source, key, body, url=public_url(delivery_path(source)))


def find_trial_key(source: Source) -> str:
    """Return the source's trial key, which is made if there is none."""
    if not active_trial_keys(source).exists():
        add_trial_key(source, identify_command("tests"))
    return choose_signing_secret(source)


def accepts_signed_with(source: Source, *secrets: str) -> list[bool]:
    """Return for each secret whether the source accepts a delivery that is signed with it."""
    bodies = [BODY + f" {SourceSecret.objects.count()}{index}".encode() for index in range(len(secrets))]
    pairs = zip(secrets, bodies, strict=True)
    return [deliver(source, secret, body).status_code != 401 for secret, body in pairs]


def assert_refused(response: Any, status: int, reason: str) -> None:
    """Assert that the endpoint answered with this problem, and stored nothing."""
    assert response.status_code == status
    assert response["Content-Type"] == "application/problem+json"
    problem = response.json()
    assert set(problem) == {"type", "title", "status", "detail"}
    assert problem["status"] == status
    assert problem["type"] == f"urn:crmmirror:problem:{reason}"
    assert Event.objects.count() == 0
