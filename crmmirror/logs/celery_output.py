"""Makes Celery's worker and beat write JSON lines only, with LOG_FORMAT=json, from their first line on."""

from typing import Any

from celery.apps import beat, worker

from crmmirror.logs.json_output import write_directly, write_json_lines


def make_celery_write_json() -> None:
    """Take over what Celery prints: the banners as it starts, and the words with which a worker ends."""
    write_json_lines()
    replacements: tuple[tuple[Any, str, Any], ...] = (
        # A worker says that it ends past the streams, in the handler of a signal.
        (worker, "safe_say", write_directly),
        # Pictures of many lines, which --quiet leaves out too.
        (worker.Worker, "emit_banner", lambda self: None),
        (beat.Beat, "banner", lambda self, service: ""),
    )
    for owner, name, replacement in replacements:
        setattr(owner, name, replacement)
