"""Whatever says how to start a worker says the same: the documents, /readyz, and the embedded stack."""

import re
from pathlib import Path
from typing import cast

import pytest

from crmmirror.embedded.address import Address
from crmmirror.embedded.processes.supervisor import Supervisor
from crmmirror.embedded.stack import Stack, make_worker_program
from crmmirror.health.checks import CHECKS
from tests.support import markdown

pytestmark = pytest.mark.unit

START = re.compile(r"celery --app crmmirror worker((?: --[a-z-]+)*)")
# How many processes a worker has is for each to choose.
CHOICES = {"--concurrency"}


def stack_options() -> set[str]:
    """Return the options with which the embedded stack starts its worker."""
    address = Address("127.0.0.1", 8000)
    stack = Stack(Path("var"), address, address, cast(Supervisor, None), workers=2)
    argv = make_worker_program(stack, {}).argv
    return {word for word in argv[argv.index("worker") :] if word.startswith("--")} - CHOICES


def test_every_text_starts_a_worker_as_the_embedded_stack_does() -> None:
    texts = {str(path): path.read_text() for path in markdown.documents()}
    texts["/readyz"] = CHECKS["backlog"].remedy
    starts = {name: set(options.split()) for name, text in texts.items() for options in START.findall(text)}
    assert {"/readyz"} < set(starts)
    assert {name: options for name, options in starts.items() if options != stack_options()} == {}
