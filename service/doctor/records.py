"""Records about people: the audit is whole, and nothing is kept for longer than was said."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from sqlalchemy.orm import Session

from geo.errors import N_
from layers import districts
from layers.audit import every_chain
from layers.row_security import SYSTEM_SCOPE, enter
from layers.stores import Stores
from service.copies import copies_of
from service.doctor.findings import Finding, Patient, warning, well, wrong
from service.use_cases.audit import WORDS, prove
from service.use_cases.copies import Promise
from service.use_cases.retention import days_of, fitted, foresee, kept_by

LATE = timedelta(days=1)
"""What may be forgotten for so long and is still there was not looked at by the daily run."""


def check_audit(patient: Patient) -> Iterator[Finding]:
    """Prove every chain of the audit, entry by entry."""
    with Session(patient.engine) as session:
        enter(session, SYSTEM_SCOPE)
        for report in prove(every_chain(session)):
            for fault in report.faults:
                yield wrong(
                    WORDS[fault.kind],
                    N_(
                        "Compare it with a backup and with the heads that were kept: ./wardline audit verify."
                    ),
                    chain=fault.chain,
                    seq=fault.seq,
                    written_as=fault.written_as,
                )
            if not report.faults:
                message = N_("the audit {chain} is whole: {count} entries")
                yield well(message, chain=report.head.chain, count=report.head.seq)


def check_retention(patient: Patient) -> Iterator[Finding]:
    """Look for what should have been forgotten, in the database and in backups."""
    kept, now = kept_by(patient.settings), datetime.now(UTC)
    with Session(patient.engine) as session:
        enter(session, SYSTEM_SCOPE)
        every = [Stores(session, one.code) for one in districts.every(session)]
        kept = fitted(kept, every)
        late, own = 0, dict[str, int]()
        for stores in every:
            report = foresee(stores, kept, now - LATE)
            own[stores.district] = days_of(stores, kept).fixes
            late += sum(done.rows for done in report.done)
    if late:
        message = N_("{count} rows should have been forgotten by now.")
        mend = N_("The service does it each day while it runs; or run ./wardline retention --apply.")
        yield warning(message, mend, count=late)
    else:
        yield well(N_("nothing is kept for longer than was said"))
    yield from _old_copies(patient, Promise(kept.backups, kept.fixes, own), now)


def _old_copies(patient: Patient, promise: Promise, now: datetime) -> Iterator[Finding]:
    old = [one for one in copies_of(patient.settings).every() if promise.is_over(one, now - LATE)]
    if old:
        message = N_("{count} backups hold raw positions for longer than was said: {folder}.")
        mend = N_("The service removes them while it runs; or run ./wardline retention --apply.")
        yield wrong(message, mend, count=len(old), folder=old[0].folder)
