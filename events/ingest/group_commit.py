"""Does together what several threads ask for at once: group commit.

The first to ask leads: it writes at once, alone. Who asks meanwhile waits, and one of them then leads
for all who wait. So nobody waits for company, and the busier it is the fewer transactions there are.
"""

from collections.abc import Callable, Sequence
from threading import Lock
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

# What one transaction holds at most.
MAX_GROUP_SIZE = 128


class WaitingItem(Generic[Item, Result]):
    """One thing that was asked for; once it is done, `result` is there or `error`."""

    __slots__ = ("_latch", "error", "is_done", "item", "result")

    def __init__(self, item: Item) -> None:
        self.item = item
        self.is_done = False
        self.result: Result
        self.error: BaseException | None = None
        self._latch = Lock()
        self._latch.acquire()

    def wait(self) -> None:
        """Until it is done, or its thread is to lead."""
        self._latch.acquire()

    def wake(self) -> None:
        self._latch.release()


class GroupCommit(Generic[Item, Result]):
    """Any number of threads that submit items, and one at a time that writes them.

    write: takes up to MOST items and gives each one's result, in their order. What it raises is raised
        to all whose items it was given, and to all who wait by then.
    """

    def __init__(self, write: Callable[[Sequence[Item]], Sequence[Result]]) -> None:
        self._write = write
        self._lock = Lock()
        self._waiting: list[WaitingItem[Item, Result]] = []
        self._is_led = False

    def submit(self, item: Item) -> Result:
        """The item's result. Raises what `write` raises."""
        entry: WaitingItem[Item, Result] = WaitingItem(item)
        with self._lock:
            self._waiting.append(entry)
            leads, self._is_led = not self._is_led, True
        if not leads:
            entry.wait()
        if not entry.is_done:
            self._lead()
        if entry.error is not None:
            raise entry.error
        return entry.result

    def _lead(self) -> None:
        """Does what waits, that of the leader first, and hands on."""
        with self._lock:
            taken, self._waiting = self._waiting[:MAX_GROUP_SIZE], self._waiting[MAX_GROUP_SIZE:]
        try:
            for entry, result in zip(taken, self._write([entry.item for entry in taken]), strict=True):
                entry.result = result
        except BaseException as error:
            with self._lock:
                taken, self._waiting = taken + self._waiting, []
            for entry in taken:
                entry.error = error
        for entry in taken:
            entry.is_done = True
        with self._lock:
            self._is_led = bool(self._waiting)
            following = self._waiting[:1]
        for entry in following + taken[1:]:
            entry.wake()
