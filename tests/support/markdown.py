"""Reads Markdown as far as the tests of the documents need it: links, anchors, sections, tables, code."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from tests.support.paths import PROJECT

FENCED = re.compile(r"^ *```.*?^ *```", re.MULTILINE | re.DOTALL)
FENCED_CODE = re.compile(r"^( *)```(\w+)\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^(#+) +(.+?) *$", re.MULTILINE)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
CODE_SPAN = re.compile(r"`([^`\n]+)`")
CODE_SPANS_AND_LINKS = re.compile(r"`|\[([^\]]*)\]\([^)]*\)")
TABLE_ROW = re.compile(r"^\|(.+)\|$", re.MULTILINE)
FOLDERS = ("docs", "crmmirror", "events", "entities", "tests", "bench")


def documents() -> list[Path]:
    """Return every Markdown file of the checkout."""
    nested = (path for folder in FOLDERS for path in (PROJECT / folder).rglob("*.md"))
    return sorted([*PROJECT.glob("*.md"), *nested])


def read(name: str) -> str:
    """Return the text of a document. name: its path in the checkout."""
    return (PROJECT / name).read_text()


def prose(text: str) -> str:
    """Return the text without its fenced code."""
    return FENCED.sub("", text)


def code_blocks(text: str, language: str) -> list[str]:
    """Return the fenced code of a text in one language, without the indentation of its fence."""
    return [
        "\n".join(line.removeprefix(indent) for line in code.split("\n"))
        for indent, named, code in FENCED_CODE.findall(text)
        if named == language
    ]


def links(text: str) -> list[str]:
    return LINK.findall(prose(text))


def code_spans(text: str) -> list[str]:
    return CODE_SPAN.findall(prose(text))


def headings(text: str) -> list[str]:
    return [title for _, title in HEADING.findall(prose(text))]


def anchors(text: str) -> set[str]:
    """Return the anchors that GitHub gives to the headings of a text."""
    counts: Counter[str] = Counter()
    found = set()
    for title in headings(text):
        words = re.sub(r"[^\w\- ]", "", CODE_SPANS_AND_LINKS.sub(r"\1", title).lower())
        anchor = words.replace(" ", "-")
        found.add(f"{anchor}-{counts[anchor]}" if counts[anchor] else anchor)
        counts[anchor] += 1
    return found


def section(text: str, title: str) -> str:
    """Return what stands under a heading, subsections included. Raises ValueError if there is no such one."""
    without_code = prose(text)
    begun = next((found for found in HEADING.finditer(without_code) if found[2] == title), None)
    if begun is None:
        raise ValueError(f"no heading {title!r}")
    end = re.compile(rf"^#{{1,{len(begun[1])}}} ", re.MULTILINE).search(without_code, begun.end())
    return without_code[begun.end() : end.start() if end else None]


def rows(text: str) -> list[list[str]]:
    """Return the cells of every table row of a text, headings and rules included."""
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", row)] for row in TABLE_ROW.findall(prose(text))]


def first_codes(table: Iterable[list[str]], column: int = 0) -> Iterator[str]:
    """Yield the first code span in this column of each row that has one."""
    for cells in table:
        if len(cells) > column and (found := CODE_SPAN.search(cells[column])):
            yield found[1]
