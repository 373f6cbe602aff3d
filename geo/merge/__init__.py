"""Three-way merge: what two planners made of the same release, put together or refused on the very edges."""

from geo.merge.conflict import Conflict, Place
from geo.merge.merging import Merged, merge

__all__ = ["Conflict", "Merged", "Place", "merge"]
