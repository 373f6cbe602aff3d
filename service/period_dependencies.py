"""The period that a request asks about."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, Query

from service.dependencies import StoresDep
from service.schemas.coverage import Period
from service.use_cases.coverage import period_of


def get_period(
    stores: StoresDep,
    first: Annotated[
        str | None, Query(alias="from", max_length=40, description="First day, or an instant.")
    ] = None,
    last: Annotated[
        str | None, Query(alias="to", max_length=40, description="The day or instant it ends before.")
    ] = None,
) -> Period:
    """Return the period of a request; the last 30 days where none is given."""
    return period_of(first, last, stores.districts.current().timezone, datetime.now(UTC))


PeriodDep = Annotated[Period, Depends(get_period)]
