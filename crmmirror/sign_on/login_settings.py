"""Checks of the settings about logins. Every error is one line that says what is wrong."""

from ipaddress import ip_network
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1")
MAIL_SCHEMES = ("smtp", "smtps", "smtp+ssl", "smtp+tls", "consolemail", "filemail", "memorymail")


def parse_issuer(text: str) -> str:
    """Return OIDC_ISSUER as it was written: it has to be equal to what the provider calls itself."""
    issuer = text.strip()
    parts = urlsplit(issuer)
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOCAL_HOSTS)
    if issuer and (not is_safe or not parts.hostname or parts.query or parts.fragment):
        raise ImproperlyConfigured(
            f"OIDC_ISSUER must be the provider's https address, such as https://id.example, not {issuer!r}."
        )
    return issuer


def parse_groups(text: str) -> dict[str, str]:
    """Return provider's group -> role of `crm-viewers=Viewer,crm-ops=Operator`. A group has no comma."""
    groups = {}
    for pair in filter(None, (pair.strip() for pair in text.split(","))):
        # The last sign ends the group's name, because that of a directory may be cn=sales.
        group, sign, role = (part.strip() for part in pair.rpartition("="))
        if not (group and sign and role):
            raise ImproperlyConfigured(
                "OIDC_GROUPS must be pairs of a group and a role, such as"
                f" crm-viewers=Viewer,crm-ops=Operator; {pair!r} is none."
            )
        groups[group] = role
    return groups


def parse_proxies(text: str) -> str:
    """Return REMOTE_USER_PROXIES after a check that each word of it is a network."""
    for word in text.replace(",", " ").split():
        try:
            ip_network(word)
        except ValueError as error:
            raise ImproperlyConfigured(
                f"REMOTE_USER_PROXIES must be addresses or networks: {error}."
            ) from None
    return text.strip()


def check_sign_on(
    *,
    issuer: str,
    client_id: str,
    client_secret: str,
    groups: dict[str, str],
    header: str,
    proxies: str,
    allows_passwords: bool,
) -> None:
    """Raise ImproperlyConfigured if settings that belong together are not set together."""
    needed = {"OIDC_CLIENT_ID": client_id, "OIDC_CLIENT_SECRET": client_secret, "OIDC_GROUPS": groups}
    if issuer and (missing := [name for name, value in needed.items() if not value]):
        raise ImproperlyConfigured(f"OIDC_ISSUER is set: set {', '.join(missing)} too.")
    if not issuer and (present := [name for name, value in needed.items() if value]):
        raise ImproperlyConfigured(f"{', '.join(present)} is set: set OIDC_ISSUER too.")
    if header and not proxies:
        raise ImproperlyConfigured(
            "REMOTE_USER_HEADER is set: set REMOTE_USER_PROXIES to the addresses of the proxies that set the"
            " header, because anybody else could forge it."
        )
    if not (allows_passwords or issuer or header):
        raise ImproperlyConfigured(
            "PASSWORD_LOGIN is off: set OIDC_ISSUER or REMOTE_USER_HEADER, or nobody could log in."
        )


def check_mail_url(url: str) -> None:
    """Raise ImproperlyConfigured if EMAIL_URL names no way to send mail. The message shows no password."""
    parts = urlsplit(url)
    if url and parts.scheme not in MAIL_SCHEMES:
        raise ImproperlyConfigured(
            "EMAIL_URL must look like smtp+tls://user:password@mail.example:587 (or smtp://, smtp+ssl://);"
            f" its scheme is {parts.scheme or 'missing'}."
        )
