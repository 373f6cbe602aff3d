"""Retention for those who oversee: for how long what is kept, what was forgotten, and what would be today."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import Path, Response

from service.copies import copies_of
from service.dependencies import ServiceDep, StoresDep
from service.dependencies import router as make_router
from service.schemas.retention import DaysIn, RetentionOut, run_json
from service.use_cases.retention import Kept, State, keep_for, state_of

router = make_router("retention")


@router.get("/retention", response_model=RetentionOut)
def get_retention(stores: StoresDep, service: ServiceDep, response: Response) -> dict[str, Any]:
    """Return the days in force and where they come from, the last run, and what a run today would forget."""
    response.headers["Cache-Control"] = "no-store"
    kept = Kept.of(service.settings, copies=copies_of(service.settings).are_kept())
    return _told(state_of(stores, kept, datetime.now(UTC)))


@router.put("/retention/{subject}", response_model=RetentionOut)
def put_days(
    subject: Annotated[str, Path(max_length=64)],
    given: DaysIn,
    stores: StoresDep,
    service: ServiceDep,
    response: Response,
) -> dict[str, Any]:
    """Keep something for other days in this district than the settings say; nothing is forgotten yet."""
    keep_for(stores, subject, given.days, datetime.now(UTC), service.settings.keep_backups_days)
    return get_retention(stores, service, response)


def _told(state: State) -> dict[str, Any]:
    return {
        "periods": [
            {"subject": subject, "days": days, "source": "district" if subject in state.own else "settings"}
            for subject, days in state.days.items()
        ],
        "backups_days": state.backups,
        "last": None if state.last is None else run_json(dict(state.last)),
        "today": run_json(state.today.to_json()),
    }
