"""Compiling beside the requests: none waits longer than it may, and a failure ends the wait."""

from threading import Event

import pytest

from service.indexes.compiling import BeingCompiled, Compiling
from tests.fixtures.coroutines import finished


def test_a_request_is_told_to_come_again_until_all_is_compiled() -> None:
    go, times = Event(), []

    def warm_up() -> None:
        times.append(1)
        go.wait()

    compiling = Compiling(warm_up)
    for _ in range(2):
        with pytest.raises(BeingCompiled) as refused:
            compiling.require(0.01)
        assert refused.value.wait_s > 0
    go.set()
    compiling.require(60)
    compiling.begin()
    assert times == [1]


def test_it_begins_when_the_service_is_ready() -> None:
    begun, looks = Event(), iter([False, True])
    compiling = Compiling(begun.set)
    finished(compiling.begin_after(lambda: next(looks)))
    compiling.require(60)
    assert begun.is_set()


def test_where_it_fails_requests_go_on_and_meet_the_reason() -> None:
    def warm_up() -> None:
        raise OSError("the disk is full")

    Compiling(warm_up).require(60)
