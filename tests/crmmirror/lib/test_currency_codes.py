"""The codes of currencies that a setting may have."""

import pytest
from django.core.exceptions import ValidationError

from crmmirror.lib.currency_codes import CODES, validate_currency

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("code", ["AED", "EUR", "KWD", "XOF"])
def test_a_code_of_iso_4217_is_a_currency(code: str) -> None:
    validate_currency(code)


@pytest.mark.parametrize("code", ["", "aed", "DHS", "AED ", "EURO", "€", "XXX", "A\0D"])
def test_any_other_text_is_refused_with_an_example(code: str) -> None:
    with pytest.raises(ValidationError, match="three capital letters that ISO 4217 has for it, such as AED"):
        validate_currency(code)


def test_every_code_has_three_capital_letters() -> None:
    assert {code for code in CODES if len(code) != 3 or not code.isalpha() or not code.isupper()} == set()
