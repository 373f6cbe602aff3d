"""Clocks of devices that were off: what is known of them, and what a person says, who wins."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import orjson
from fastapi import Response

from service.dependencies import IdentityDep, StoresDep
from service.dependencies import router as make_router
from service.field_dependencies import SETTLED, DeviceCode, WorkDep
from service.period_dependencies import PeriodDep
from service.schemas.clocks import (
    DeviceClockIn,
    DeviceClockSetOut,
    DeviceClocksOut,
    device_clock_json,
    is_told,
)
from service.schemas.times import NearDay
from service.use_cases.field import ToldClock, say_clock

router = make_router("tracks")


@router.get("/coverage/clocks", response_model=DeviceClocksOut)
def get_clocks(stores: StoresDep, period: PeriodDep) -> Response:
    """Return the clocks that were off on a day of a period: by how much, and from how many live batches."""
    zone = ZoneInfo(stores.districts.current().timezone)
    last = (period.to_at - timedelta(microseconds=1)).astimezone(zone).date()
    found = stores.clocks.known(period.from_at.astimezone(zone).date(), last)
    return _json({"items": [device_clock_json(one) for one in found if is_told(one)]})


@router.put("/devices/{device}/clocks/{day}", response_model=DeviceClockSetOut, dependencies=[SETTLED])
def put_clock(
    device: DeviceCode,
    day: NearDay,
    given: DeviceClockIn,
    stores: StoresDep,
    identity: IdentityDep,
    work: WorkDep,
) -> Response:
    """Say by how much a device's clock was off on a day of it; what was walked is made anew at once.

    It wins over what is measured from what the device sends, until it is taken back.
    """
    told = ToldClock(device, day, given.behind_s, given.reason)
    known, made = say_clock(stores, told, identity.name, datetime.now(UTC), work)
    return _json({"clock": device_clock_json(known), "recomputed": made})


def _json(body: Any) -> Response:
    return Response(orjson.dumps(body), headers={"Cache-Control": "no-store"}, media_type="application/json")
