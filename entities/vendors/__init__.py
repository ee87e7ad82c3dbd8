"""The vendors: one module each, with one `VENDOR`. To add a vendor, add a module; nothing else lists them.

Only tables belong in a vendor's module, no behaviour. It imports `entities.vendor_language` only.
"""

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from entities.vendor_language import Vendor


class UnknownVendor(KeyError):
    """There is no vendor of this name. The message lists the vendors that there are."""

    def __init__(self, name: str) -> None:
        super().__init__(f"unknown vendor {name!r}; known: {', '.join(sorted(all_vendors()))}")

    def __str__(self) -> str:
        return str(self.args[0])


@cache
def all_vendors() -> dict[str, Vendor]:
    """Return module name -> vendor. Imports every vendor's module."""
    names = sorted(module.name for module in iter_modules(__path__))
    return {name: import_module(f"{__name__}.{name}").VENDOR for name in names}


def get_vendor(name: str) -> Vendor:
    """Return the vendor of this name. Raises UnknownVendor."""
    try:
        return all_vendors()[name]
    except KeyError:
        raise UnknownVendor(name) from None
