"""What the tags of OpenStreetMap say of who may use a road, and through which barriers nobody comes.

After the community's "OSM tags for routing": the most particular tag decides (foot; motorcar, motor_vehicle,
vehicle; then access), else the kind of road does. Conditions by time and forbidden turns are not read.
"""

from collections.abc import Mapping

FOOT_ON, FOOT_BACK, CAR_ON, CAR_BACK = 1, 2, 4, 8

_ROADS = frozenset(
    f"{kind}{link}"
    for kind in ("motorway", "trunk", "primary", "secondary", "tertiary")
    for link in ("", "_link")
) | {"unclassified", "residential", "living_street", "service", "road", "track"}
_PATHS = frozenset({"footway", "path", "pedestrian", "steps", "bridleway", "corridor"})
_CYCLEWAYS = frozenset({"cycleway"})
_NO_FEET = frozenset({"motorway", "motorway_link"})
_REFUSED = frozenset(
    {
        "no",
        "private",
        "agricultural",
        "forestry",
        "military",
        "emergency",
        "permit",
        "construction",
        "delivery",
    }
)
_CAR_TAGS = ("motorcar", "motor_vehicle", "vehicle", "access")
_FOOT_TAGS = ("foot", "access")
_ONWARD = frozenset({"yes", "true", "1"})
_BACKWARD = frozenset({"-1", "reverse"})
_STOPS_CARS = frozenset(
    {
        "block",
        "bollard",
        "chain",
        "cycle_barrier",
        "debris",
        "horse_stile",
        "jersey_barrier",
        "kissing_gate",
        "log",
        "planter",
        "spikes",
        "stile",
        "turnstile",
    }
)

Tags = Mapping[str, str]


def uses_of(tags: Tags) -> int:
    """Return the bits of who may use a way in which direction; 0 where it is no road for anybody."""
    kind = tags.get("highway", "")
    if tags.get("area") == "yes":
        return 0
    feet = kind in _ROADS | _PATHS | _CYCLEWAYS and _allowed(tags, _FOOT_TAGS, otherwise=kind not in _NO_FEET)
    cars = kind in _ROADS and _allowed(tags, _CAR_TAGS, otherwise=True)
    uses = (FOOT_ON | FOOT_BACK) * feet
    if feet and tags.get("oneway:foot") in _ONWARD:
        uses = FOOT_ON
    if cars:
        uses |= _directions(tags, kind)
    return uses


def barred_by(tags: Tags) -> int:
    """Return the bits of who does not come past a node: 1 on foot, 2 by car."""
    barrier = tags.get("barrier")
    if barrier is None:
        return 0
    feet = _allowed(tags, _FOOT_TAGS, otherwise=True)
    cars = _allowed(tags, _CAR_TAGS, otherwise=barrier not in _STOPS_CARS)
    return (not feet) | (not cars) << 1


def _allowed(tags: Tags, keys: tuple[str, ...], *, otherwise: bool) -> bool:
    for key in keys:
        value = tags.get(key)
        if value is not None:
            return value not in _REFUSED
    return otherwise


def _directions(tags: Tags, kind: str) -> int:
    """Return the ways in which cars may go along a road that they may use."""
    said = next(
        (tags[key] for key in ("oneway:motorcar", "oneway:motor_vehicle", "oneway") if key in tags), None
    )
    if said in _BACKWARD:
        return CAR_BACK
    around = tags.get("junction") in {"roundabout", "circular"}
    if said in _ONWARD or (said is None and (around or kind in _NO_FEET)):
        return CAR_ON
    return CAR_ON | CAR_BACK
