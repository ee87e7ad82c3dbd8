"""The systemd units: accepted by systemd, hardened, and with the programs that the documents name."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.celery_programs import documented_command
from tests.support.deployed_code import DEPLOY, UNITS, read_unit, unit_example
from tests.support.markdown import read

pytestmark = pytest.mark.unit

SERVICES = sorted(path.name for path in UNITS.glob("*.service"))
COMMON = "crmmirror-.service.d/common.conf"
# By systemd-analyze, from 0 to 10; an ordinary service has 9.6.
MAX_EXPOSURE = 2.5


def installed(directory: Path) -> Path:
    """Install the units below a directory, with programs and a user that exist here; return it."""
    target = directory / "etc" / "systemd" / "system"
    shutil.copytree(UNITS, target)
    for path in target.rglob("*"):
        if path.is_file():
            text = re.sub(r"/opt/crmmirror/\.venv/bin/\w+", "/bin/true", path.read_text())
            path.write_text(text.replace("=crmmirror\n", "=daemon\n"))
    return target


def analyze(*argv: str) -> subprocess.CompletedProcess[str]:
    program = shutil.which("systemd-analyze")
    assert program, "Install Debian's package systemd."
    return subprocess.run([program, *argv], capture_output=True, text=True)


@pytest.mark.parametrize("name", [*SERVICES, "crmmirror.target"])
def test_systemd_accepts_each_unit(name: str, tmp_path: Path) -> None:
    directory = installed(tmp_path)
    path = directory / name.replace("@.", "@8001.")
    if path.name != name:
        (directory / name).rename(path)
    verified = analyze("verify", "--man=no", "--recursive-errors=no", str(path))
    assert verified.returncode == 0, verified.stderr
    assert path.name not in verified.stderr, verified.stderr
    assert "common.conf" not in verified.stderr, verified.stderr


@pytest.mark.parametrize("name", SERVICES)
def test_each_service_is_hardened(name: str, tmp_path: Path) -> None:
    installed(tmp_path)
    unit = name.replace("@.", "@8001.")
    checked = analyze(
        "security", "--offline=true", f"--root={tmp_path}", f"--threshold={MAX_EXPOSURE * 10:.0f}", unit
    )
    assert checked.returncode == 0, checked.stdout[-600:] + checked.stderr


def test_what_is_hardened_is_hardened_for_all() -> None:
    common = read_unit(COMMON)["Service"]
    assert common["User"] == "crmmirror"
    for setting in (
        "NoNewPrivileges",
        "PrivateTmp",
        "ProtectHome",
        "RestrictSUIDSGID",
        "MemoryDenyWriteExecute",
    ):
        assert common[setting] == "yes"
    assert (common["ProtectSystem"], common["CapabilityBoundingSet"]) == ("strict", "")
    for name in SERVICES:
        assert not set(read_unit(name)["Service"]) & set(common), f"{name} overrides the common part"


@pytest.mark.parametrize("program", ["worker", "beat"])
def test_the_units_start_celery_as_the_documents_do(program: str) -> None:
    unit = "crmmirror-worker@.service" if program == "worker" else "crmmirror-beat.service"
    argv = unit_example(unit, "1").argv
    documented = documented_command(program)
    assert list(argv[1 : 1 + len(documented)]) == documented[1:] or set(documented[1:]) <= set(argv)


def test_every_service_but_the_migration_starts_again_and_after_it() -> None:
    for name in SERVICES:
        unit = read_unit(name)
        if name == "crmmirror-migrate.service":
            assert unit["Service"]["Type"] == "oneshot"
            continue
        assert unit["Service"]["Restart"] == "always"
        assert unit["Unit"]["After"] == "crmmirror-migrate.service"


def test_an_upgrade_migrates_by_the_command_of_the_new_release() -> None:
    """An older `crmmirror-manage` does not know CODE, and would say that there is nothing to migrate."""
    migrate = re.findall(r"^ +(CODE=.*)$", read("docs/deploy.md"), re.MULTILINE)
    assert migrate == ["CODE=$release $release/deploy/systemd/crmmirror-manage migrate"]
    assert (UNITS / "crmmirror-manage").stat().st_mode & 0o111 == 0o111


def test_logrotate_accepts_its_example(tmp_path: Path) -> None:
    program = shutil.which("logrotate") or shutil.which("logrotate", path="/usr/sbin")
    assert program, "Install Debian's package logrotate, or run make programs as root."
    example = (DEPLOY / "logrotate").read_text().replace("crmmirror crmmirror", "root root")
    configuration = tmp_path / "crmmirror"
    configuration.write_text(example.replace("/var/log/crmmirror", str(tmp_path)))
    configuration.chmod(0o644)
    (tmp_path / "web.log").write_text("x\n")
    rotated = subprocess.run(
        [program, "--debug", "--state", tmp_path / "state", configuration], capture_output=True, text=True
    )
    assert rotated.returncode == 0, rotated.stderr
    assert "error" not in rotated.stderr, rotated.stderr
