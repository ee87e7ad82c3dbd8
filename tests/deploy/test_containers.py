"""The promises of the image and the compose file: another user, read-only files, no rights, an order."""

import re
import subprocess
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from crmmirror.environment import Environment
from crmmirror.secret_files import SECRET_SETTINGS, read_secret_files
from tests.support.deployed_code import COMPOSE, DEPLOY, compose_example, read_compose
from tests.support.setting_names import settings_of_the_code

pytestmark = pytest.mark.unit

DOCKERFILE = (DEPLOY / "Dockerfile").read_text()
SERVICES = read_compose()["services"]
MIRROR = {name: service for name, service in SERVICES.items() if service["image"] == "crmmirror"}
WEB = ["deliveries-1", "deliveries-2", "people-1", "people-2"]
OTHERS = ["postgres", "valkey", "migrate", "worker-1", "worker-2", "beat", "nginx"]


def test_the_compose_file_has_every_part() -> None:
    assert sorted(SERVICES) == sorted(WEB + OTHERS)


@pytest.mark.parametrize("name", SERVICES)
def test_no_container_can_write_its_files_or_has_a_right(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "cap_add" not in service
    assert "privileged" not in service
    uid, gid = service["user"].split(":")
    assert int(uid) > 0
    assert int(gid) > 0


@pytest.mark.parametrize("name", MIRROR)
def test_secrets_come_as_files_and_every_setting_exists(name: str) -> None:
    environment = MIRROR[name]["environment"]
    of_files = {f"{secret}_FILE" for secret in SECRET_SETTINGS}
    assert set(environment) <= settings_of_the_code() - set(SECRET_SETTINGS) | of_files
    files = {
        value.removeprefix("/run/secrets/") for value in environment.values() if "/run/secrets/" in value
    }
    assert files == set(MIRROR[name]["secrets"]) <= set(read_compose()["secrets"])


@pytest.mark.parametrize("name", sorted(set(MIRROR) - {"migrate"}))
def test_everything_waits_for_the_migration_which_waits_for_the_database(name: str) -> None:
    assert MIRROR[name]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}
    assert MIRROR["migrate"]["depends_on"]["postgres"] == {"condition": "service_healthy"}


def test_only_nginx_can_be_reached_and_the_servers_reach_nobody() -> None:
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["nginx"]
    assert read_compose()["networks"]["inside"] == {"internal": True}
    assert {name for name, service in SERVICES.items() if service["networks"] == ["inside"]} == {
        "postgres",
        "valkey",
    }


def test_every_container_that_answers_has_a_health_check() -> None:
    assert re.search(r"^HEALTHCHECK .*\n\s+CMD .*/healthz", DOCKERFILE, re.MULTILINE)
    without = {name for name, service in MIRROR.items() if service.get("healthcheck") == {"disable": True}}
    assert without == {"migrate", "worker-1", "worker-2", "beat"}
    assert {"healthcheck"} <= set(SERVICES["postgres"]) & set(SERVICES["valkey"])


def test_beat_runs_once_and_web_and_workers_twice() -> None:
    roles = [service["environment"].get("WEB_ROLE") for service in MIRROR.values()]
    assert (roles.count("deliveries"), roles.count("all")) == (2, 2)
    commands = [" ".join(compose_example(name).argv) for name in MIRROR]
    assert sum("crmmirror worker" in command for command in commands) == 2
    assert sum("crmmirror beat" in command for command in commands) == 1


def test_the_image_is_built_in_two_stages_for_another_user_than_root() -> None:
    images = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    assert len(images) == 2
    assert all(re.search(r":\d", image) for image in images), "pin the version of the image"
    last = DOCKERFILE[DOCKERFILE.rindex("FROM ") :]
    assert re.search(r"^USER 10001:10001$", last, re.MULTILINE)
    assert last.index("COPY ") < last.index("USER ")
    assert "--chown" not in last
    assert not re.search(r"^ADD ", DOCKERFILE, re.MULTILINE)
    assert not re.search(r"^(ENV|ARG) .*(KEY|PASSWORD|TOKEN)", DOCKERFILE, re.MULTILINE)


def test_only_what_the_image_copies_is_sent_to_its_builder() -> None:
    ignored = (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines()
    sent = {line.removeprefix("!") for line in ignored if line.startswith("!")}
    copied = set(re.findall(r"^COPY (?!--from)(\S+)", DOCKERFILE, re.MULTILINE))
    assert ignored[0] == "*"
    assert sent == copied


def test_the_two_nginx_files_differ_in_addresses_paths_and_ports_only() -> None:
    replaced = {
        r"127\.0\.0\.1:8001": "deliveries-1:8000",
        r"127\.0\.0\.1:8002": "deliveries-2:8000",
        r"127\.0\.0\.1:8003": "people-1:8000",
        r"127\.0\.0\.1:8004": "people-2:8000",
        r"/etc/ssl/mirror\.example\.(pem|key)": r"/run/secrets/certificate.\1",
        r"listen 443 ssl": "listen 8443 ssl",
        r"listen 80;": "listen 8080;",
        r"/var/log/nginx/crmmirror\.log": "/dev/stdout",
    }
    text = (DEPLOY / "nginx" / "crmmirror.conf").read_text().partition("\n")[2]
    for pattern, replacement in replaced.items():
        assert re.search(pattern, text)
        text = re.sub(pattern, replacement, text)
    assert text == (DEPLOY / "compose" / "nginx.conf").read_text().partition("\n")[2]
    for name in WEB:
        assert f"server {name}:8000;" in text


def test_the_script_makes_secrets_that_the_settings_accept(tmp_path: Path) -> None:
    made = make_secrets(tmp_path)
    files = {f"{name}_FILE": str(tmp_path / "secrets" / name) for name in made}
    environment = Environment(read_secret_files(files))
    assert environment.read_database()["PASSWORD"] == made["POSTGRES_PASSWORD"].strip()
    Fernet(environment.read_fernet_keys()[0])
    assert environment.read_broker_url() == "redis://valkey:6379/0"
    assert (tmp_path / "secrets").stat().st_mode & 0o077 == 0
    certificates = {"certificate.pem", "certificate.key"}
    assert set(made) == set(read_compose()["secrets"]) - certificates
    assert "secrets/" in (COMPOSE.parent / ".gitignore").read_text()


def test_the_script_keeps_the_secrets_that_are_there(tmp_path: Path) -> None:
    assert make_secrets(tmp_path) == make_secrets(tmp_path)


def make_secrets(directory: Path) -> dict[str, str]:
    """Run a copy of the script in a directory; return the files that it has made."""
    script = directory / "make_secrets.sh"
    script.write_text((DEPLOY / "compose" / "make_secrets.sh").read_text())
    subprocess.run(["sh", script], check=True)
    return {path.name: path.read_text() for path in (directory / "secrets").iterdir()}
