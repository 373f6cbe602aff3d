"""What is there when the service has begun is left to itself, once."""

import gc

from service import heap


def test_only_the_first_beginning_settles() -> None:
    heap.settle()
    settled = gc.get_freeze_count()
    kept = [[one] for one in range(1_000)]
    heap.settle()
    assert gc.get_freeze_count() <= settled
    assert settled > len(kept)
    assert gc.isenabled()
