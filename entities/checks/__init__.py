"""Django system checks: a mistake in a vendor's tables or a record's rules is an error, not a lost value.

`manage.py check` runs them. Nothing but checks belongs here. May import the rooms below it in the contract
`entities-rooms`, and `crmmirror.lib`.
"""

from entities.checks.record_checks import check_records
from entities.checks.vendor_checks import check_vendors

__all__ = ["check_records", "check_vendors"]
