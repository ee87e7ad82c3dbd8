#!/usr/bin/env python
"""Django's command line for the CRM mirror."""

import os
import sys

from django.core.management import execute_from_command_line
from django.db import OperationalError

from crmmirror.environment import exit_on_wrong_settings


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crmmirror.settings")
    try:
        with exit_on_wrong_settings():
            execute_from_command_line(sys.argv)
    except OperationalError as error:
        sys.exit(f"error: the database at DATABASE_URL does not answer: {' '.join(str(error).split())}")


if __name__ == "__main__":
    main()
