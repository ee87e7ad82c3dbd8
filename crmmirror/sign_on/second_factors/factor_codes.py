"""Second factors: keys for time-based codes (TOTP), the check of a code, recovery codes.

The arithmetic is django-otp's. Its tables are not used, because they hold keys and recovery codes in clear.
"""

import base64
import hashlib
import secrets
from urllib.parse import quote, urlencode

import segno
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django_otp.oath import TOTP

from entities.models import SecondFactor
from events.sources.encryption import decrypt_or_none, encrypt

KEY_BYTES = 20
RECOVERY_CODES = 10
RECOVERY_BYTES = 10
DIGITS = 6
# How many steps of 30 s a phone's clock may be off.
TOLERANCE = 1
ISSUER = "CRM mirror"


def begin_enrolment(user: User) -> SecondFactor:
    """Return a user's second factor; with a new key, unless there is one, confirmed or about to be."""
    key = encrypt(base64.b32encode(secrets.token_bytes(KEY_BYTES)).decode())
    return SecondFactor.objects.get_or_create(user=user, defaults={"ciphertext": key})[0]


def read_key(factor: SecondFactor) -> str:
    """Return the key as text in base 32; empty if none of ENCRYPTION_KEYS decrypts it."""
    return decrypt_or_none(bytes(factor.ciphertext)) or ""


def confirm_enrolment(factor: SecondFactor, code: str) -> list[str]:
    """Let the second factor count from now on, and return its recovery codes; none if the code is wrong."""
    with transaction.atomic():
        if not accept_code(factor.user, code, is_confirmed=False):
            return []
        SecondFactor.objects.filter(pk=factor.pk).update(confirmed_at=timezone.now())
        return renew_recovery_codes(factor.user)


def renew_recovery_codes(user: User) -> list[str]:
    """Replace the recovery codes of a user; return the new ones, of which only hashes are kept."""
    codes = [_make_recovery_code() for _ in range(RECOVERY_CODES)]
    SecondFactor.objects.filter(user=user).update(recovery_hashes=[_hash(code) for code in codes])
    return codes


def accept_code(user: User, code: str, *, is_confirmed: bool = True) -> str:
    """Return which factor a code proves, `totp` or `recovery-code`; empty if it is wrong or was used before.

    No code is accepted twice, also by two processes at once: the row is locked meanwhile.
    is_confirmed: False while the factor is about to be confirmed.
    """
    digits = "".join(code.split())
    with transaction.atomic():
        rows = SecondFactor.objects.select_for_update()
        factor = rows.filter(user=user, confirmed_at__isnull=not is_confirmed).first()
        if factor is None:
            return ""
        if digits.isascii() and digits.isdigit() and len(digits) == DIGITS:
            return "totp" if _use_step(factor, digits) else ""
        return "recovery-code" if is_confirmed and _use_recovery_code(factor, digits) else ""


def _use_step(factor: SecondFactor, digits: str) -> bool:
    """Note the time step of a right code, so that neither it nor one before it is accepted again."""
    key = read_key(factor)
    totp = TOTP(base64.b32decode(key), digits=DIGITS)
    if not key or not totp.verify(int(digits), TOLERANCE, min_t=factor.last_step + 1):
        return False
    factor.last_step = totp.t()
    factor.save(update_fields=["last_step"])
    return True


def _use_recovery_code(factor: SecondFactor, code: str) -> bool:
    """Take a recovery code away, if it is one of those that are left."""
    code_hash = _hash(code)
    if code_hash not in factor.recovery_hashes:
        return False
    factor.recovery_hashes = [other for other in factor.recovery_hashes if other != code_hash]
    factor.save(update_fields=["recovery_hashes"])
    return True


def draw_qr_code(user: User, key: str) -> str:
    """Return the key as a QR code for an app, as SVG that can stand in a page without a style or an image."""
    label = quote(f"{ISSUER}:{user.get_username()}")
    uri = f"otpauth://totp/{label}?{urlencode({'secret': key, 'issuer': ISSUER}, quote_via=quote)}"
    # White around it in a dark page too: apps do not read it otherwise.
    return segno.make_qr(uri).svg_inline(scale=4, light="#fff", dark="#000")


def _make_recovery_code() -> str:
    text = base64.b32encode(secrets.token_bytes(RECOVERY_BYTES)).decode().lower()
    return "-".join(text[start : start + 4] for start in range(0, len(text), 4))


def _hash(code: str) -> str:
    return hashlib.sha256(code.replace("-", "").lower().encode()).hexdigest()
