"""Districts, and their units by code."""

from typing import Annotated, Any

from fastapi import Path, Query

from layers import districts
from service.dependencies import DayDep, IdentityDep, KnownAt, SessionDep, StoresDep
from service.dependencies import router as make_router
from service.schemas.districts import DistrictOut, DistrictsOut, UnitDetail
from service.use_cases.districts import describe_unit

router = make_router("districts")


@router.get("/districts")
def get_districts(session: SessionDep, identity: IdentityDep) -> DistrictsOut:
    """Return the districts in which the caller holds anything, by code."""
    return DistrictsOut(
        items=[
            DistrictOut(code=one.code, name=one.name, name_en=one.name_en, timezone=one.timezone)
            for one in districts.every(session)
            if identity.reaches(one.code)
        ]
    )


@router.get("/units/{code}", response_model=UnitDetail)
def get_unit(
    code: Annotated[str, Path(max_length=64)],
    stores: StoresDep,
    day: DayDep,
    known_at: KnownAt = None,
    layer: Annotated[
        str | None, Query(max_length=64, description="The layer, where several have the code.")
    ] = None,
) -> dict[str, Any]:
    """Return a unit of any level by its code or id, with its parents, children and who answers for it.

    Who answers for it is told as it is known now.
    """
    return describe_unit(stores, code, day, layer, known_at)
