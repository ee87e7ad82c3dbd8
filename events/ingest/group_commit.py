"""Group commit: threads that submit items at the same time have them written in one transaction.

The first thread to submit becomes the leader and writes its own item at once, alone. Threads that submit
meanwhile are followers: they wait. When the leader is done, the first follower becomes the next leader and
writes the items of all. So a single item never waits for others to join, and under load there are few
transactions.
"""

from collections.abc import Callable, Sequence
from threading import Lock
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

# The largest number of items in one transaction.
MAX_GROUP_SIZE = 128


class WaitingItem(Generic[Item, Result]):
    """A submitted item. Once `is_done`, it has a `result` or an `error`."""

    __slots__ = ("_latch", "error", "is_done", "item", "result")

    def __init__(self, item: Item) -> None:
        self.item = item
        self.is_done = False
        self.result: Result
        self.error: BaseException | None = None
        self._latch = Lock()
        self._latch.acquire()

    def wait(self) -> None:
        """Block the follower until its item is done, or until it is to become the leader."""
        self._latch.acquire()

    def wake(self) -> None:
        """End the wait of the follower."""
        self._latch.release()


class GroupCommit(Generic[Item, Result]):
    """Lets any number of threads submit items, while one thread at a time, the leader, writes them.

    write: takes up to MAX_GROUP_SIZE items, and returns one result for each, in the same order. An error
        that it raises is raised in all threads whose items it was given, and in all that wait by then.
    """

    def __init__(self, write: Callable[[Sequence[Item]], Sequence[Result]]) -> None:
        self._write = write
        self._lock = Lock()
        self._waiting_items: list[WaitingItem[Item, Result]] = []
        self._has_leader = False

    def submit(self, item: Item) -> Result:
        """Write the item, together with others that wait; return its result. Raises what `write` raises."""
        own: WaitingItem[Item, Result] = WaitingItem(item)
        with self._lock:
            self._waiting_items.append(own)
            is_follower, self._has_leader = self._has_leader, True
        if is_follower:
            own.wait()
        if not own.is_done:
            self._write_group_as_leader()
        if own.error is not None:
            raise own.error
        return own.result

    def _write_group_as_leader(self) -> None:
        """Write one group, the leader's own item first; then wake its followers and the next leader."""
        group = self._remove_waiting(MAX_GROUP_SIZE)
        try:
            for member, result in zip(group, self._write([member.item for member in group]), strict=True):
                member.result = result
        except BaseException as error:
            group += self._remove_waiting(None)
            for member in group:
                member.error = error
        for member in group:
            member.is_done = True
        for member in self._choose_next_leader() + group[1:]:
            member.wake()

    def _remove_waiting(self, count: int | None) -> list[WaitingItem[Item, Result]]:
        """Remove and return the first `count` waiting items; all of them if it is None."""
        with self._lock:
            removed = self._waiting_items[:count]
            del self._waiting_items[:count]
        return removed

    def _choose_next_leader(self) -> list[WaitingItem[Item, Result]]:
        """Return the first waiting item, whose thread leads next; an empty list if no item waits."""
        with self._lock:
            self._has_leader = bool(self._waiting_items)
            return self._waiting_items[:1]
