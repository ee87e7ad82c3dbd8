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
# The contrast of texts takes three quarters of axe's time, and most texts look like others of this page or of
# an earlier one: axe measures the first of those that look the same, which this marks. known: hashes of the
# looks of the texts that were measured. Returns those of the marked ones.
MARK_TEXTS = """known => {
    const measured = new Set(known), fresh = new Set(), looks = new Map();
    const hash = values => [...values.join()].reduce(
        (sum, letter) => Math.imul(sum ^ letter.codePointAt(0), 0x01000193), 0x811c9dc5);
    const look = it => {
        if (!looks.has(it)) {
            const style = getComputedStyle(it), is_body = it === document.body;
            looks.set(it, hash([
                is_body ? "" : look(it.parentElement), is_body ? "" : it.getAttribute("class"), it.tagName,
                style.color, style.font, style.opacity, style.backgroundColor, style.backgroundImage,
                style.textShadow, style.position, it.matches(":disabled, [aria-disabled=true]"),
                it.closest("label")?.control?.disabled]));
        }
        return looks.get(it);
    };
    const is_text = it => it.matches("input, select, textarea")
        || [...it.childNodes].some(part => part.nodeType === Node.TEXT_NODE && part.nodeValue.trim());
    const is_shown = it => it.getClientRects().length
        && it.checkVisibility({opacityProperty: true, visibilityProperty: true});
    for (const it of document.body.querySelectorAll("*")) {
        it.removeAttribute("data-unmeasured");
        if (is_text(it) && is_shown(it) && !measured.has(look(it))) {
            it.setAttribute("data-unmeasured", "");
            measured.add(look(it));
            fresh.add(look(it));
        }
    }
    return [...fresh];
}"""
MEASURE_MARKED = "axe.configure({rules: [{id: 'color-contrast', selector: '[data-unmeasured]'}]})"


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
        faults = find_faults(visit.page, visit.measured_texts.setdefault((width, theme), set()))
        if (needed := visit.page.evaluate("document.documentElement.scrollWidth")) > width:
            faults.append(f"the page is {needed} px wide")
        # Chromium notes the status of a page that is not 2xx.
        faults += [text for text in visit.complaints if "the server responded with a status of" not in text]
        if faults:
            found[f"{name} {width} {theme}"] = faults
    return found


def find_faults(page: Page, measured_texts: set[int]) -> list[str]:
    """Return the grave faults of the page as it is shown now, with all that is folded unfolded.

    The contrast of texts that look like one of `measured_texts` is not measured again. Adds those that were.
    """
    page.evaluate(f"(() => {{{UNFOLD}}})()")
    page.evaluate(SETTLE)
    if not page.evaluate("typeof window.axe === 'object'"):
        page.evaluate(AXE)
        page.evaluate(MEASURE_MARKED)
    measured_texts |= set(page.evaluate(MARK_TEXTS, list(measured_texts)))
    found = page.evaluate("options => axe.run(document, options)", OPTIONS)
    return [_describe(violation) for violation in found["violations"] if violation["impact"] in GRAVE]


def _describe(violation: dict[str, Any]) -> str:
    nodes = violation["nodes"]
    message = " ".join(nodes[0]["failureSummary"].split()[:40])
    return f"{violation['id']} ({len(nodes)}): {nodes[0]['html'][:160]} {message}"
