"""The class of an error and the place that raised it, for the log, which may not show the error's text."""

from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]


def describe_place(error: BaseException) -> dict[str, str]:
    """Return the fields of a log line: the error's class, and the last place of this code that it passed.

    {"error": "ValueError", "place": "entities/reading/converters.py:88"}.
    """
    trace, place = error.__traceback__, ""
    while trace is not None:
        path = Path(trace.tb_frame.f_code.co_filename)
        if path.is_relative_to(PROJECT) and "site-packages" not in path.parts:
            place = f"{path.relative_to(PROJECT)}:{trace.tb_lineno}"
        trace = trace.tb_next
    return {"error": type(error).__name__, "place": place}
