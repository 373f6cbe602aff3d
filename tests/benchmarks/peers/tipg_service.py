"""TiPg as it is, but connected through a Unix socket, which its settings have no way to say.

``BENCH_DATABASE`` is the address of a database with the table ``areas``.
"""

import os
from typing import Any

import asyncpg

_create_pool = asyncpg.create_pool


def _through_socket(_address: str, **options: Any) -> Any:
    return _create_pool(os.environ["BENCH_DATABASE"], **options)


asyncpg.create_pool = _through_socket
os.environ["DATABASE_URL"] = "postgresql://localhost/unused"
os.environ["TIPG_DB_SCHEMAS"] = '["public"]'

from tipg.main import app  # noqa: E402 - reads the environment when imported

__all__ = ["app"]
