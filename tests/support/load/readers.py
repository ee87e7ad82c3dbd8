"""Analysts and staff who read a mirror, from a process of their own.

An analyst pulls every list of the API, page after page without a pause, again and again. A member of staff
opens the admin's lists and the page of the first record of each, with a second's pause.
"""

import itertools
import json
import re
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.client import HTTPConnection
from http.cookiejar import CookieJar
from typing import Any
from urllib.parse import urlencode, urlsplit
from urllib.request import HTTPCookieProcessor, build_opener

from tests.support.paths import PROJECT
from tests.support.ports import HOST

PAGE_SIZE = 500
STAFF_PAUSE_SECONDS = 1.0
TIMEOUT_SECONDS = 60.0
# Until each reader has logged in and is in the middle of its work.
SECONDS_TO_BEGIN = 5.0
LIST_LINK = re.compile(r'href="(/admin/(?:entities|events)/\w+/)"')
PAGE_LINK = re.compile(r'href="(/admin/\w+/\w+/\d+/change/)')
Count = Callable[[str], None]


@contextmanager
def reading(port: int, tokens: Sequence[str], password: str, staff: int) -> Iterator[Counter[str]]:
    """Let analysts with these tokens, and so many staff, read while the context lasts.

    Yields a counter that afterwards has the answers, by kind of reader and status: "pull 200", "staff 200".
    """
    arguments = json.dumps({"port": port, "tokens": tokens, "password": password, "staff": staff})
    counts: Counter[str] = Counter()
    with subprocess.Popen(
        [sys.executable, "-m", "tests.support.load.readers", arguments],
        start_new_session=True,
        stdout=subprocess.PIPE,
        text=True,
        cwd=PROJECT,
    ) as process:
        try:
            time.sleep(SECONDS_TO_BEGIN)
            yield counts
        finally:
            process.terminate()
            printed = process.communicate()[0]
    counts.update(json.loads(printed))


def pull(port: int, token: str, count: Count) -> None:
    """Read all lists of the API to their ends, for ever."""
    connection = HTTPConnection(HOST, port, timeout=TIMEOUT_SECONDS)

    def get(path: str) -> Any:
        connection.request("GET", path, headers={"Authorization": f"Token {token}"})
        answer = connection.getresponse()
        body = answer.read()
        count(f"pull {answer.status}")
        if answer.status == 200:
            return json.loads(body)
        time.sleep(float(answer.headers.get("Retry-After", 1)))
        return get(path)

    lists = [urlsplit(address).path for address in get("/api/v1/").values()]
    for path in itertools.cycle(lists):
        address = f"{path}?page_size={PAGE_SIZE}"
        while address:
            following = urlsplit(get(address)["next"] or "")
            address = following.path and f"{following.path}?{following.query}"


def work_as_staff(port: int, password: str, count: Count) -> None:
    """Open each list of the admin and the page of its first record, for ever."""
    opener = build_opener(HTTPCookieProcessor(cookies := CookieJar()))

    def get(path: str, data: bytes | None = None) -> str:
        with opener.open(f"http://{HOST}:{port}{path}", data, timeout=TIMEOUT_SECONDS) as answer:
            count(f"staff {answer.status}")
            return str(answer.read(), "utf-8")

    get("/admin/login/")
    csrf = {cookie.name: cookie.value for cookie in cookies}["csrftoken"]
    form = {"username": "admin", "password": password, "csrfmiddlewaretoken": csrf, "next": "/admin/"}
    index = get("/admin/login/", urlencode(form).encode())
    for path in itertools.cycle(sorted(set(LIST_LINK.findall(index)))):
        page = PAGE_LINK.search(get(path))
        time.sleep(STAFF_PAUSE_SECONDS)
        if page:
            get(page[1])
            time.sleep(STAFF_PAUSE_SECONDS)


def main() -> None:
    """Read until SIGTERM; then write the counts as JSON. Argument: those of `reading`, as JSON."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    arguments = json.loads(sys.argv[1])
    counts: Counter[str] = Counter()
    lock = threading.Lock()

    def count(key: str) -> None:
        with lock:
            counts[key] += 1

    readers: list[tuple[Callable[[int, str, Count], None], str]] = [
        *((pull, token) for token in arguments["tokens"]),
        *((work_as_staff, arguments["password"]) for _ in range(arguments["staff"])),
    ]
    for read, credential in readers:
        threading.Thread(target=read, args=(arguments["port"], credential, count), daemon=True).start()
    signal.sigwait({signal.SIGTERM})
    with lock:
        sys.stdout.write(json.dumps(counts))


if __name__ == "__main__":
    main()
