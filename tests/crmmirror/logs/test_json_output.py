"""With LOG_FORMAT=json every line of every process is JSON, from its start to its end."""

import io
import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmmirror.logs.json_output import JsonLines
from tests.crmmirror.test_settings import COMPLETE, NO_STATE_DIRECTORY, settings_without
from tests.support.celery_programs import documented_command
from tests.support.json_logs import is_object, read_json_lines
from tests.support.paths import PROJECT
from tests.support.ports import free_port
from tests.support.running_mirror import wait_until
from tests.support.web_server import run_web_server

GRANIAN_OPTIONS = ("--log-config", "crmmirror/logs/granian.json", "--access-log")


def write_all(*texts: str) -> list[str]:
    """Return the lines that a stream makes of what is written to it."""
    output = io.StringIO()
    stream = JsonLines(output, "info")
    for text in texts:
        stream.write(text)
    return output.getvalue().splitlines()


@pytest.mark.unit
@given(st.lists(st.text()))
def test_whatever_is_written_becomes_json_lines(texts: list[str]) -> None:
    assert all(map(is_object, write_all(*texts, "\n")))


@pytest.mark.unit
def test_a_line_that_is_json_passes_as_it_is_and_another_becomes_an_event() -> None:
    first, second = write_all('{"a": 1}\n', "be", "gun\n\n", "kept")
    assert first == '{"a": 1}'
    assert json.loads(second) | {"timestamp": ""} == {"event": "begun", "level": "info", "timestamp": ""}


@pytest.mark.unit
def test_lines_of_several_threads_do_not_mix() -> None:
    output = io.StringIO()
    stream = JsonLines(output, "info")
    stream.write("one")
    thread = threading.Thread(target=stream.write, args=["another\n"])
    thread.start()
    thread.join()
    stream.write("self\n")
    assert [json.loads(line)["event"] for line in output.getvalue().splitlines()] == ["another", "oneself"]


@pytest.mark.django_db(transaction=True)
def test_a_web_process_writes_json_from_start_to_stop(tmp_path: Path) -> None:
    with run_web_server(tmp_path, {"LOG_FORMAT": "json"}, options=GRANIAN_OPTIONS) as web:
        web.exchange(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        web.exchange(b"GET /admin/ HTTP/1.1\r\nHost: nobody.example\r\nConnection: close\r\n\r\n")
    events = [line["event"] for line in read_json_lines(web.log)]
    for words in ("Listening at", "GET /healthz", "Invalid HTTP_HOST", "Shutting down"):
        assert [event for event in events if words in event], (words, events)


@pytest.mark.django_db(transaction=True)
def test_a_web_process_that_cannot_start_says_so_in_json(tmp_path: Path) -> None:
    log = tmp_path / "log"
    argv = [
        "-m",
        "granian",
        "--interface",
        "wsgi",
        "--port",
        str(free_port()),
        *GRANIAN_OPTIONS,
        "crmmirror.wsgi:application",
    ]
    run_to_end(argv, log, settings_without("SECRET_KEY"))
    assert any("Set SECRET_KEY" in line["event"] for line in read_json_lines(log))


@pytest.mark.parametrize(
    ("program", "number"), [("worker", signal.SIGTERM), ("worker", signal.SIGQUIT), ("beat", signal.SIGTERM)]
)
def test_celery_writes_json_from_start_to_stop(program: str, number: signal.Signals, tmp_path: Path) -> None:
    log = tmp_path / "log"
    options = (
        ["--schedule", str(tmp_path / "schedule"), "--pidfile", ""] if program == "beat" else ["-c", "1"]
    )
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "celery", *documented_command(program), *options],
            env=os.environ | {"LOG_FORMAT": "json", "BROKER_URL": f"redis://127.0.0.1:{free_port()}/0"},
            cwd=PROJECT,
            stdout=output,
            stderr=output,
        )
        try:
            wait_until(lambda: "Connection refused" in log.read_text(), 60)
            process.send_signal(number)
            # Without its broker a worker may wait for ever.
            wait_until(lambda: process.poll() is not None, 5)
        finally:
            process.kill()
            process.wait()
    events = " ".join(line["event"] for line in read_json_lines(log))
    assert ("shutdown (MainProcess)" if program == "worker" else "is starting") in events


@pytest.mark.parametrize("program", ["worker", "beat"])
def test_a_celery_program_without_settings_says_so_in_json(program: str, tmp_path: Path) -> None:
    log = tmp_path / "log"
    run_to_end(["-m", "celery", "--app", "crmmirror", program], log, settings_without("BROKER_URL"))
    assert any("Set BROKER_URL" in line["event"] for line in read_json_lines(log))


@pytest.mark.unit
@pytest.mark.parametrize(
    ("code", "event"),
    [
        ("raise ValueError('one\\ntwo')", "process_failed"),
        ("threading.Thread(target=lambda: 1 / 0).start()", "thread_failed"),
    ],
)
def test_an_exception_that_nobody_catches_is_one_json_line(code: str, event: str, tmp_path: Path) -> None:
    log = tmp_path / "log"
    begin = (
        "import threading; from crmmirror.logs import json_output, logging_config;"
        " logging_config.configure({'format': 'json', 'level': 'INFO'}); json_output.write_json_lines()"
    )
    run_to_end(["-c", f"{begin}\n{code}"], log, COMPLETE)
    [line] = read_json_lines(log)
    assert line["event"] == event
    assert "Traceback" in line["exception"]


def run_to_end(argv: list[str], log: Path, settings: dict[str, str]) -> None:
    """Run a program that cannot start, with these settings and LOG_FORMAT=json."""
    base = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")}
    with log.open("wb") as output:
        subprocess.run(
            [sys.executable, *argv],
            env=base | NO_STATE_DIRECTORY | {"LOG_FORMAT": "json"} | settings,
            cwd=PROJECT,
            stdout=output,
            stderr=output,
            timeout=60,
        )
