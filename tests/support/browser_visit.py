"""A tab of a browser, and what the browser complains about meanwhile."""

from playwright.sync_api import ConsoleMessage, Page


class Visit:
    """A browser tab of a staff user.

    complaints: errors and warnings on the browser's console. measured_texts: width and theme -> the looks of
    the texts whose contrast was measured.
    """

    def __init__(self, page: Page, base: str) -> None:
        self.page, self.base, self.complaints = page, base, list[str]()
        self.measured_texts: dict[tuple[int, str], set[int]] = {}
        page.on("console", self.record_complaint)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def record_complaint(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def goto(self, path: str) -> None:
        self.page.goto(self.base + path)
