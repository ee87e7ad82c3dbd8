"""The error that the embedded stack raises for problems that its user can solve."""


class EmbeddedError(Exception):
    """A problem that the user can solve; the message is one line that says what is wrong and what to do."""
