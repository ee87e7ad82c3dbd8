"""The mirror's settings, with the pages of `slow_urls`: for a web server that a test starts."""

from crmmirror.settings import *  # noqa: F403

ROOT_URLCONF = "tests.support.slow_urls"
