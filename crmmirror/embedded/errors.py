"""The one error that the embedded stack raises for what its user can mend."""


class EmbeddedError(Exception):
    """Says in one line what is wrong and how to mend it."""
