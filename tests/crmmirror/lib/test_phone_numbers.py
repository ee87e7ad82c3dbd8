"""The digits that all notations of a phone number end with."""

import pytest

from crmmirror.lib.phone_numbers import dialled_number, international_number, national_endings

pytestmark = pytest.mark.unit

NATIONAL = "507654321"


@pytest.mark.parametrize(
    "notation",
    [
        "+971 50 765 4321",
        "+971507654321",
        "+971-50-765-4321",
        "(+971) 50 765 4321",
        "00971 50-765 4321",
        "00971507654321",
        "971507654321",
        "(050) 765-4321",
        "050.765.4321",
        "0507654321",
        "050/765 4321",
        "50 765 4321",
        "050\u2011765\u20134321",
        "\u202a+971 50 765 4321\u202c",
        "\u200e+971\u00a050\u00a0765\u00a04321\u200f",
        "\u0665\u0660 \u0667\u0666\u0665 \u0664\u0663\u0662\u0661",
        "  0507654321 ",
    ],
)
@pytest.mark.parametrize("regions", [[], ["AE"], ["", "XX"]], ids=["none", "AE", "unknown"])
def test_every_notation_has_the_national_digits(notation: str, regions: list[str]) -> None:
    assert NATIONAL in national_endings(notation, regions)


@pytest.mark.parametrize(
    ("notation", "region", "national"),
    [
        ("8 (916) 123-45-67", "RU", "9161234567"),
        ("1 (415) 555-2671", "US", "4155552671"),
        ("+44 (0)20 7946 0958", "", "2079460958"),
        ("+39 06 1234567", "", "061234567"),
        ("765 4321", "", "7654321"),
        ("765 4321", "AE", "7654321"),
        ("000 0000", "", "0000000"),
    ],
)
def test_a_number_is_read_as_its_country_writes_it(notation: str, region: str, national: str) -> None:
    assert national in national_endings(notation, [region])


@pytest.mark.parametrize(
    "text", ["", "+", "()", "65 4321", "Jane 050 765 4321", "x0507654321", "1" * 21, "\0"]
)
def test_what_does_not_look_like_a_phone_number_is_none(text: str) -> None:
    assert national_endings(text, ["AE"]) == set()


@pytest.mark.parametrize("text", ["0" * 20, "+0000000", "0000000", "00 00 00 0", "+971 0000000"])
def test_zeros_never_match_every_number(text: str) -> None:
    assert all(len(ending) >= 7 for ending in national_endings(text, ["AE"]))


@pytest.mark.parametrize(
    ("text", "region", "number"),
    [
        ("+971 50 765 4321", "", "+971507654321"),
        ("00971507654321", "", "+971507654321"),
        ("(050) 765-4321", "AE", "+971507654321"),
        ("\u202a+971507654321\u202c", "", "+971507654321"),
        ("٠٥٠٧٦٥٤٣٢١", "AE", "+971507654321"),
        ("050 765 4321", "", ""),
        ("call me", "AE", ""),
        ("12345678901234567890", "AE", ""),
        ("", "AE", ""),
    ],
)
def test_a_number_with_a_known_country_is_international(text: str, region: str, number: str) -> None:
    assert international_number(text, region) == number


@pytest.mark.parametrize(
    ("text", "dialled"),
    [("050 765-4321", "0507654321"), ("+971 50 7654321", "+971507654321"), ("ext. 7", ""), ("123", "")],
)
def test_a_number_is_dialled_without_what_stands_between_its_digits(text: str, dialled: str) -> None:
    assert dialled_number(text) == dialled
