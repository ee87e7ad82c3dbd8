"""A test event over TLS goes only to a server whose certificate the configured authority has signed."""

from pathlib import Path

import pytest
from django.test import override_settings

from events.models import Event
from events.sender.test_event import send_test_event
from events.sender.webhook_client import EndpointUnreachable
from tests.support.certificates import make_authority, sign_certificate
from tests.support.ports import HOST
from tests.support.vendor_requests import new_source
from tests.support.web_server import run_web_server

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_test_event_goes_to_a_server_of_the_configured_authority_only(tmp_path: Path) -> None:
    private, other = make_authority(tmp_path, "private"), make_authority(tmp_path, "other")
    certificate, key = sign_certificate(private, tmp_path, HOST)
    options = ("--ssl-certificate", str(certificate), "--ssl-keyfile", str(key))
    source, _ = new_source()
    with run_web_server(tmp_path, options=options) as web:
        url = f"https://{HOST}:{web.port}"
        for ca_file in ("", str(other.file)):
            with (
                override_settings(WEB_URL=url, WEB_CA_FILE=ca_file),
                pytest.raises(EndpointUnreachable, match="certificate verify failed"),
            ):
                send_test_event(source)
        with override_settings(WEB_URL=url, WEB_CA_FILE=str(private.file)):
            assert send_test_event(source).status == 202
    assert Event.objects.count() == 1


def test_a_file_of_authorities_that_is_gone_is_named() -> None:
    source, _ = new_source()
    with (
        override_settings(WEB_URL=f"https://{HOST}:1", WEB_CA_FILE="/nonexistent/ca.pem"),
        pytest.raises(EndpointUnreachable, match="WEB_CA_FILE"),
    ):
        send_test_event(source)
