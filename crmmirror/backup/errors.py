"""The error that backup and restore raise for problems that their user can solve."""


class BackupError(Exception):
    """A backup cannot be made or restored; the message is one line that says why and what to do."""
