"""Limits how many exports of one token or session a process makes or sends at a time."""

from collections import Counter
from collections.abc import Callable
from threading import Lock
from typing import Any

from rest_framework.exceptions import Throttled

from entities.access.visibility import Viewer

MAX_EXPORTS = 2
RETRY_SECONDS = 10

_lock = Lock()
_running: Counter[tuple[str, Any]] = Counter()


def take_place(viewer: Viewer) -> Callable[[], None]:
    """Count one export of the viewer; return what ends it, which may be called twice. Raises Throttled."""
    key = (type(viewer).__name__, viewer.pk)
    with _lock:
        if _running[key] >= MAX_EXPORTS:
            raise Throttled(
                RETRY_SECONDS,
                f"Of one token or session, {MAX_EXPORTS} exports are made or sent at a time."
                " Ask for the next one when one of them has ended.",
            )
        _running[key] += 1
    is_held = True

    def release() -> None:
        nonlocal is_held
        with _lock:
            if is_held:
                is_held = False
                _running[key] -= 1
                if not _running[key]:
                    del _running[key]

    return release
