"""What is wrong with a delivery, or with a secret."""


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
