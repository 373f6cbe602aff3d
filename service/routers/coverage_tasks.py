"""Tasks of coverage: what is open, who is asked, and how it was closed."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import orjson
from fastapi import Query, Response

from layers.tasks import CoverageTask, State
from service import i18n
from service.dependencies import IdentityDep, LanguageDep, OnceDep, Reply, StoresDep, VersionDep
from service.dependencies import router as make_router
from service.schemas.tasks import AssigneesOut, ClosingIn, TaskIn, TaskOut, TaskPatch, TasksOut, task_json
from service.use_cases import due

router = make_router("due")

_STALE: dict[int | str, dict[str, Any]] = {
    409: {"description": "It was changed since, or closed by hand."},
}


@router.get("/coverage/tasks", response_model=TasksOut)
def get_tasks(
    stores: StoresDep,
    language: LanguageDep,
    state: Annotated[Literal["open", "done", "closed", "all"], Query()] = "open",
    assignee: Annotated[UUID | None, Query()] = None,
) -> Response:
    """Return tasks, those to be done first: all for who leads, one's own for everybody else."""
    # What is noted may lag behind what is known by an upload at the same time; what is known is told.
    states: tuple[State, ...] = ("closed",) if state == "closed" else ("open", "done")
    found = stores.tasks.all(() if state == "all" else states, assignee)
    looks = due.looks(stores, found, datetime.now(UTC))
    shown = [one for one in looks if state in ("all", one.state)]
    return _json({"items": [task_json(one, i18n.translator(language)) for one in shown]})


@router.post("/coverage/tasks", response_model=TaskOut, status_code=201)
def post_task(
    given: TaskIn, stores: StoresDep, identity: IdentityDep, once: OnceDep, language: LanguageDep
) -> Response:
    """Ask for a visit of what is open: a gap, what is due, or anything else."""

    def act() -> Reply:
        made = due.add_task(stores, given, identity.name, datetime.now(UTC))
        return Reply(201, _told(stores, made, language), {"Location": f"/api/v1/coverage/tasks/{made.id}"})

    return once(stores, act)


@router.get("/coverage/tasks/assignees", response_model=AssigneesOut)
def get_assignees(stores: StoresDep) -> Response:
    """Return who may be asked: who walks in the district today."""
    return _json({"items": due.assignees(stores, datetime.now(UTC))})


@router.get("/coverage/tasks/{task}", response_model=TaskOut)
def get_task(task: UUID, stores: StoresDep, language: LanguageDep) -> Response:
    """Return a task; its ``ETag`` is what a change sends as ``If-Match``."""
    return _one(stores, stores.tasks.get(task), language)


@router.patch("/coverage/tasks/{task}", response_model=TaskOut, responses=_STALE)
def patch_task(
    task: UUID, patch: TaskPatch, stores: StoresDep, version: VersionDep, language: LanguageDep
) -> Response:
    """Change whom a task is for, until when, or why."""
    return _one(stores, due.change_task(stores, task, patch, version, datetime.now(UTC)), language)


@router.post("/coverage/tasks/{task}/close", response_model=TaskOut, responses=_STALE)
def post_close(
    task: UUID,
    given: ClosingIn,
    stores: StoresDep,
    identity: IdentityDep,
    version: VersionDep,
    language: LanguageDep,
) -> Response:
    """Close a task by hand, with a reason; evidence opens it no more."""
    now = datetime.now(UTC)
    closed = due.close_task(stores, task, given.reason, identity.name, version, now)
    return _one(stores, closed, language)


def _told(stores: StoresDep, task: CoverageTask, language: str) -> dict[str, Any]:
    (look,) = due.looks(stores, [task], datetime.now(UTC))
    return task_json(look, i18n.translator(language))


def _one(stores: StoresDep, task: CoverageTask, language: str) -> Response:
    return _json(_told(stores, task, language), {"ETag": f'"{task.version}"'})


def _json(body: Any, headers: dict[str, str] | None = None) -> Response:
    headers = {"Cache-Control": "no-store", **(headers or {})}
    return Response(orjson.dumps(body), headers=headers, media_type="application/json")
