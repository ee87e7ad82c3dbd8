"""A vendor's name stays in its module. The direction of imports is import-linter's to check (`make lint`)."""

import ast
import re
from pathlib import Path

import pytest

from entities.vendors import all_vendors
from tests.support.paths import PROJECT

pytestmark = pytest.mark.unit
PACKAGES = ("crmmirror", "events", "entities")
VENDORS = PROJECT / "entities" / "vendors"
TEXTS = sorted(
    path
    for package in PACKAGES
    for suffix in ("py", "html", "css", "js", "txt")
    for path in (PROJECT / package).rglob(f"*.{suffix}")
)


def name_of(path: Path) -> str:
    return str(path.relative_to(PROJECT))


def list_named_words(text: Path) -> set[str]:
    """Return, in lower case, each text that the file has between quotes, and each module that it imports.

    A vendor may be called Close or Twenty: its name as a word of a sentence, or of an attribute, is no name.
    """
    if text.suffix != ".py":
        return {word.lower() for word in re.findall(r"[\"']([^\"'<>]+)[\"']", text.read_text())}
    nodes = list(ast.walk(ast.parse(text.read_text())))
    words = [node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    names = [
        alias.name for node in nodes if isinstance(node, ast.Import | ast.ImportFrom) for alias in node.names
    ]
    modules = [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
    return {word.lower() for word in (*words, *(name.rpartition(".")[2] for name in (*names, *modules)))}


@pytest.mark.parametrize("text", TEXTS, ids=name_of)
def test_a_vendor_is_named_in_its_own_module_only(text: Path) -> None:
    vendors = [vendor for name, vendor in all_vendors().items() if text != VENDORS / f"{name}.py"]
    words = list_named_words(text)
    found = [vendor.name for vendor in vendors if {vendor.name, vendor.label.lower()} & words]
    assert not found, (
        f"{name_of(text)} names {', '.join(found)}: what differs between vendors is data in "
        "entities/vendors/<vendor>.py, read through entities.vendors."
    )
