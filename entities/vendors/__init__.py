"""The vendors: one module each, with one `VENDOR`. To add a vendor, add a module; nothing else lists them.

Only tables belong in a vendor's module, no behaviour. It imports `entities.vendor_language` and
`entities.signature_language` only.

A process imports the modules once. One that is added, changed or removed later is noticed, and not imported:
the process has to be restarted, since plans and pages have been made from the modules that it knows.
"""

from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from traceback import walk_tb
from types import CodeType

from entities.vendor_language import Vendor


class UnusableVendor(Exception):
    """This process cannot judge the events of a vendor; they must neither be refused for good nor ignored.

    problem: what is wrong, as the rest of a sentence that begins with "this process"; senders may read it.
    message: what terminals and logs say; without it, the problem.
    """

    def __init__(self, problem: str, message: str = "") -> None:
        super().__init__(message or f"this process {problem}")
        self.problem = problem


class UnknownVendor(UnusableVendor, KeyError):
    """There is no vendor of this name. The message lists the vendors that there are."""

    def __init__(self, name: str) -> None:
        known = ", ".join(sorted(all_vendors()))
        super().__init__(f"does not know the vendor {name!r}", f"unknown vendor {name!r}; known: {known}")

    def __str__(self) -> str:
        return str(self.args[0])


@cache
def all_vendors() -> dict[str, Vendor]:
    """Return module name -> vendor. Imports every vendor's module. Raises UnusableVendor."""
    names = sorted(module.name for module in iter_modules(__path__))
    _imported_texts.update({name: _read_text(name) for name in names})
    return {name: _import_vendor(name) for name in names}


def get_vendor(name: str) -> Vendor:
    """Return the vendor of this name. Raises UnusableVendor, of which UnknownVendor is one."""
    try:
        return all_vendors()[name]
    except KeyError:
        raise UnknownVendor(name) from None


def require_current(name: str) -> None:
    """Raise UnusableVendor unless this process has the vendor's module as it now is on disk."""
    get_vendor(name)
    if _read_text(name) != _imported_texts.get(name):
        raise UnusableVendor(f"has an outdated module of the vendor {name!r}")


def find_vendor_problem(name: str) -> str:
    """Return the problem of `require_current` (see UnusableVendor); empty if there is none."""
    try:
        require_current(name)
    except UnusableVendor as error:
        return error.problem
    return ""


def _import_vendor(name: str) -> Vendor:
    try:
        return import_module(f"{__name__}.{name}").VENDOR
    except Exception as error:
        problem = f"cannot import the module of the vendor {name!r} ({type(error).__name__})"
        raise UnusableVendor(problem, f"this process {problem}: {_describe_error(name, error)}") from error


def _describe_error(name: str, error: Exception) -> str:
    """Return what a vendor's module raised, and in which of its lines: for a terminal, not for senders."""
    lines = [line for frame, line in walk_tb(error.__traceback__) if _is_in_module(name, frame.f_code)]
    return f"{error}, in line {lines[-1]}" if lines else str(error)


def _is_in_module(name: str, code: CodeType) -> bool:
    return any(Path(code.co_filename) == Path(directory) / f"{name}.py" for directory in __path__)


def _read_text(name: str) -> bytes | None:
    """Return the text of a vendor's module on disk; None if there is none."""
    paths = (Path(directory) / f"{name}.py" for directory in __path__)
    return next((path.read_bytes() for path in paths if path.exists()), None)


# Module name -> its text when `all_vendors` imported it.
_imported_texts: dict[str, bytes | None] = {}
