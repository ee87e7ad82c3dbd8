"""The layout of the checkout: where tests are, how large folders are, and which terms the code uses."""

import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.paths import PROJECT

pytestmark = pytest.mark.unit

PACKAGES = ("crmmirror", "events", "entities")
MAX_SIBLINGS = 12
# Test files that are named for more than one module -> why.
TEST_FILE_EXCEPTIONS: dict[str, str] = {}
# Modules that have the name of one in the standard library -> why.
STANDARD_NAME_EXCEPTIONS: dict[str, str] = {}
# Folders with more modules than MAX_SIBLINGS -> why.
LARGE_FOLDER_EXCEPTIONS: dict[str, str] = {
    "events/management/commands": "Django looks for an app's commands in this one folder",
}
# Names that Django, Celery or Python give to a module, so that several packages have one.
CONVENTIONAL_NAMES = {
    "__init__",
    "__main__",
    "admin",
    "apps",
    "checks",
    "management",
    "middleware",
    "migrations",
    "models",
    "tasks",
    "urls",
    "views",
}
# Modules of one name in several places -> why.
EQUAL_NAME_EXCEPTIONS: dict[str, str] = {}
PATTERNS = {
    "cache": r"\bcach(e|es|ed)\b",
    "circuit breaker": r"\bcircuit breaker",
    "group commit": r"\bgroup commit",
    "debounce": r"\bdebounc(e|er|es|ed)\b",
    "back-off": r"\bback-?off\b",
    "token bucket": r"\btoken buckets?\b",
    "keyset": r"\bkeyset\b",
    "tombstone": r"\btombstones?\b",
    "upsert": r"\bupserts?\b",
    "idempotent": r"\bidempotent\b",
    "statement timeout": r"\bstatement timeout\b",
}


def relative(path: Path) -> str:
    return path.relative_to(PROJECT).as_posix()


def modules_below(*packages: str) -> Iterator[Path]:
    """Yield the product's modules, without the numbered migrations."""
    for package in packages:
        for path in sorted((PROJECT / package).rglob("*.py")):
            if path.parent.name != "migrations":
                yield path


def is_test_of_room(test: Path) -> bool:
    """Return True if the file's name begins with the name of a module, package or folder of its room.

    In the tests of `management`, the name may be a command's.
    """
    room = PROJECT / test.parent.relative_to(PROJECT / "tests")
    folders = [room, room / "commands"]
    names = {path.stem for folder in folders if folder.is_dir() for path in folder.iterdir()}
    names.add(room.name)
    words = test.stem.removeprefix("test_").split("_")
    return any("_".join(words[:length]) in names for length in range(1, len(words) + 1))


TEST_FILES = sorted(path for package in PACKAGES for path in (PROJECT / "tests" / package).rglob("test_*.py"))
FOLDERS = sorted({path.parent for path in modules_below(*PACKAGES, "bench")})


@pytest.mark.parametrize("test", TEST_FILES, ids=relative)
def test_a_test_file_is_named_for_a_module_of_its_room(test: Path) -> None:
    if relative(test) not in TEST_FILE_EXCEPTIONS:
        room = test.parent.relative_to(PROJECT / "tests")
        assert is_test_of_room(test), f"{relative(test)}: name it test_<module of {room}>[_<aspect>].py"


def test_no_module_has_the_name_of_a_standard_one() -> None:
    names = {
        relative(path)
        for path in modules_below(*PACKAGES)
        if (path.parent.name if path.stem == "__init__" else path.stem) in sys.stdlib_module_names
    }
    assert names == set(STANDARD_NAME_EXCEPTIONS)


@pytest.mark.parametrize("folder", FOLDERS, ids=relative)
def test_a_folder_holds_few_modules(folder: Path) -> None:
    modules = [path.name for path in folder.iterdir() if path.suffix == ".py" and path.stem != "__init__"]
    if relative(folder) not in LARGE_FOLDER_EXCEPTIONS:
        assert len(modules) <= MAX_SIBLINGS, f"{relative(folder)} holds {len(modules)}: make rooms of them"


def test_no_two_modules_have_one_name() -> None:
    modules = list(modules_below("events", "entities", "crmmirror/lib", "bench"))
    counts = Counter(path.stem for path in modules if path.stem not in CONVENTIONAL_NAMES)
    repeated = {name for name, count in counts.items() if count > 1}
    assert repeated == set(EQUAL_NAME_EXCEPTIONS), [
        relative(path) for path in modules if path.stem in repeated - set(EQUAL_NAME_EXCEPTIONS)
    ]


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_pattern_is_called_by_its_standard_name(pattern: str) -> None:
    text = " ".join(path.read_text() for path in modules_below(*PACKAGES))
    assert re.search(PATTERNS[pattern], text, re.IGNORECASE), f"no module says {pattern!r}"
