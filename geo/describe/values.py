"""What a description is made of."""

from dataclasses import dataclass

LonLat = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that can be found on the ground, by code and name, at lon, lat in degrees."""

    code: str
    name: str
    lon: float
    lat: float


@dataclass(frozen=True, slots=True)
class Leg:
    """A straight line to ``end`` (lon, lat), as it is stated: degrees to 0.01, metres to 0.1."""

    bearing_deg: float
    distance_m: float
    end: LonLat


@dataclass(frozen=True, slots=True)
class Passed:
    """A mark beside a run: metres along the boundary from the run's start, and metres off it."""

    mark: Mark
    along_m: float
    off_m: float


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of boundary with one unit on the other side: its code, None where none is there."""

    neighbour: str | None
    start: LonLat
    legs: tuple[Leg, ...]
    length_m: float
    passed: tuple[Passed, ...]


@dataclass(frozen=True, slots=True)
class Tie:
    """How the start of a walk is found: from a mark, by bearing and distance."""

    mark: Mark
    bearing_deg: float
    distance_m: float


@dataclass(frozen=True, slots=True)
class Walk:
    """One ring, walked with the unit on the right: outer rings clockwise, holes anticlockwise.

    ``part`` counts the separate parts of the unit, the largest first; ``tie`` is None where no mark is
    near. ``closing_m`` is how far from the start one arrives at most by walking the legs as they are stated.
    """

    part: int
    hole: bool
    start: LonLat
    tie: Tie | None
    runs: tuple[Run, ...]
    length_m: float
    closing_m: float


@dataclass(frozen=True, slots=True)
class Description:
    """The boundary of a unit: no vertex lies further from the legs than ``tolerance_m`` metres."""

    walks: tuple[Walk, ...]
    parts: int
    area_m2: float
    perimeter_m: float
    tolerance_m: float
