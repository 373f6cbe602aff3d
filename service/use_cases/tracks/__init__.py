"""Tracks from the field: ``upload`` stores one, ``report`` tells of it, ``recompute`` makes its ledger."""

from service.use_cases.tracks.ledger import days_of, recompute
from service.use_cases.tracks.lines import Covered
from service.use_cases.tracks.report import report
from service.use_cases.tracks.upload import Delivery, Receipt, refusals, upload

__all__ = ["Covered", "Delivery", "Receipt", "days_of", "recompute", "refusals", "report", "upload"]
