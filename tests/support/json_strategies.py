"""Hypothesis strategies for JSON values as `entities.reading.envelope.parse_json` returns them."""

from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

STORABLE = st.characters(exclude_characters="\x00", exclude_categories=["Cs"])
TEXTS = st.text(STORABLE, max_size=20)
NUMBERS = (
    st.integers()
    | st.sampled_from([10**16, 2**53 + 1, 2**63, 10**400, -1, 1736937000000])
    | st.decimals(allow_nan=False, allow_infinity=False)
    | st.sampled_from(
        [Decimal("1e999"), Decimal("-1e999999999"), Decimal("1e-999999999"), Decimal("0e99999")]
    )
)
PLAUSIBLE = st.sampled_from(
    [
        "2025-01-15T10:30:00Z",
        "2025-01-15",
        "9999-12-31T23:59:59-14:00",
        "1e9",
        "usd",
        "WON",
        "yes",
        "",
        "x" * 300,
    ]
)
SCALARS = st.booleans() | NUMBERS | TEXTS | PLAUSIBLE


def values(scalars: st.SearchStrategy[Any] = SCALARS) -> st.SearchStrategy[Any]:
    """Return a strategy of values that are not null at the root: converters never get a null."""
    return st.recursive(
        scalars,
        lambda inner: (
            st.lists(inner | st.none(), max_size=4)
            | st.dictionaries(TEXTS | st.sampled_from(["id", "name"]), inner | st.none(), max_size=4)
        ),
        max_leaves=8,
    )
