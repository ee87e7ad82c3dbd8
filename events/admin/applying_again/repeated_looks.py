"""The pages that look by themselves for what becomes of events that were applied again, for a bounded time.

The parameter `look` counts how often the page has been loaded. With JavaScript, `events/await_outcome.js`
fetches the same address and puts the new content into the page. Without it the browser loads the next look.
"""

from dataclasses import dataclass

from django.http import HttpRequest

from crmmirror.lib.admin_kit.cells import shorten
from crmmirror.lib.admin_kit.request_check import UnusableRequest

LOOK_PARAMETER = "look"
# A worker takes an event up within a second. One minute is long enough to see that none is running.
SECONDS_BETWEEN_LOOKS = 2
MAX_LOOKS = 30


@dataclass(frozen=True)
class RepeatedLooks:
    """The state of a page that goes on looking.

    number: of this look, from 1 on; more than max_looks if the page has stopped. pause: seconds between two.
    """

    number: int
    pause: int = SECONDS_BETWEEN_LOOKS
    max_looks: int = MAX_LOOKS

    @property
    def has_stopped(self) -> bool:
        """Return True if the page has looked for long enough."""
        return self.number > self.max_looks

    @property
    def next_number(self) -> int:
        """Return the number of the next look."""
        return self.number + 1

    @property
    def count_left(self) -> int:
        """Return how many looks follow this one."""
        return max(0, self.max_looks - self.number)

    @property
    def duration(self) -> int:
        """Return for how many seconds the page looks in all."""
        return self.pause * self.max_looks


def read_looks(request: HttpRequest, is_settled: bool) -> RepeatedLooks | None:
    """Return how the page goes on looking; None if it was not asked to, or nothing is left to wait for.

    Raises UnusableRequest.
    """
    text = request.GET.get(LOOK_PARAMETER)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 3 and int(text) > 0):
        raise UnusableRequest(f"The parameter {LOOK_PARAMETER!r} is a number, not {shorten(text)!r}")
    return None if is_settled else RepeatedLooks(int(text))
