"""The errors of deliveries that are not authentic, and of secrets that cannot be used."""


class NotAuthentic(Exception):
    """A delivery does not prove that its source sent it; the message says what is wrong."""


class WrongSignature(NotAuthentic):
    """The signature or token is wrong: no active secret made it."""


class MissingSignature(WrongSignature):
    """The delivery has no signature where it is looked for."""


class TimestampOutsideWindow(NotAuthentic):
    """The signed time is too far from this server's clock, in the past or ahead."""


class UnfitSecret(ValueError):
    """The secret cannot be used; the message says why and never contains the secret."""
