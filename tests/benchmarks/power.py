"""Power cuts under load: the proof at the length of a release, with its figures."""

from tests.benchmarks.crash import judged, say
from tests.benchmarks.report import Report
from tests.crash.power import lacking, power_cuts

CUTS = 50
FEW = 3


def run(units: int = 0, *, small: bool = False, peers: bool = True, cases: int | None = None) -> Report:
    """Cut the power 50 times, or 3, and report what ``crash`` does."""
    if (reason := lacking()) is not None:
        raise SystemExit(f"no power can be cut: {reason}")
    found = power_cuts(cases or (FEW if small else CUTS), tell=say)
    return judged("power", found.figures, found.text, "power cuts")
