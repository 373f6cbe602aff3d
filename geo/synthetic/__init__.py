"""Made-up nested partitions of any size: natural-looking, exact, and the same for the same seed."""

from geo.synthetic.nested import REAL_COUNTS, Counts, SyntheticPartition, TooCrowded, counts_for, partition

__all__ = ["REAL_COUNTS", "Counts", "SyntheticPartition", "TooCrowded", "counts_for", "partition"]
