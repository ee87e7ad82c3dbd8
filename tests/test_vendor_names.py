"""A vendor's name stays in its module. The direction of imports is import-linter's to check (`make lint`)."""

import re
from pathlib import Path

import pytest

from entities.vendors import all_vendors
from tests.support.paths import PROJECT

pytestmark = pytest.mark.unit
PACKAGES = ("crmmirror", "events", "entities")
TEXTS = sorted(
    path
    for package in PACKAGES
    for suffix in ("py", "html", "css", "js", "txt")
    for path in (PROJECT / package).rglob(f"*.{suffix}")
)


def name_of(path: Path) -> str:
    return str(path.relative_to(PROJECT))


@pytest.mark.parametrize("text", TEXTS, ids=name_of)
def test_a_vendor_is_named_in_its_own_module_only(text: Path) -> None:
    names = [name for name in all_vendors() if text != PROJECT / "entities" / "vendors" / f"{name}.py"]
    found = [name for name in names if re.search(name, text.read_text(), re.IGNORECASE)]
    assert not found, (
        f"{name_of(text)} names {', '.join(found)}: what differs between vendors is data in "
        "entities/vendors/<vendor>.py, read through entities.vendors."
    )
