"""Fixtures for all tests; each group has a module in ``tests/fixtures``."""

pytest_plugins = [
    "tests.fixtures.database",
    "tests.fixtures.clusters",
    "tests.fixtures.county",
    "tests.fixtures.client",
]
