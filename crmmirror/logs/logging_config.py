"""The configuration of logging: text for a terminal or JSON for machines; LOG_LEVEL is for our own loggers.

Libraries log at WARNING, one line a minute for each cause (`crmmirror.lib.log_bound`).
"""

import logging.config
import os
from typing import Any

import structlog

from crmmirror.lib.log_bound import LibraryLogFilter
from crmmirror.logs.exception_text import format_traceback
from crmmirror.logs.json_output import write_json_lines

OWN_LOGGERS = ("crmmirror", "events", "entities")
SHARED_PROCESSORS = (
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="%Y-%m-%dT%H:%M:%SZ", utc=True),
    structlog.processors.StackInfoRenderer(),
)


def configure(options: dict[str, str]) -> None:
    """Configure structlog and the standard library. Django calls this with the LOGGING setting.

    options: {"format": "console" | "json", "level": a level's name}.
    """
    structlog.configure(
        processors=[*SHARED_PROCESSORS, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    logging.config.dictConfig(_make_dict_config(options))


def asks_for_json() -> bool:
    """Return True if LOG_FORMAT says so; for what has to know it before the settings are read."""
    return os.environ.get("LOG_FORMAT") == "json"


def make_granian_formatter() -> logging.Formatter:
    """Return the formatter of Granian's own lines, for granian.json, which Granian is started with.

    With LOG_FORMAT=json, all that the process writes is JSON from here on.
    """
    if not asks_for_json():
        return logging.Formatter("[%(levelname)s] %(message)s")
    write_json_lines()
    return make_formatter("json")


def make_formatter(log_format: str) -> logging.Formatter:
    """Return the formatter of log lines. log_format: "console" or "json"."""
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=SHARED_PROCESSORS,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.ExceptionRenderer(format_traceback),
            _make_renderer(log_format),
        ],
    )


def _make_dict_config(options: dict[str, str]) -> dict[str, Any]:
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "structlog": {"()": make_formatter, "log_format": options["format"]},
        },
        "filters": {"libraries": {"()": LibraryLogFilter, "own_loggers": OWN_LOGGERS}},
        "handlers": {
            "stderr": {"class": "logging.StreamHandler", "formatter": "structlog", "filters": ["libraries"]}
        },
        "root": {"handlers": ["stderr"], "level": "WARNING"},
        "loggers": {
            **{name: {"level": options["level"]} for name in OWN_LOGGERS},
            "django": {"handlers": [], "propagate": True},
            # Django warns of every 4xx answer: anybody could fill the log.
            "django.request": {"level": "ERROR"},
        },
    }


def _make_renderer(log_format: str) -> Any:
    if log_format == "json":
        return structlog.processors.JSONRenderer()
    return structlog.dev.ConsoleRenderer(colors=False, pad_event_to=0, pad_level=False)
