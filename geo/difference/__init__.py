"""What somebody else's program made of a partition: noise taken out, and the operations that did the rest."""

from geo.difference.deriving import Derived, absorbed, derive
from geo.difference.joining import Joined, join
from geo.difference.places import places_of, unknown_places
from geo.difference.snapping import Snapped, snap

__all__ = [
    "Derived",
    "Joined",
    "Snapped",
    "absorbed",
    "derive",
    "join",
    "places_of",
    "snap",
    "unknown_places",
]
