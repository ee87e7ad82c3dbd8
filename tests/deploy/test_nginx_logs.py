"""The logs of the nginx of deploy/ have no link to a new password, no address of a source and no query."""

import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.support.deployed_code import DEPLOY
from tests.support.documented_web import make_plain
from tests.support.nginx import run_nginx_with
from tests.support.ports import HOST, free_port

pytestmark = pytest.mark.prove

WORD = "zanzibar"
# Of what the nginx of the compose file names, which nobody knows here.
HOSTS = ("deliveries-1", "deliveries-2", "people-1", "people-2")


def fetch(port: int, path: str) -> int:
    """Return the status of an answer, from a nginx behind which nothing is."""
    request = urllib.request.Request(f"http://{HOST}:{port}{path}", headers={"Host": "mirror.example"})
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


@pytest.mark.parametrize("name", ["nginx/crmmirror.conf", "compose/nginx.conf"])
def test_no_log_has_a_secret_of_an_address(tmp_path: Path, name: str) -> None:
    configuration = (DEPLOY / name).read_text()
    for host in HOSTS:
        configuration = configuration.replace(f"{host}:8000", f"{HOST}:{free_port()}")
    port = free_port()
    with run_nginx_with(tmp_path, port, make_plain(configuration, port, tmp_path)):
        assert fetch(port, f"/admin/reset/MQ/{WORD}-token/") == 502
        assert fetch(port, "/admin/login/?known=1") == 502
    access = (tmp_path / "access.log").read_text()
    assert "GET /admin/login/" in access
    assert "known" not in access
    # An error, which names the request: nothing is behind this nginx.
    assert "/admin/login/" in (tmp_path / "error.log").read_text()
    for log in tmp_path.glob("*.log"):
        assert WORD not in log.read_text()
