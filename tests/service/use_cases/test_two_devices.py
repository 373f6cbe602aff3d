"""Somebody with two devices: one visit of a marker is one, and nobody is at two places at once."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from geo.evidence import Evidence
from layers.stores import Stores
from tests.service.use_cases.test_ledger import DAYS, SIDE, ZONE, send, stores, walk

__all__ = ["stores"]
NOON = datetime(2025, 6, 15, 11, tzinfo=ZoneInfo(ZONE)).timestamp()
AFTER = DAYS[1] + timedelta(days=1)
MARKERS = ("M2", "M3", "M5")


def visits(stores: Stores, *days: int) -> list[tuple[str, str]]:
    found = stores.marker_visits.during(DAYS[min(days)], DAYS[max(days)] + timedelta(days=1))
    return sorted((row.marker, row.device) for row in found)


def test_a_phone_and_a_watch_on_one_walk_visit_a_marker_once(stores: Stores) -> None:
    send(stores, walk(500.0, 2_900.0, NOON), device="phone")
    alone = visits(stores, 0)
    assert [marker for marker, _ in alone] == list(MARKERS)
    send(stores, walk(600.0, 2_900.0, NOON + 70.0, seed=9), device="watch")
    assert visits(stores, 0) == alone
    assert [len(each) for each in stores.due_evidence.of_markers(MARKERS, DAYS[0]).values()] == [1, 1, 1]
    send(stores, walk(600.0, 2_900.0, NOON + 70.0, seed=8), device="other", person="B")
    assert len(visits(stores, 0)) == 6, "another person is another visit"


def test_a_device_that_was_elsewhere_shows_no_visit(stores: Stores) -> None:
    """Two hours later its owner has it again, and its visits count; so did what it showed the day before."""
    since, until = (datetime.combine(day, datetime.min.time(), ZoneInfo(ZONE)) for day in (DAYS[0], AFTER))
    send(stores, walk(1_800.0, 2_900.0, NOON), device="lent")
    tomorrow = NOON + 86_400.0
    send(stores, walk(600.0, 1_900.0, tomorrow), device="phone")
    send(stores, walk(2_400.0, 2_900.0, tomorrow), device="lent")
    assert visits(stores, 1) == [("M5", "phone")]
    last = stores.marker_visits.last(Evidence.OBSERVED, since, until)
    assert {code: (row.device, row.day) for code, row in last.items()} == {
        "M2": ("lent", DAYS[0]),
        "M3": ("lent", DAYS[0]),
        "M5": ("phone", DAYS[1]),
    }
    proofs = stores.due_evidence.of_markers(MARKERS, DAYS[0])
    assert {code: len(each) for code, each in proofs.items()} == {"M2": 1, "M3": 1, "M5": 1}
    month = stores.due_evidence.visited(DAYS[1], AFTER)
    units = {int(metre // SIDE) for metre in range(600, 1_900)}
    assert month == {"units": len(units), "markers": 1}
    send(stores, walk(1_950.0, 2_550.0, tomorrow + 7_200.0), device="lent")
    assert visits(stores, 1) == [("M2", "lent"), ("M3", "lent"), ("M5", "phone")]
    month = stores.due_evidence.visited(DAYS[1], AFTER)
    assert month == {
        "units": len(units | {int(metre // SIDE) for metre in range(1_950, 2_500)}),
        "markers": 3,
    }
