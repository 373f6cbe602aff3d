"""An instant as people write it: with an offset, or with the name of a time zone."""

import difflib
import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from geo.errors import N_
from service.cluster.errors import InstantUnreachable

_NAMED = re.compile(
    r"(?P<local>\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?) ?\[?(?P<zone>[A-Za-z][\w/+-]*)\]?"
)


def read_instant(text: str) -> datetime:
    """Return the instant of ``2026-06-01T09:30:00+08:00`` or ``2026-06-01 09:30 Asia/Shanghai``.

    Raises
    ------
    InstantUnreachable
        It is no time, says no zone or an unknown one, or its local time is no or not only one instant.
    """
    text = text.strip()
    named = _NAMED.fullmatch(text)
    if named and named["zone"] not in {"Z", "UTC"}:
        return _in_zone(named["local"], named["zone"])
    try:
        at = datetime.fromisoformat(text.removesuffix("UTC").strip() + ("Z" if text.endswith("UTC") else ""))
    except ValueError:
        raise InstantUnreachable(
            N_("“{text}” is no time."),
            mend=N_("Write it as 2026-06-01T09:30:00+08:00, or as “2026-06-01 09:30 Asia/Shanghai”."),
            text=text,
        ) from None
    if at.tzinfo is None:
        raise InstantUnreachable(
            N_("“{text}” does not say in which time zone."),
            mend=N_("Add the offset, such as +08:00, or the zone, such as Asia/Shanghai."),
            text=text,
        )
    return at.astimezone(UTC)


def _in_zone(local: str, name: str) -> datetime:
    try:
        zone = ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        nearest = difflib.get_close_matches(name, available_timezones(), n=1, cutoff=0.0)[0]
        raise InstantUnreachable(
            N_("There is no time zone {name}."),
            mend=N_("Did you mean {nearest}? An offset such as +08:00 does as well."),
            name=name,
            nearest=nearest,
        ) from None
    plain = datetime.fromisoformat(local)
    first, second = (plain.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    if first.utcoffset() != second.utcoffset():  # the clocks were changed in that hour
        raise InstantUnreachable(
            N_("{local} in {name} is no or not only one instant: the clocks were changed then."),
            mend=N_("Write it with its offset: {first} or {second}."),
            local=local,
            name=name,
            first=first.isoformat(),
            second=second.isoformat(),
        )
    return first.astimezone(UTC)
