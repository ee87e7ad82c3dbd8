"""Dates and times as `crmmirror.lib.admin_kit.local_times` writes them: in figures, with 24 hours."""

DATE_FORMAT = SHORT_DATE_FORMAT = "Y-m-d"
DATETIME_FORMAT = SHORT_DATETIME_FORMAT = "Y-m-d H:i"
TIME_FORMAT = "H:i"
