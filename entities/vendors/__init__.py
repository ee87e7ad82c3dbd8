"""The vendors: a module each, found by being here. A module's `VENDOR` is its whole contract."""

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from entities.vendor_language import Vendor


class UnknownVendor(KeyError):
    """No module of that name; the message names those that there are."""

    def __init__(self, name: str) -> None:
        super().__init__(f"unknown vendor {name!r}; known: {', '.join(sorted(all_vendors()))}")

    def __str__(self) -> str:
        return str(self.args[0])


@cache
def all_vendors() -> dict[str, Vendor]:
    """Each vendor by its module's name."""
    names = sorted(module.name for module in iter_modules(__path__))
    return {name: import_module(f"{__name__}.{name}").VENDOR for name in names}


def get_vendor(name: str) -> Vendor:
    """The vendor of that name; raises UnknownVendor."""
    try:
        return all_vendors()[name]
    except KeyError:
        raise UnknownVendor(name) from None
