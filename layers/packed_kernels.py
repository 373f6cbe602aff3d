"""Compiled kernels that read the ledger of lines as it is packed by day.

Packed values are as PostgreSQL sends them, with the highest byte first. They are taken as words of 32 bits:
nine of a walk (place and evidence, two measures, two times), five of a sight (place and band, two measures).
"""

import numpy as np
import numpy.typing as npt

from geo.compiled import compiled
from geo.geocentric import Floats
from geo.track.fixes import Codes, Ints, Places

Words = npt.NDArray[np.uint32]
Flags = npt.NDArray[np.bool_]

WALK, SIGHT = 9, 5


@compiled
def turned(word: np.uint32) -> np.uint64:
    """Return a word with its bytes in the other order, as one of 64 bits."""
    one = np.uint64(word)
    low = (one & np.uint64(0xFF)) << np.uint64(24) | (one & np.uint64(0xFF00)) << np.uint64(8)
    return low | (one >> np.uint64(8)) & np.uint64(0xFF00) | one >> np.uint64(24)


@compiled
def wide(words: Words, at: int) -> np.uint64:
    """Return two words as one of 64 bits."""
    return turned(words[at]) << np.uint64(32) | turned(words[at + 1])


@compiled
def read_walks(
    words: Words, counts: Places, base: Places, line: Ints, whole: Flags, epoch_us: int
) -> tuple[Places, Ints, Codes, Floats, Floats, Floats, Floats]:
    """Return the row, line and evidence of each walk, and its measures and Unix seconds in the order of time.

    ``counts`` (n,) are how many walks each row has, ``line`` the lines of all segments, those of a row from
    its ``base`` on. Walks of lines that were not asked about (−1) are left out but of ``whole`` rows (n,).
    """
    total = words.shape[0] // WALK
    rows, lines, evidence = np.empty(total, np.int64), np.empty(total, np.int32), np.empty(total, np.int8)
    from_m, to_m = np.empty(total, np.uint64), np.empty(total, np.uint64)
    from_t, to_t = np.empty(total), np.empty(total)
    at, count = 0, 0
    for row in range(counts.shape[0]):
        for _ in range(counts[row]):
            head = np.int64(turned(words[at]))
            mine = line[base[row] + (head >> 16)]
            if mine >= 0 or whole[row]:
                low, high = wide(words, at + 1), wide(words, at + 3)
                begin, end = np.int64(wide(words, at + 5)), np.int64(wide(words, at + 7))
                if begin > end:
                    low, high, begin, end = high, low, end, begin
                rows[count], lines[count], evidence[count] = row, mine, head & 0xFF
                from_m[count], to_m[count] = low, high
                from_t[count], to_t[count] = (begin + epoch_us) / 1e6, (end + epoch_us) / 1e6
                count += 1
            at += WALK
    return (
        rows[:count], lines[:count], evidence[:count],
        from_m[:count].view(np.float64), to_m[:count].view(np.float64), from_t[:count], to_t[:count],
    )  # fmt: skip


@compiled
def read_sights(
    words: Words,
    counts: Places,
    base: Places,
    line: Ints,
    begin: Floats,
    end: float,
    from_t: Floats,
    to_t: Floats,
    doubted: Flags,
) -> tuple[Ints, Codes, Floats, Floats, Flags]:
    """Return line, band and measures of sights of rows within the period, and the rows whose times matter.

    ``begin`` is when the period of each line begins. ``from_t``, ``to_t`` (n,) are the times of rows; those
    of rows across an edge of the period matter, and of those whose device is ``doubted``.
    """
    total = words.shape[0] // SIGHT
    lines, bands = np.empty(total, np.int32), np.empty(total, np.int8)
    low, high = np.empty(total, np.uint64), np.empty(total, np.uint64)
    across = np.zeros(counts.shape[0], np.bool_)
    at, count = 0, 0
    for row in range(counts.shape[0]):
        for _ in range(counts[row]):
            head = np.int64(turned(words[at]))
            mine = line[base[row] + (head >> 16)]
            # What ends with the period may be an instant that is no part of it.
            if mine >= 0 and begin[mine] <= from_t[row] and to_t[row] < end and not doubted[row]:
                lines[count], bands[count] = mine, np.int16(np.uint16(head & 0xFFFF))
                low[count], high[count] = wide(words, at + 1), wide(words, at + 3)
                count += 1
            elif mine >= 0 and to_t[row] >= begin[mine] and from_t[row] < end:
                across[row] = True
            at += SIGHT
    return lines[:count], bands[:count], low[:count].view(np.float64), high[:count].view(np.float64), across
