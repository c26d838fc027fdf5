"""What one host may cost the controller, and that nothing of these bounds is left behind."""

from __future__ import annotations

import resource
import signal
import time

import pytest

from ansible_collections.mailtls.fleet.plugins.plugin_utils.bounds import OutOfBounds, bounded

MEGABYTE = 1024 * 1024


def test_time_that_is_over_is_said():
    with pytest.raises(OutOfBounds, match="no answer within 1 seconds"), bounded(1):
        time.sleep(30)


def wait_as_a_connection_plugin() -> str:
    try:
        time.sleep(30)
    except Exception:
        return "took it for an error of the connection"
    return "waited"


def test_what_takes_exceptions_for_its_own_does_not_take_this_one():
    with pytest.raises(OutOfBounds), bounded(1):
        wait_as_a_connection_plugin()


def test_memory_that_is_used_up_is_said():
    with pytest.raises(OutOfBounds, match="more than 64 MB"), bounded(0, 64 * MEGABYTE):
        bytearray(512 * MEGABYTE)


def test_errors_of_the_host_stay_what_they_are():
    with pytest.raises(ValueError, match="nonsense"), bounded(30):
        raise ValueError("nonsense")


def test_nothing_is_left_behind():
    before = (resource.getrlimit(resource.RLIMIT_AS), signal.getsignal(signal.SIGALRM))
    with bounded(30):
        assert resource.getrlimit(resource.RLIMIT_AS)[0] != before[0][0]
    assert (resource.getrlimit(resource.RLIMIT_AS), signal.getsignal(signal.SIGALRM)) == before
    assert signal.alarm(0) == 0


def test_a_clock_that_somebody_else_has_set_goes_on():
    signal.alarm(100)
    try:
        with bounded(1):
            time.sleep(1.2)
    finally:
        assert signal.alarm(0) > 90
