"""Health: ``/healthz`` says that the process lives, ``/readyz`` that it can answer."""

from fastapi import Response

from geo.errors import N_
from service import database
from service.dependencies import ServiceDep, SessionDep
from service.dependencies import router as make_router
from service.errors import NotReady

router = make_router("health", prefix="")


@router.get("/healthz")
async def healthz() -> dict[str, str]:
    """Say that the process answers."""
    return {"status": "ok"}


@router.get("/readyz")
def readyz(session: SessionDep, service: ServiceDep, response: Response) -> dict[str, str]:
    """Say whether the database answers, is migrated, and the indexes are built; 503 while they are not."""
    migration = database.revision(session.connection())
    if not service.indexes.ready:
        raise NotReady(N_("The indexes are still being built."), mend=N_("Try again in a few seconds."))
    response.headers["Cache-Control"] = "no-store"
    return {"status": "ready", "database": str(migration), "indexes": "built"}
