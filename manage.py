#!/usr/bin/env python
"""Django's command line for the CRM mirror."""

import os
import sys

from django.core.management import execute_from_command_line
from django.db import InternalError, OperationalError, ProgrammingError

from crmmirror.environment import exit_on_wrong_settings
from crmmirror.lib.database.transient_errors import is_read_only, is_schema_error, is_unanswered
from entities.vendors import UnusableVendor


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crmmirror.settings")
    try:
        with exit_on_wrong_settings():
            execute_from_command_line(sys.argv)
    except UnusableVendor as error:
        # Django imports the admin, which knows the vendors' event types, before it runs any command.
        sys.exit(f"error: {error}")
    except InternalError as error:
        if not is_read_only(error):
            raise
        sys.exit("error: the database at DATABASE_URL is read-only: let DATABASE_URL lead to the primary.")
    except OperationalError as error:
        what = "does not answer" if is_unanswered(error) else "refuses a statement"
        sys.exit(f"error: the database at DATABASE_URL {what}: {' '.join(str(error).split())}")
    except ProgrammingError as error:
        if not is_schema_error(error):
            raise
        exit_on_missing_migrations()
        raise


def exit_on_missing_migrations() -> None:
    """End the process with one line if the database lacks migrations of the code, or was never migrated."""
    # Django's models cannot be imported before its settings are read.
    from crmmirror.lib.database.required_migrations import MigrationsMissing, required_migrations

    try:
        required_migrations.look_up()
    except MigrationsMissing as missing:
        sys.exit(f"error: {missing}")


if __name__ == "__main__":
    main()
