"""Imports run crmmirror -> events -> entities, and a vendor's name stays in its module."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from entities import vendors

PROJECT = Path(__file__).resolve().parent.parent
# Each package, and those that it may not import.
BARRED = {"entities": {"events", "crmmirror"}, "events": {"crmmirror"}, "crmmirror": set()}
SOURCES = sorted(path for package in BARRED for path in (PROJECT / package).rglob("*.py"))
TEXTS = sorted(
    path
    for package in BARRED
    for suffix in ("py", "html", "css", "js", "txt")
    for path in (PROJECT / package).rglob(f"*.{suffix}")
)


def name_of(path: Path) -> str:
    return str(path.relative_to(PROJECT))


def imported(source: Path) -> Iterator[tuple[int, str]]:
    """The line and the top package of every import, those within functions too."""
    for node in ast.walk(ast.parse(source.read_text())):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name.split(".")[0]) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.lineno, "." if node.level else (node.module or "").split(".")[0]


@pytest.mark.parametrize("source", SOURCES, ids=name_of)
def test_imports_follow_the_arrow(source: Path) -> None:
    package = source.relative_to(PROJECT).parts[0]
    against = [f"line {line}: {top}" for line, top in imported(source) if top in BARRED[package] | {"."}]
    assert not against, (
        f"{name_of(source)} imports against crmmirror -> events -> entities ({', '.join(against)}): "
        "move the code down the arrow, or hand it in as an argument. Relative imports hide the arrow."
    )


@pytest.mark.parametrize("text", TEXTS, ids=name_of)
def test_a_vendor_is_named_in_its_own_module_only(text: Path) -> None:
    names = [name for name in vendors.every() if text != PROJECT / "entities" / "vendors" / f"{name}.py"]
    found = [name for name in names if re.search(name, text.read_text(), re.IGNORECASE)]
    assert not found, (
        f"{name_of(text)} names {', '.join(found)}: what differs between vendors is data in "
        "entities/vendors/<vendor>.py, read through entities.vendors."
    )
