"""The names of the settings, as the code reads them from the environment."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.support.paths import PROJECT

PACKAGES = ("crmmirror", "events", "entities")
SETTING = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)*")
# The variable that Django itself reads; the program sets it for its own entry points.
NOT_OURS = {"DJANGO_SETTINGS_MODULE"}


def environment_names(path: Path) -> Iterator[str]:
    """Yield what a module reads from the environment: `env.str("X")`, `os.environ["X"]` and the like."""
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.Call(
                func=ast.Attribute(value=reader, attr=method), args=[ast.Constant(value=str(name)), *_]
            ):
                if ast.unparse(reader) in ("env", "self", "os.environ") and method != "setdefault":
                    yield name
            case ast.Subscript(value=reader, slice=ast.Constant(value=str(name)), ctx=ast.Load()):
                if ast.unparse(reader) == "os.environ":
                    yield name
            case ast.Compare(left=ast.Constant(value=str(name)), comparators=[reader]):
                if ast.unparse(reader) == "os.environ":
                    yield name
            # In `environment` a name may be spelled once, and read through a variable.
            case ast.Assign(value=ast.Constant(value=str(name))) if path.name == "environment.py":
                yield name


@cache
def settings_of_the_code() -> frozenset[str]:
    """Return the names of all settings. Cached: reading 850 modules takes 2 s."""
    modules = (path for package in PACKAGES for path in (PROJECT / package).rglob("*.py"))
    names = {name for path in modules for name in environment_names(path)}
    return frozenset(name for name in names if SETTING.fullmatch(name)) - NOT_OURS
