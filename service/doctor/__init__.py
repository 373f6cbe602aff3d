"""The doctor: what a running installation needs, one check each, with what, where and how to mend.

A check is a function from a ``Patient`` to findings. ``CHECKS`` lists them in the order they are shown; a
new one is a function in a module here and a line there. A check never changes anything.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping

from sqlalchemy.exc import DBAPIError

from geo.errors import N_, WardlineError
from service.doctor import assets, backups, documents, machine, records, row_security, stored, versions
from service.doctor.findings import Finding, Patient, State

Check = Callable[[Patient], Iterable[Finding]]

CHECKS: Mapping[str, Check] = {
    "versions": versions.check,
    "disk": machine.check_disk,
    "clock": machine.check_clock,
    "migrations": stored.check_migrations,
    "indexes": stored.check_indexes,
    "months": stored.check_months,
    "partitions": stored.check_partitions,
    "tables": row_security.check_tables,
    "boxes": row_security.check_boxes,
    "role": row_security.check_role,
    "archive": backups.check_archive,
    "backups": backups.check_backups,
    "retention": records.check_retention,
    "browser": assets.check,
    "documents": documents.check,
}
"""Each check by its name."""

LONG: Mapping[str, Check] = {"audit": records.check_audit}
"""Checks that look at every row, made where they are asked for."""

__all__ = ["CHECKS", "LONG", "Check", "Finding", "Patient", "State", "examine"]


def examine(patient: Patient, checks: Mapping[str, Check] = CHECKS) -> Iterator[tuple[str, Finding]]:
    """Run checks and yield each finding with the name of its check; one that fails is a finding itself."""
    for name, check in checks.items():
        try:
            for finding in check(patient):
                yield name, finding
        except WardlineError as error:
            yield name, Finding(State.WRONG, error.message, error.mend, error.params)
        except DBAPIError as error:
            reason = str(error.orig).strip().splitlines()[0]
            mend = N_("Mend that first, then ask the doctor again.")
            yield (
                name,
                Finding(State.WRONG, N_("It could not be looked at: {reason}."), mend, {"reason": reason}),
            )
