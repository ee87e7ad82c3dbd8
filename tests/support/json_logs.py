"""Logs of processes that run with LOG_FORMAT=json."""

import json
from pathlib import Path
from typing import Any


def read_json_lines(log: Path) -> list[dict[str, Any]]:
    """Return the lines of a log. Fails if one of them is no JSON object."""
    lines = log.read_text().splitlines()
    for line in lines:
        assert is_object(line), f"{log.name} has a line that is not JSON: {line[:300]}"
    return [json.loads(line) for line in lines]


def is_object(line: str) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False
