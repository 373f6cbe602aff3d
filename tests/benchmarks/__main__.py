"""``python -m tests.benchmarks NAME``: run one benchmark and print, or write, what it found."""

import argparse
import importlib
import sys
from pathlib import Path

from rich.console import Console

JOBS = {
    "locate": "locate",
    "locate-http": "locate_http",
    "impact": "impact",
    "merge": "merge",
    "nearest": "nearest",
    "upload": "upload",
    "ingest": "ingest",
    "crash": "crash",
    "power": "power",
    "failover": "failover",
    "fuzz": "fuzz",
    "proof": "proof",
    "row-security": "row_security",
    "repair": "repair",
    "balance": "balance",
    "staffing": "staffing",
    "coverage": "coverage",
    "coverage-accuracy": "coverage_accuracy",
}
"""Name of each benchmark and the module here whose ``run`` does it."""
COUNTED = ("fuzz", "proof", "crash", "power")


def main(arguments: list[str] | None = None) -> int:
    """Return 0 if all answers were equal, 1 if not, 2 for wrong arguments."""
    parser = argparse.ArgumentParser(prog="./wardline bench", description=__doc__)
    parser.add_argument("name", nargs="?", metavar="NAME", help=f"one of: {', '.join(JOBS)}; default: all")
    parser.add_argument(
        "--small", action="store_true", help="little data: checks the comparison, not the speed"
    )
    parser.add_argument(
        "--units", type=int, help="units of the partition (default 2924; “impact”: 2924 and then 100000)"
    )
    parser.add_argument("--no-peers", action="store_true", help="ours alone; needs no other environment")
    parser.add_argument(
        "--cases",
        type=int,
        metavar="N",
        help="cases of “fuzz” (default 100000) and “proof” (1000000), kills of “crash” (500), "
        "cuts of “power” (50)",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the result as JSON")
    options = parser.parse_args(arguments)
    if options.name not in {None, *JOBS}:
        parser.error(f"there is no benchmark “{options.name}”; there are: {', '.join(JOBS)}")
    if options.json and options.name is None:
        parser.error("--json needs the NAME of one benchmark")
    if options.cases and options.name not in COUNTED:
        parser.error(f"--cases is for {', '.join(COUNTED)} alone")
    given = {"cases": options.cases} if options.cases else {}
    equal = True
    for name in [options.name] if options.name else JOBS:
        module = importlib.import_module(f"tests.benchmarks.{JOBS[name]}")
        units = {} if options.units is None else {"units": options.units}
        report = module.run(**units, small=options.small, peers=not options.no_peers, **given)
        report.show(Console(width=None if sys.stdout.isatty() else 140))
        if options.json:
            report.write(options.json)
        equal &= report.answers_equal
    return 0 if equal else 1


if __name__ == "__main__":
    sys.exit(main())
