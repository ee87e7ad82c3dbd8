"""Clients behind two proxies: each has limits of its own, and none can pass for another."""

from collections import Counter
from http.client import HTTPConnection
from pathlib import Path

import pytest

from crmmirror.token_throttle import FAILURE_LIMIT
from tests.support.ports import HOST
from tests.support.proxy_chain import run_proxy_chain
from tests.support.web_server import run_web_server

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.prove]

TWO_PROXIES = {"BEHIND_PROXY": "true", "TRUSTED_PROXIES": "2"}
MORE_THAN_ALLOWED = FAILURE_LIMIT.count + 20
# Both are addresses of this machine.
STRANGER, OFFICE = "127.0.0.7", "127.0.0.8"


def guess_token(port: int, client: str, **headers: str) -> int:
    """Ask the API with a wrong token, from this address of the machine; return the status."""
    http = HTTPConnection(HOST, port, timeout=10, source_address=(client, 0))
    try:
        http.request("GET", "/api/v1/deals/", headers={"Authorization": "Token crm_guess"} | headers)
        return http.getresponse().status
    finally:
        http.close()


def test_a_stranger_behind_two_proxies_throttles_himself_only(tmp_path: Path) -> None:
    with run_web_server(tmp_path, TWO_PROXIES) as web, run_proxy_chain(tmp_path, web.port) as (outer, inner):
        statuses = Counter(guess_token(outer, STRANGER) for _ in range(MORE_THAN_ALLOWED))
        forged = guess_token(outer, STRANGER, **{"X-Forwarded-For": OFFICE})
        other = guess_token(outer, OFFICE)
        past_the_outer_one = guess_token(inner, STRANGER)
    assert statuses[429] > 0
    assert (forged, other) == (429, 401)
    # It counts as a client that is unknown, and not as the one whose address it sends.
    assert past_the_outer_one == 401
