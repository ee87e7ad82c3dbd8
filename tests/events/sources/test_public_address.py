"""Vendors are told the address for deliveries, if it is another than that for people."""

import pytest
from django.test import override_settings

from events.sources.public_address import delivery_url

pytestmark = pytest.mark.unit

PEOPLE, DELIVERIES = "https://mirror.example", "https://hooks.mirror.example"


@pytest.mark.parametrize(("setting", "told"), [("", PEOPLE), (DELIVERIES, DELIVERIES)])
def test_vendors_are_told_the_address_for_deliveries_or_else_that_of_the_mirror(
    setting: str, told: str
) -> None:
    with override_settings(WEB_URL=PEOPLE, DELIVERY_URL=setting):
        assert delivery_url() == told
