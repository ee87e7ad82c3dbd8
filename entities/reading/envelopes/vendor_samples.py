"""The vendors' sample bodies, which are part of the product: checks and generated events are made of them.

They are files in the folder `samples/<vendor>` beside the vendors' modules, with the bodies as they are
delivered: `*.json`, or `*.form` of a vendor that sends forms. What is in a folder `expected` says what
the mirror makes of them, and is for tests.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from entities import vendors
from entities.vendor_language import BodyFormat

EXPECTED: Final = "expected"
SUFFIXES: Final = {BodyFormat.JSON: ".json", BodyFormat.FORM: ".form"}


@dataclass(frozen=True)
class SampleBody:
    """One sample. name: its path within the vendor's folder. body: its bytes."""

    name: str
    body: bytes


def sample_folder(vendor_name: str) -> Path:
    """Return the folder of a vendor's samples, which stands beside its module; it may be missing."""
    folders = [Path(directory) / "samples" / vendor_name for directory in vendors.__path__]
    return next((folder for folder in folders if folder.is_dir()), folders[-1])


def sample_bodies(vendor_name: str) -> tuple[SampleBody, ...]:
    """Return the samples of a vendor in the order of their names, the documented ones first."""
    folder = sample_folder(vendor_name)
    names = [path.relative_to(folder) for path in list_sample_files(folder)]
    names.sort(key=lambda name: (len(name.parts), name))
    return tuple(SampleBody(str(name), (folder / name).read_bytes()) for name in names)


def list_sample_files(folder: Path) -> Iterator[Path]:
    """Yield the files of the samples in a folder and its sub-folders."""
    return (
        path
        for path in folder.rglob("*")
        if path.suffix in SUFFIXES.values() and path.parent.name != EXPECTED
    )
