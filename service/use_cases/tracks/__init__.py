"""Tracks from the field: ``upload`` stores one, ``report`` tells of it, ``recompute`` makes its ledger."""

from service.use_cases.tracks.barriers import add_barrier, barriers_of, end_barrier, put_barriers
from service.use_cases.tracks.deliveries import of_each_device, of_one_device, on_time, seen_from
from service.use_cases.tracks.ledger import keep_up, recompute, remake
from service.use_cases.tracks.lines import Covered
from service.use_cases.tracks.rebuild import Rebuilt, rebuild
from service.use_cases.tracks.report import named, report, unused
from service.use_cases.tracks.upload import Delivery, Receipt, refusals, upload, with_clock
from service.use_cases.tracks.withdrawing import (
    may_withdraw,
    restore_track,
    withdraw_track,
    withdrawals_of,
)

__all__ = [
    "Covered",
    "Delivery",
    "Rebuilt",
    "Receipt",
    "add_barrier",
    "barriers_of",
    "end_barrier",
    "keep_up",
    "may_withdraw",
    "named",
    "of_each_device",
    "of_one_device",
    "on_time",
    "put_barriers",
    "rebuild",
    "recompute",
    "refusals",
    "remake",
    "report",
    "restore_track",
    "seen_from",
    "unused",
    "upload",
    "with_clock",
    "withdraw_track",
    "withdrawals_of",
]
