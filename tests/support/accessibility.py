"""Finds faults of a page that a browser shows: those of accessibility by axe-core, console, width."""

from pathlib import Path
from typing import Any

import axe_playwright_python
from playwright.sync_api import Page

from tests.support.browser_visit import Visit

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
OPTIONS = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]},
    "resultTypes": ["violations"],
    # The content security policy forbids to fetch the stylesheets anew.
    "preload": False,
}
GRAVE = ("serious", "critical")
# Width and theme.
Looks = tuple[tuple[int, str], ...]
LOOKS: Looks = ((1280, "light"), (390, "dark"), (1280, "dark"), (390, "light"))
# What is folded is not seen by axe. What unfolds over the page would hide what is below it, and stays folded.
UNFOLD = """
for (const it of document.querySelectorAll("details")) {
    it.open = true;
    it.open = ![...it.children].some(part => getComputedStyle(part).position === "absolute");
}
"""
# A colour that is on its way from one theme to the other is neither.
SETTLE = "document.getAnimations().forEach(it => { it instanceof CSSTransition && it.finish() })"


def collect_faults(visit: Visit, address: str, looks: Looks) -> dict[str, list[str]]:
    """Open an address, and return look -> faults of the page, for the looks that have some."""
    visit.complaints.clear()
    visit.goto(address)
    return collect_faults_here(visit, address, looks)


def collect_faults_here(visit: Visit, name: str, looks: Looks = LOOKS) -> dict[str, list[str]]:
    """Do the same for the page that is open. name: of the page, for the report."""
    found = {}
    for width, theme in looks:
        visit.page.set_viewport_size({"width": width, "height": 900})
        visit.page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
        faults = find_faults(visit.page)
        if (needed := visit.page.evaluate("document.documentElement.scrollWidth")) > width:
            faults.append(f"the page is {needed} px wide")
        # Chromium notes the status of a page that is not 2xx.
        faults += [text for text in visit.complaints if "the server responded with a status of" not in text]
        if faults:
            found[f"{name} {width} {theme}"] = faults
    return found


def find_faults(page: Page) -> list[str]:
    """Return the grave faults of the page as it is shown now, with all that is folded unfolded."""
    page.evaluate(f"(() => {{{UNFOLD}}})()")
    page.evaluate(SETTLE)
    if not page.evaluate("typeof window.axe === 'object'"):
        page.evaluate(AXE)
    found = page.evaluate("options => axe.run(document, options)", OPTIONS)
    return [_describe(violation) for violation in found["violations"] if violation["impact"] in GRAVE]


def _describe(violation: dict[str, Any]) -> str:
    nodes = violation["nodes"]
    message = " ".join(nodes[0]["failureSummary"].split()[:40])
    return f"{violation['id']} ({len(nodes)}): {nodes[0]['html'][:160]} {message}"
