"""A clock that is off: the ledger is that of one that was right, however its batches come."""

import json
import random
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text

from geo.clock import Corrections, Skew
from geo.evidence import Evidence
from geo.track import Fixes
from layers.clocks import Known, Word
from layers.fixes import fix, instant
from layers.stores import Stores
from service.errors import InvalidInput
from service.use_cases import tracks
from service.use_cases.field import Sender, ToldClock, say_clock, take
from service.use_cases.retention import Kept, announce, forget
from tests.fixtures.walks import START
from tests.service.use_cases.test_late_fixes import age
from tests.service.use_cases.test_ledger import DAYS, ZONE, ledgers, stores, walk
from tests.service.use_cases.test_ledger import send as send_file

__all__ = ["stores"]
HOUR = 3_600.0
AROUND = (DAYS[0] - timedelta(days=3), DAYS[1] + timedelta(days=3))
PERSON = uuid.UUID(int=7)
NOW = datetime.fromtimestamp(START, UTC) + timedelta(days=1)
WALK = walk(600.0, 2_400.0, START + 2_000.0)  # midnight after 1,200 s, of 1,385
TRACK = uuid.UUID(int=11)


class Work:
    """What other use cases do with points."""

    def recompute(self, stores: Stores, device: str, t: npt.NDArray[np.float64], clock: Corrections) -> None:
        tracks.keep_up(stores, device, np.asarray(t), clock)

    def remake(self, *given: Any) -> set[date]:
        return tracks.remake(*given)

    def receive(self, *_: Any) -> Any:
        return []

    change = may_record = record = receive


@dataclass(frozen=True, slots=True)
class Sent:
    """A batch: its bytes and when we received it."""

    body: bytes
    received_s: float
    name: uuid.UUID


def batches(
    fixes: Fixes, behind_s: float | npt.NDArray[np.float64], cuts: Sequence[int], *, visits: bool = True
) -> list[Sent]:
    """Return a walk as its device sends it live, two seconds after the last point of each batch."""
    found = []
    told = fixes.t - behind_s
    edges = [0, *sorted(set(cuts)), len(fixes)]
    for number, (a, b) in enumerate(pairwise(edges)):
        points = [
            {
                "seq": k,
                "at": instant(float(told[k])).isoformat(),
                "lon": round(float(fixes.lon[k]), 7),
                "lat": round(float(fixes.lat[k]), 7),
            }
            for k in range(a, b)
        ]
        last = float(fixes.t[b - 1])
        value: dict[str, Any] = {
            "sent_at": instant(float(told[b - 1]) + 2.0).isoformat(),
            "tracks": [{"track": str(TRACK), "mode": "foot", "points": points}],
        }
        if visits and number == 1:
            done = {"id": str(uuid.UUID(int=21)), "marker": "M2", "action": "inspected", "note": ""}
            value["visits"] = [{**done, "at": instant(float(told[b - 1])).isoformat()}]
        found.append(Sent(json.dumps(value).encode(), last + 2.2, uuid.UUID(int=1_000 + number)))
    return found


def mixed(sent: Sent, chance: random.Random) -> Sent:
    """Return a batch with its points in another order."""
    value = json.loads(sent.body)
    chance.shuffle(value["tracks"][0]["points"])
    return replace(sent, body=json.dumps(value).encode())


def send(stores: Stores, sent: Sequence[Sent], device: str = "phone-1") -> None:
    for one in sent:
        sender = Sender(device, PERSON, datetime.fromtimestamp(one.received_s, UTC), one.name)
        take(stores, sender, one.name, one.body, Work())


def right(stores: Stores, fixes: Fixes = WALK, **others: Any) -> list[list[tuple[Any, ...]]]:
    """Return the ledgers had the clock been right."""
    with stores.session.begin_nested() as attempt:
        send(stores, batches(fixes, 0.0, range(60, len(fixes), 60), **others))
        found = ledgers(stores)
        assert not stores.clocks.of("phone-1")
        attempt.rollback()
    stores.session.expire_all()
    assert all(found)
    return found


def assert_as_rebuilt(stores: Stores) -> None:
    found = list(tracks.rebuild(stores, *AROUND))
    assert found
    assert all(one.equal for one in found)


def clocks(stores: Stores) -> list[tuple[date, int, int]]:
    """Return what is known of the clock: day, seconds, batches."""
    found: tuple[Known, ...] = stores.clocks.known(*AROUND)
    return [(one.day, one.skew.seconds, one.skew.batches) for one in found if one.skew is not None]


@pytest.mark.parametrize("hours", [2.0, -2.0, 23.0])
def test_clock_two_hours_off(stores: Stores, hours: float) -> None:
    wanted = right(stores)
    send(stores, batches(WALK, hours * HOUR, range(60, len(WALK), 60)))
    assert ledgers(stores) == wanted
    assert {seconds for _, seconds, _ in clocks(stores)} == {int(hours * HOUR)}
    told = stores.session.execute(select(fix.c.at).order_by(fix.c.seq)).scalars().all()
    assert [one.timestamp() for one in told] == pytest.approx((WALK.t - hours * HOUR).tolist(), abs=1e-5)
    assert_as_rebuilt(stores)


def test_before_the_third_batch_a_walk_is_where_its_clock_says(stores: Stores) -> None:
    sent = batches(WALK, 2 * HOUR, range(60, len(WALK), 60))
    send(stores, sent[:2])
    assert not clocks(stores)
    assert all(row for row in ledgers(stores)[:2])
    before = stores.session.execute(text("SELECT min(from_at) FROM coverage_line")).scalar_one()
    send(stores, sent[2:3])
    after = stores.session.execute(text("SELECT min(from_at) FROM coverage_line")).scalar_one()
    assert (after - before).total_seconds() == pytest.approx(2 * HOUR, abs=0.01)
    assert_as_rebuilt(stores)


def test_a_clock_that_is_right_changes_nothing(stores: Stores) -> None:
    send(stores, batches(WALK, 0.0, range(60, len(WALK), 60)))
    assert {seconds for _, seconds, _ in clocks(stores)} == {0}


def test_what_waited_says_nothing_of_the_clock(stores: Stores) -> None:
    """Offline for two hours, and sent as it was packed afterwards: the clock is right."""
    sent = [
        Sent(
            json.dumps(
                {**json.loads(one.body), "sent_at": instant(one.received_s + 2 * HOUR).isoformat()}
            ).encode(),
            one.received_s + 2 * HOUR + 0.3,
            one.name,
        )
        for one in batches(WALK, 0.0, range(60, len(WALK), 60))
    ]
    wanted = right(stores)
    send(stores, sent)
    assert ledgers(stores) == wanted
    assert not clocks(stores)


@pytest.mark.parametrize("every", [60, 12])
def test_a_whole_day_that_is_sent_at_night_says_nothing_of_the_clock(stores: Stores, every: int) -> None:
    """Packed and stamped live by who knows of no header, and received together hours after that."""
    sent = batches(WALK, 0.0, range(every, len(WALK), every)[:20])
    wanted = right(stores)
    night = sent[-1].received_s + 5 * HOUR
    send(stores, [replace(one, received_s=night + 0.4 * number) for number, one in enumerate(sent)])
    assert {seconds for _, seconds, _ in clocks(stores)} == {0}
    assert not stores.clocks.of("phone-1")
    if every == 60:
        assert ledgers(stores)[0][0] == wanted[0][0]
    assert_as_rebuilt(stores)


@pytest.mark.parametrize("chance", [None, random.Random(5)])
def test_a_clock_that_is_set_on_the_way(stores: Stores, chance: random.Random | None) -> None:
    """Two hours behind until the guard sets it; what it told before that is set right, and nothing else."""
    wanted = right(stores)
    sent = batches(WALK, np.where(np.arange(len(WALK)) < 300, 2 * HOUR, 0.0), range(60, len(WALK), 60))
    if chance is not None:
        chance.shuffle(sent)
    send(stores, sent)
    assert ledgers(stores) == wanted
    (known,) = (one for one in stores.clocks.known(*AROUND) if one.skew and one.skew.seconds)
    assert known.taken.seconds == 2 * HOUR
    assert known.taken.last == 0
    assert_as_rebuilt(stores)


def test_the_reply_says_that_the_clock_is_off_until_it_is_set(stores: Stores) -> None:
    sent = batches(WALK, np.where(np.arange(len(WALK)) < 360, 2 * HOUR, 0.0), range(60, 600, 60))
    told = []
    for one in sent:
        sender = Sender("phone-1", PERSON, datetime.fromtimestamp(one.received_s, UTC), one.name)
        told.append(json.loads(take(stores, sender, one.name, one.body, Work()).reply)["clock_behind_s"])
    assert told == [None, None, *4 * [int(2 * HOUR)], *4 * [0]]


@pytest.mark.parametrize("cuts", [range(60, len(WALK), 60), [200, 400, 600, len(WALK) - 60]])
def test_a_walk_over_the_midnight_of_its_clock(stores: Stores, cuts: Sequence[int]) -> None:
    """The clock is two hours behind and its midnight falls into a walk of one day; few batches come after."""
    later = walk(600.0, 2_400.0, START + 2_000.0 + 2 * HOUR)
    wanted = right(stores, later, visits=False)
    send(stores, batches(later, 2 * HOUR, cuts, visits=False))
    assert {day for day, _, _ in clocks(stores)} == set(DAYS)
    assert ledgers(stores) == wanted
    assert {row[3] for row in ledgers(stores)[0]} == {DAYS[1]}
    assert_as_rebuilt(stores)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    hours=st.sampled_from([2.0, -2.0, 0.5]),
    cuts=st.sets(st.integers(1, len(WALK) - 1), min_size=5, max_size=12),
    chance=st.randoms(use_true_random=False),
)
@example(hours=2.0, cuts=set(range(60, len(WALK), 60)), chance=random.Random(3))
def test_any_order_and_cut_of_batches(
    stores: Stores, hours: float, cuts: set[int], chance: random.Random
) -> None:
    with stores.session.begin_nested() as attempt:
        wanted = right(stores, visits=False)
        sent = [mixed(one, chance) for one in batches(WALK, hours * HOUR, sorted(cuts), visits=False)]
        shuffled = [*sent, *chance.sample(sent, 2)]
        chance.shuffle(shuffled)
        send(stores, shuffled)
        assert {seconds for _, seconds, _ in clocks(stores)} == {int(hours * HOUR)}
        assert ledgers(stores) == wanted
        assert_as_rebuilt(stores)
        attempt.rollback()
    stores.session.expire_all()


def say(stores: Stores, day: date, behind_s: int | None, reason: str = "It was set by hand") -> int:
    told = ToldClock("phone-1", day, behind_s, reason)
    return say_clock(stores, told, "keeper", NOW, Work())[1]


def test_the_word_of_a_person_wins_and_is_taken_back(stores: Stores) -> None:
    cuts = range(60, len(WALK), 60)
    wanted = right(stores)
    send(stores, batches(WALK, 2 * HOUR, cuts))
    told = DAYS[0]
    assert say(stores, told, 0) == 4, "both sides of midnight and the days beside"
    assert {row[3] for row in ledgers(stores)[0]} == {told}
    assert {row[3] for row in ledgers(stores)[2]} == {told}, "actions at markers too"
    assert_as_rebuilt(stores)
    (known,) = stores.clocks.known(*AROUND)
    assert (known.taken.seconds, known.skew, known.word) == (
        0,
        Skew(int(2 * HOUR), len(cuts) + 1),
        Word(0, "It was set by hand", "keeper", NOW),
    )
    say(stores, told, int(2 * HOUR))
    assert ledgers(stores) == wanted
    assert say(stores, told, None) == 0, "it is what was measured"
    assert ledgers(stores) == wanted
    assert_as_rebuilt(stores)


@pytest.mark.parametrize("day", DAYS)
def test_a_walk_that_a_word_tears_at_midnight_is_as_rebuilt(stores: Stores, day: date) -> None:
    """The half that stays goes on from nothing then, and over midnight again when it is taken back."""
    send(stores, batches(WALK, 0.0, range(60, len(WALK), 60)))
    before = ledgers(stores)
    say(stores, day, -int(2 * HOUR) if day == DAYS[0] else int(2 * HOUR))
    assert ledgers(stores) != before
    assert_as_rebuilt(stores)
    say(stores, day, None)
    assert ledgers(stores) == before
    assert_as_rebuilt(stores)


def test_a_file_of_the_device_speaks_for_itself(stores: Stores) -> None:
    """What a receiver with a right clock recorded on the way is where it says, and doubles nothing."""
    wanted = right(stores, visits=False)
    send(stores, batches(WALK, 2 * HOUR, range(60, len(WALK), 60), visits=False))
    send_file(stores, WALK, "phone-1", str(PERSON))
    found = ledgers(stores)
    assert {row[3] for row in found[0]} == {row[3] for row in wanted[0]}
    assert_as_rebuilt(stores)


MIDNIGHT = datetime(DAYS[1].year, DAYS[1].month, DAYS[1].day, tzinfo=ZoneInfo(ZONE))


def forgotten(stores: Stores, hours: float) -> list[Any]:
    """Return what is left by a walk when its first day is over: all ledgers, as made anew, and fixes."""
    sent = batches(WALK, hours * HOUR, range(60, len(WALK), 60))
    send(stores, sent)
    before = ledgers(stores)
    assert forget(stores, Kept(fixes=30), MIDNIGHT + timedelta(days=29, hours=1)) is not None
    assert ledgers(stores)[:3] == before[:3], "of ground it is forgotten who saw it"
    age(stores)
    left = stores.session.execute(select(fix.c.seq).order_by(fix.c.seq)).scalars().all()
    made = [(one.day, one.gone, one.new, one.same) for one in tracks.rebuild(stores, *AROUND)]
    found = ledgers(stores)
    send(stores, [replace(one, name=uuid.uuid4()) for one in sent])
    assert ledgers(stores) == found, "all of it is known by its numbers"
    return [left, [one for one in made if any(one[1].values()) or any(one[2].values())], found]


@pytest.mark.parametrize("hours", [2.0, -2.0])
def test_retention_goes_by_the_time_at_which_it_was(stores: Stores, hours: float) -> None:
    """A fix goes with the day on which it was, and its ledger stays, as with a clock that is right."""
    with stores.session.begin_nested() as attempt:
        wanted = forgotten(stores, 0.0)
        attempt.rollback()
    stores.session.expire_all()
    assert wanted[0] == np.flatnonzero(WALK.t >= MIDNIGHT.timestamp()).tolist()
    assert forgotten(stores, hours) == wanted
    (before, *_) = stores.clocks.known(*AROUND)
    with pytest.raises(InvalidInput, match="kept no longer"):
        say(stores, DAYS[0], 0)
    assert (before,) == stores.clocks.known(*AROUND)


@pytest.mark.parametrize("hours", [2.0, -2.0])
def test_what_comes_when_its_day_is_over(stores: Stores, hours: float) -> None:
    """The second half of a walk comes a month later, and a third part after that: each counts once."""
    cuts = list(range(60, len(WALK), 60))
    wanted = right(stores, visits=False)
    sent = batches(WALK, hours * HOUR, cuts, visits=False)
    send(stores, sent[:6])
    later = datetime.fromtimestamp(START, UTC) + timedelta(days=60)
    held = [replace(one, received_s=later.timestamp()) for one in sent[6:]]
    announce(stores, Kept(), later)
    age(stores)
    send(stores, held[4:])
    send(stores, held[:4])
    metres = [walked(rows[0]) for rows in (ledgers(stores), wanted)]
    assert metres[0] == pytest.approx(metres[1], abs=45.0)
    assert {row[3] for row in ledgers(stores)[0]} == {row[3] for row in wanted[0]}
    assert_as_rebuilt(stores)


def walked(rows: Sequence[tuple[Any, ...]]) -> float:
    """Return the metres that rows of lines say were walked, as often as they say it."""
    found = [row for row in rows if row[4] == Evidence.OBSERVED]
    return float(sum(row[6] - row[5] for row in found))


def test_devices_are_kept_apart(stores: Stores) -> None:
    cuts = range(60, len(WALK), 60)
    send(stores, batches(WALK, 2 * HOUR, cuts, visits=False))
    other = along_with(WALK)
    send(stores, other, "phone-2")
    assert len(stores.clocks.of("phone-1")) == 1
    assert len(stores.clocks.of("phone-2")) == 0
    assert_as_rebuilt(stores)


def along_with(fixes: Fixes) -> list[Sent]:
    """Return the same walk by another phone, whose clock is right."""
    sent = batches(fixes, 0.0, range(60, len(fixes), 60), visits=False)
    return [
        Sent(one.body.replace(str(TRACK).encode(), str(uuid.UUID(int=12)).encode()), one.received_s, one.name)
        for one in sent
    ]
