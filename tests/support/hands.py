"""Works in a browser, by mouse or by keyboard alone, and counts what it costs."""

from playwright.sync_api import ConsoleMessage, Locator, Page

# More than any page has links and fields that Tab reaches.
MAX_TABS = 600
IS_FOCUSED = "element => element === document.activeElement"
# Null for an element that the page has replaced.
HAS_FOCUS = f"element => element.isConnected ? ({IS_FOCUSED})(element) : null"
# The focus is seen if the element has an outline, or a border or shadow that it has not without the focus.
IS_SEEN = """element => {
    const look = () => { const style = getComputedStyle(element);
        return [style.outlineStyle, style.outlineWidth, style.boxShadow, style.borderColor,
            style.textDecoration, style.backgroundColor, style.color].join() };
    const focused = look(), style = getComputedStyle(element);
    const has_outline = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
    element.blur();
    const differs = look() !== focused;
    element.focus();
    return has_outline || differs;
}"""


class Mouse:
    """Works by clicks.

    acts: how often something was activated. loads: how many pages were loaded. complaints: errors and
    warnings on the browser's console.
    """

    def __init__(self, page: Page) -> None:
        self.page, self.acts, self.loads = page, 0, 0
        self.complaints = list[str]()
        page.on("load", self._count_load)
        page.on("console", self._record_complaint)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def open(self, path: str) -> None:
        """Open a page, and count from there."""
        self.page.goto(path)
        self.acts = self.loads = 0

    def activate(self, target: Locator) -> None:
        """Click a link, a button, a box, or what unfolds something."""
        self.acts += 1
        target.click()

    def write(self, target: Locator, text: str) -> None:
        target.fill(text)

    def choose(self, target: Locator, label: str) -> None:
        target.select_option(label=label)

    def press_enter(self) -> None:
        """Send the form whose field was written last."""
        self.page.keyboard.press("Enter")

    def _count_load(self, _: Page) -> None:
        self.loads += 1

    def _record_complaint(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)


class Keyboard(Mouse):
    """Works by the keyboard alone: reaches everything with Tab, and must see where the focus is."""

    def activate(self, target: Locator) -> None:
        self.acts += 1
        self._reach(target)
        kind = target.evaluate("element => element.type || ''")
        self.page.keyboard.press("Space" if kind in ("checkbox", "radio") else "Enter")

    def write(self, target: Locator, text: str) -> None:
        self._reach(target)
        self.page.keyboard.type(text)

    def choose(self, target: Locator, label: str) -> None:
        self._reach(target)
        self.page.keyboard.type(label)

    def _reach(self, target: Locator) -> None:
        target.wait_for()
        # Finding it by its role and name takes as long as several presses, and it may take 200 of them.
        element = target.element_handle()
        for _ in range(MAX_TABS):
            has_focus = element.evaluate(HAS_FOCUS)
            if has_focus:
                break
            if has_focus is None:
                element = target.element_handle()
            self.page.keyboard.press("Tab")
        assert target.evaluate(IS_FOCUSED), f"Tab does not reach {target}"
        assert target.evaluate(IS_SEEN), f"the focus is not seen on {target}"
