"""``python -m tests.fuzz URL``: many cases from the API's document against a running demo, for every role.

With 200 examples for each operation and role some 100,000 cases are sent; start ``./wardline demo`` before.
Nothing but what is wrong and how many cases were sent is written.
"""

import argparse
import sys

from service.access.demo import PASSWORD, PEOPLE
from tests.fuzz.api import explore


def main() -> int:
    """Return 0 if every answer was as documented."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("url", help="address of a demo, such as http://127.0.0.1:8000")
    parser.add_argument("--examples", type=int, default=200, help="cases of each operation (default 200)")
    parser.add_argument("--seed", type=int, default=1, help="repeats a run (default 1)")
    options = parser.parse_args()
    wrong = 0
    for login in (*PEOPLE, None):
        named = None if login is None else (login, PASSWORD)
        found = explore(
            options.url.rstrip("/"),
            named,
            phases=["coverage", "fuzzing"],
            examples=options.examples,
            seed=options.seed,
        )
        counts = ", ".join(f"{status}: {count}" for status, count in sorted(found.statuses.items()))
        sys.stdout.write(f"{login or 'public'}: {found.cases} cases ({counts}), {len(found.faults)} faults\n")
        sys.stdout.write("".join(f"{fault}\n\n" for fault in sorted(set(found.faults))))
        wrong += len(found.faults)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
