"""Tracks that count no more: the ledgers are those of the fixes that are left, and of all once restored."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.orm import Session

from layers.fixes import instant
from layers.patrols import Patrol
from layers.stores import Stores
from service.access.identity import Held, Identity
from service.errors import InvalidInput
from service.schemas.track_withdrawals import TrackWithdrawalIn
from service.use_cases.tracks import rebuild, restore_track, withdraw_track
from tests.service.use_cases.test_ledger import DAYS, NOW, border_of, ledgers, packed, send, stores, walk

__all__ = ["stores"]
KEEPER = Identity("person", None, "keeper", (Held("coordinator"),), None)
WHOLE = walk(500.0, 3_600.0)
"""From before midnight to after it."""


@contextmanager
def undone(stores: Stores) -> Iterator[None]:
    attempt = stores.session.begin_nested()
    yield
    attempt.rollback()


def known(stores: Stores) -> Any:
    return ledgers(stores), packed(stores)


def only(stores: Stores, name: str = "d1") -> Patrol:
    (found,) = stores.patrols.during(NOW - timedelta(days=30), NOW, name)
    return found


def withdraw(stores: Stores, patrol: Patrol, low: float | None = None, high: float | None = None) -> Any:
    ends = {} if low is None or high is None else {"from_at": instant(low), "to_at": instant(high)}
    given_ = TrackWithdrawalIn(**ends, reason="a ride home")
    return withdraw_track(stores, KEEPER, patrol.id, given_, NOW)[0]


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(1, len(WHOLE) - 1), st.integers(0, 600), st.booleans())
def test_what_is_left_is_a_ledger_of_its_own(session: Session, cut: int, more: int, other: bool) -> None:
    """Whatever time of a track is withdrawn, and whether another recording of the device goes on in it."""
    outer = session.begin_nested()
    try:
        stores = border_of(session)
        if other:
            send(stores, walk(1_000.0, 1_900.0, float(WHOLE.t[-1]) + 200.0, seed=3))
        low, high = float(WHOLE.t[cut]), float(WHOLE.t[min(cut + more, len(WHOLE) - 1)])
        left = WHOLE.take((WHOLE.t < low) | (WHOLE.t > high))
        with undone(stores):
            send(stores, left)
            expected = known(stores)
        send(stores, WHOLE)
        every = known(stores)
        patrol, *_ = stores.patrols.during(NOW - timedelta(days=30), NOW)
        value = withdraw(stores, patrol, low, high)
        assert known(stores) == expected
        assert all(one.equal for one in rebuild(stores, DAYS[0], DAYS[1] + timedelta(days=1)))
        restore_track(stores, KEEPER, patrol.id, value.id, "it was no ride", NOW)
        assert known(stores) == every
    finally:
        outer.rollback()


def test_a_whole_track_and_what_comes_of_it_later(stores: Stores) -> None:
    send(stores, walk(1_000.0, 1_900.0), device="d2", person="B")
    before = known(stores)
    send(stores, WHOLE)
    withdraw(stores, only(stores))
    assert known(stores) == before
    assert all(one.equal for one in rebuild(stores, DAYS[0], DAYS[1] + timedelta(days=1)))


def test_a_better_file_of_the_same_walk_says_what_counts_for_nothing(stores: Stores) -> None:
    """Its fixes are stored already: it adds nothing until of the first only a time is withdrawn."""
    part = WHOLE.take(np.arange(400))
    with undone(stores):
        send(stores, part)
        expected = known(stores)
    send(stores, WHOLE)
    patrol = only(stores)
    all_of_it = withdraw(stores, patrol)
    assert send(stores, part).withdrawn == 400
    assert send(stores, WHOLE).withdrawn == len(WHOLE)
    restore_track(stores, KEEPER, patrol.id, all_of_it.id, "the walk was right", NOW)
    withdraw(stores, patrol, float(WHOLE.t[400]), float(WHOLE.t[-1]))
    assert known(stores) == expected
    assert send(stores, part).withdrawn == 0


def test_what_is_kept_no_longer_is_left_as_it_was(stores: Stores) -> None:
    send(stores, WHOLE)
    patrol = only(stores)
    with pytest.raises(InvalidInput, match="no position of that time"):
        withdraw(stores, patrol, float(WHOLE.t[-1]) + 1.0, float(WHOLE.t[-1]) + 2.0)
    value = withdraw(stores, patrol, float(WHOLE.t[0]), float(WHOLE.t[5]))
    stores.session.execute(text("DELETE FROM fix_block"))
    with pytest.raises(InvalidInput, match="kept no longer"):
        withdraw(stores, patrol)
    with pytest.raises(InvalidInput, match="kept no longer"):
        restore_track(stores, KEEPER, patrol.id, value.id, "no ride", NOW)
