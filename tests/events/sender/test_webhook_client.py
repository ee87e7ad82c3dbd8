"""Events are sent as each vendor would sign them, without an option: by `deliver`, and by the test event."""

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import override_settings

from entities.signature_language import SCHEMES, Signature
from events.models import Event, Source
from tests.support.signing_vendor import BODY, CLOSE, GOHIGHLEVEL, HUBSPOT, PIPEDRIVE, signing_vendor
from tests.support.staff_client import log_in_staff, page_url
from tests.support.third_vendor import NAME

pytestmark = pytest.mark.django_db(transaction=True)

# A public key whose owner nobody is.
RSA_KEY = (
    "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDaLQZTqz+tmE9s21nuzEhNE6pgdUu7Ci/luYKFvcl6YUv/ovEe8R"
    "/0gLP7mbcl8VWDYMWluQ1lPx++QoEQrtF/t2tn0Z+BpTyhebaygrASehPqaTiMky+2SPEoFVXnVdbJ723i+058fxTh"
    "4pd1mNfh9Oj1WwKBZMpSpth2EvRmpwIDAQAB"
)
IN_BODY = Signature(
    "hmac-sha256",
    body_path="sign.hash",
    signed="{time}{body:sign.by}",
    time="body:sign.at",
    time_unit="iso8601",
)
SIGNATURES = {
    "hubspot": HUBSPOT,
    "pipedrive": PIPEDRIVE,
    "close": CLOSE,
    "gohighlevel": GOHIGHLEVEL,
    "rsa": Signature("rsa-sha256", header="X-WH-Signature", encoding="base64", public_key=RSA_KEY),
    "in the body": IN_BODY,
    "a token in the body": Signature("equal", body_path="token", encoding="text"),
    "sha256": Signature("sha256", header="X-Signature", signed="{secret}{body}"),
    "hmac-sha512": Signature("hmac-sha512", header="X-Signature", key_prefix="key-"),
    **SCHEMES,
}


@pytest.fixture(params=SIGNATURES.values(), ids=list(SIGNATURES))
def url(request: pytest.FixtureRequest, live_server: Any) -> Iterator[str]:
    with signing_vendor(request.param), override_settings(WEB_URL=live_server.url, TRIAL_KEYS=True):
        yield live_server.url


def test_a_source_without_options_takes_what_is_sent_to_it(url: str, tmp_path: Path) -> None:
    file = tmp_path / "events.json"
    file.write_bytes(BODY)

    call_command("create_source", "acme", "--vendor", NAME, stdout=io.StringIO())
    out = io.StringIO()
    call_command("deliver", "acme", str(file), stdout=out)
    assert out.getvalue().startswith("accepted 1, ")
    content = json.loads(bytes(Event.objects.get().body))
    assert content["object"] == json.loads(BODY)["object"]
    source = Source.objects.get()
    answer = log_in_staff().post(page_url(source).replace("change", "trial"), follow=True)
    assert "was answered 202 accepted" in answer.content.decode()
    assert Event.objects.count() == 2
