"""A vendor that is there for one test: a module in a directory of the test's own."""

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from entities import vendors
from entities.reading.plan import entity_plans
from entities.vendors import all_vendors

NAME = "marigold"


@contextmanager
def temporary_vendor(directory: Path, text: str) -> Iterator[str]:
    """The module's full name, while it is one of the vendors'."""
    (directory / f"{NAME}.py").write_text(text)
    vendors.__path__.append(str(directory))
    _clear_caches()
    try:
        yield f"{vendors.__name__}.{NAME}"
    finally:
        vendors.__path__.remove(str(directory))
        _clear_caches()


def _clear_caches() -> None:
    sys.modules.pop(f"{vendors.__name__}.{NAME}", None)
    vars(vendors).pop(NAME, None)
    importlib.invalidate_caches()
    all_vendors.cache_clear()
    entity_plans.cache_clear()
