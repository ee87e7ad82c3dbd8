"""What axe-core finds on the page that a browser shows: serious and critical faults of accessibility."""

from pathlib import Path
from typing import Any

import axe_playwright_python
from playwright.sync_api import Page

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
OPTIONS = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]},
    "resultTypes": ["violations"],
    # The content security policy forbids to fetch the stylesheets anew.
    "preload": False,
}
GRAVE = ("serious", "critical")
# What is folded is not seen by axe. What unfolds over the page would hide what is below it, and stays folded.
UNFOLD = """
for (const it of document.querySelectorAll("details")) {
    it.open = true;
    it.open = ![...it.children].some(part => getComputedStyle(part).position === "absolute");
}
"""
# A colour that is on its way from one theme to the other is neither.
SETTLE = "document.getAnimations().forEach(it => { it instanceof CSSTransition && it.finish() })"


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
