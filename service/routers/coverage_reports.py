"""Monthly reports of coverage: the draft of a month, signing for it, and what changed since."""

import json
from datetime import UTC, datetime
from typing import Annotated, Any

import orjson
from fastapi import Depends, Path, Response

from layers.stores import Stores
from service.dependencies import IdentityDep, OnceDep, Reply, StoresDep
from service.dependencies import router as make_router
from service.schemas.coverage import Period, report_json
from service.schemas.coverage_reports import DraftOut, ReportOut, ReportsOut, SignedOut, SignIn, signed_json
from service.use_cases import coverage_reports as reports
from service.use_cases import due
from service.use_cases.coverage import coverage, segments_of
from service.use_cases.coverage_reports import Month

router = make_router("coverage")


def get_month(stores: StoresDep, month: Annotated[str, Path(max_length=16, examples=["2025-06"])]) -> Month:
    """Return the month of the path."""
    return reports.month_of(stores, month)


MonthDep = Annotated[Month, Depends(get_month)]


@router.get("/coverage/reports", response_model=ReportsOut)
def get_reports(stores: StoresDep) -> Response:
    """Return who signed for which month, the latest first."""
    return _json({"items": [signed_json(one) for one in stores.coverage_reports.all()]})


@router.get("/coverage/reports/{month}/draft", response_model=DraftOut)
def get_draft(month: MonthDep, stores: StoresDep) -> Response:
    """Return the figures of a month as they are known now, signed or not."""
    over = datetime.now(UTC) >= month.end
    return _json({"month": month.name, "over": over, "figures": _figures(stores, month)})


@router.post(
    "/coverage/reports/{month}",
    response_model=SignedOut,
    status_code=201,
    responses={409: {"description": "It was signed before."}},
)
def post_report(
    month: MonthDep, given: SignIn, stores: StoresDep, identity: IdentityDep, once: OnceDep
) -> Response:
    """Sign for a month that is over: its figures are frozen as they are known now."""

    def act() -> Reply:
        figures = _figures(stores, month)
        made = reports.sign(stores, month, figures, identity.name, given.note, datetime.now(UTC))
        return Reply(201, signed_json(made), {"Location": f"/api/v1/coverage/reports/{month.name}"})

    return once(stores, act)


@router.get("/coverage/reports/{month}", response_model=ReportOut)
def get_report(month: MonthDep, stores: StoresDep) -> Response:
    """Return a month as it was signed, and each figure that late data changed since."""
    signed = stores.coverage_reports.get(month.first)
    figures = json.loads(signed.figures)
    delta = reports.differences(figures, _figures(stores, month))
    return _json(
        {
            **signed_json(signed),
            "state": "changed" if delta else "unchanged",
            "intact": reports.digest_of(signed.figures) == signed.digest,
            "figures": figures,
            "delta": delta,
        }
    )


def _figures(stores: Stores, month: Month) -> dict[str, Any]:
    """Return the figures of a month as they are known now."""
    period = Period(month.begin, month.end, month.end)
    found = coverage(stores, segments_of(stores, period), period)
    told = report_json(found, period)
    debts, counts = due.month_of(stores, month.begin, month.end)
    return reports.figures_json(month, told, debts, counts)


def _json(body: Any) -> Response:
    return Response(orjson.dumps(body), headers={"Cache-Control": "no-store"}, media_type="application/json")
