"""The figures from before the mirror was made faster; the report shows them beside those of now."""

from dataclasses import dataclass

NOT_MEASURED = "not measured"


@dataclass(frozen=True)
class Mark:
    """The comparison of a result, and its figure before, on two cores with everything on one machine."""

    against: str
    before: str


# Title of the result -> its mark.
MARKS = {
    "Accepted and applied, sustained": Mark("a bare Django view", "0.16 (829 to 917 a second)"),
    "Accepted deliveries": Mark("a bare Django view", "0.27 to 0.29"),
    "Applied events, an invented company's": Mark("the simple way, with the ORM", "12 to 16"),
    "Applied events, against bulk statements": Mark(
        "the same rows, written by bulk statements alone", NOT_MEASURED
    ),
    "Workers": Mark("one worker", NOT_MEASURED),
    "Import of an archive": Mark("COPY of the same bodies into a table without indexes", NOT_MEASURED),
    "Rebuild": Mark("apply", NOT_MEASURED),
    "Memory of a rebuild": Mark("", NOT_MEASURED),
    "Rebuild of a full mirror": Mark("apply", "slower than apply; verify_mirror had 770 a second"),
    "Memory of a rebuild of a full mirror": Mark("", "119 MB, of verify_mirror"),
    "Verify": Mark("rebuild", NOT_MEASURED),
    "Digest of the records": Mark("rebuild", NOT_MEASURED),
    "The cost of an event on a full mirror": Mark("an empty mirror", NOT_MEASURED),
    "Bytes on disk": Mark("the body's bytes", "12.4"),
    "Bytes on disk of a full mirror": Mark("the body's bytes", "7.7"),
    "From the 202 to the API": Mark("", "135 ms at 20 a second"),
}
