"""Lists the static files once for all test clients.

Each client loads the middleware, and WhiteNoise then asks the file system for each of 180 files: 25 ms for
each of the 3,000 tests that have a client. Web servers that tests start list for themselves.
"""

from typing import Any

from whitenoise.middleware import WhiteNoiseMiddleware

list_files = WhiteNoiseMiddleware.add_files_from_finders
# The files by their addresses, by the address of all of them.
files_by_prefix: dict[str, dict[str, Any]] = {}


def install() -> None:
    """Let WhiteNoise add the files that are listed."""
    WhiteNoiseMiddleware.add_files_from_finders = add_listed_files


def add_listed_files(middleware: WhiteNoiseMiddleware) -> None:
    """Give WhiteNoise the files of the apps, from the list if there is one."""
    prefix = middleware.static_prefix
    if prefix not in files_by_prefix:
        list_files(middleware)
        files_by_prefix[prefix] = dict(middleware.files)
    middleware.files.update(files_by_prefix[prefix])
