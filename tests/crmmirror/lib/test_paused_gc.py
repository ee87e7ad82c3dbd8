"""The pause of the garbage collector ends with its block."""

import gc

import pytest

from crmmirror.lib.paused_gc import paused_gc

pytestmark = pytest.mark.unit


def test_the_collector_is_paused_in_the_block_and_runs_again_after_it() -> None:
    with paused_gc():
        assert not gc.isenabled()
    assert gc.isenabled()


def test_the_collector_runs_again_after_an_error() -> None:
    with pytest.raises(ValueError, match="junk"), paused_gc():
        raise ValueError("junk")
    assert gc.isenabled()


def test_a_pause_within_a_pause_leaves_it_to_the_outer_one_to_end_it() -> None:
    with paused_gc():
        with paused_gc():
            pass
        assert not gc.isenabled()
    assert gc.isenabled()
