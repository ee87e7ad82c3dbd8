"""Second factors for users of a test, and the app that shows their codes."""

import base64

from django.contrib.auth.models import User
from django_otp.oath import TOTP

from crmmirror.sign_on.second_factors.factor_codes import begin_enrolment, confirm_enrolment, read_key


def make_code(key: str, steps: int = 0) -> str:
    """Return the code that an app with this key shows now, or so many steps of 30 s later."""
    totp = TOTP(base64.b32decode(key.replace(" ", "")), drift=steps)
    return f"{totp.token():06}"


def add_factor(user: User) -> tuple[str, list[str]]:
    """Give the user a second factor, by a code of the step before; return its key and recovery codes."""
    factor = begin_enrolment(user)
    key = read_key(factor)
    return key, confirm_enrolment(factor, make_code(key, -1))
