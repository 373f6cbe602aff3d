"""Fixtures for all tests; each group has a module in ``tests/fixtures``."""

import os

from hypothesis import settings

# No test measures time, so no example has a deadline. Where every run must judge the same, examples are the
# same in every run; elsewhere each run looks at new ones.
settings.register_profile("wardline", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("wardline")

pytest_plugins = [
    "tests.fixtures.database",
    "tests.fixtures.clusters",
    "tests.fixtures.county",
    "tests.fixtures.client",
    "tests.fixtures.accounts",
    "tests.fixtures.plans",
    "tests.fixtures.chromium",
]
