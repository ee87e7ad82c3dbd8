"""The remedies for refused deliveries, by reason: what staff can do."""

from events.refusals.reasons import RefusalReason

REMEDIES = {
    RefusalReason.METHOD: "Nothing, if it was a person or a scanner. A vendor has to post its events.",
    RefusalReason.UNKNOWN_SOURCE: (
        "Compare the address in the vendor's form with that on the source's page, and look whether the source"
        " is active. Scanners of the internet cause it too."
    ),
    RefusalReason.ENCODING: "Turn off the compression of webhooks at the vendor, or in a proxy in between.",
    RefusalReason.SIZE: (
        "Raise the largest body on the source's page, if the vendor is known to send such events; then have"
        " the vendor send it again."
    ),
    RefusalReason.SHORT_BODY: (
        "Look whether a proxy in between cuts or empties bodies. The vendor sends it again by itself if only"
        " its connection broke."
    ),
    RefusalReason.SIGNATURE: (
        "Put the source's secret into the vendor's form; if it is lost, rotate it on the source's page."
        " Compare scheme and header too."
    ),
    RefusalReason.TIMESTAMP: (
        "Compare the clock of this server with the true time. If it is right, the vendor sends too late, or"
        " somebody sends an old delivery again."
    ),
    RefusalReason.RATE: (
        "Raise the maximum of deliveries on the source's page, or leave it: vendors send again what was"
        " answered 429."
    ),
    RefusalReason.NETWORK: (
        "Add the vendor's network on the source's page, if the address is the vendor's. Behind a proxy, see"
        " that the client's address arrives."
    ),
    RefusalReason.UNAVAILABLE: (
        "Read the answer: it says what is away. Look at /readyz. The vendor sends it again later."
    ),
}


def find_remedy(reason: str) -> str:
    """Return what to do about a reason; empty for one that this version does not know."""
    return REMEDIES.get(RefusalReason(reason), "") if reason in set(RefusalReason) else ""
