"""Log lines: readable on a terminal, JSON for machines; our own at INFO, the libraries' at WARNING."""

import logging.config
from typing import Any

import structlog

OWN = ("crmmirror", "events", "entities")
SHARED = (
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="%Y-%m-%dT%H:%M:%SZ", utc=True),
    structlog.processors.StackInfoRenderer(),
)


def configure(options: dict[str, str]) -> None:
    """Called by Django with the LOGGING setting: {"format": "console" | "json", "level": a level's name}."""
    structlog.configure(
        processors=[*SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    logging.config.dictConfig(_handlers(options))


def _handlers(options: dict[str, str]) -> dict[str, Any]:
    quiet = {"level": "ERROR"}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "structlog": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": SHARED,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    *_renderers(options["format"]),
                ],
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "structlog"}},
        "root": {"handlers": ["stderr"], "level": "WARNING"},
        "loggers": {
            **{name: {"level": options["level"]} for name in OWN},
            # A line for every 4xx would let strangers write the log.
            "django": {"handlers": [], "propagate": True},
            "django.request": quiet,
        },
    }


def _renderers(form: str) -> list[Any]:
    if form == "json":
        return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    plain = structlog.dev.plain_traceback  # The default one shows variables, secrets among them.
    return [
        structlog.dev.ConsoleRenderer(
            colors=False, pad_event_to=0, pad_level=False, exception_formatter=plain
        )
    ]
