"""Upload slots: a bound for all clients together, and one for each client."""

from contextlib import ExitStack

import pytest

from crmmirror.lib.web.upload_slots import NoFreeSlot, UploadSlots

pytestmark = pytest.mark.unit


def request_from(address: str) -> dict[str, str]:
    return {"REMOTE_ADDR": address}


def can_hold(slots: UploadSlots, address: str) -> bool:
    try:
        with slots.hold(request_from(address)):
            return True
    except NoFreeSlot:
        return False


def test_a_client_may_hold_no_more_than_its_own_bound() -> None:
    slots = UploadSlots(total=10, per_client=2)
    with slots.hold(request_from("192.0.2.1")), slots.hold(request_from("192.0.2.1")):
        assert not can_hold(slots, "192.0.2.1")
        assert can_hold(slots, "192.0.2.2")


def test_all_clients_together_may_hold_no_more_than_the_total() -> None:
    slots = UploadSlots(total=3, per_client=2)
    with ExitStack() as stack:
        for number in range(3):
            stack.enter_context(slots.hold(request_from(f"192.0.2.{number}")))
        assert not can_hold(slots, "192.0.2.9")


def test_the_addresses_of_one_ipv6_network_are_one_client() -> None:
    slots = UploadSlots(total=10, per_client=1)
    with slots.hold(request_from("2001:db8::1")):
        assert not can_hold(slots, "2001:db8::2")
        assert can_hold(slots, "2001:db8:0:1::1")


def test_a_slot_is_released_when_its_request_fails() -> None:
    slots = UploadSlots(total=1, per_client=1)
    with pytest.raises(OSError, match="hung up"), slots.hold(request_from("192.0.2.1")):
        raise OSError("hung up")
    assert can_hold(slots, "192.0.2.1")


def test_a_refused_request_takes_no_slot() -> None:
    slots = UploadSlots(total=2, per_client=1)
    with slots.hold(request_from("192.0.2.1")):
        assert not any(can_hold(slots, "192.0.2.1") for _ in range(5))
        assert can_hold(slots, "192.0.2.2")
