"""The service that many would write: FastAPI before PostGIS, one indexed query for each request.

``BENCH_DATABASE`` is the address of a database with the table ``areas (code text, geom geometry)``.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from psycopg_pool import AsyncConnectionPool

QUERY = "SELECT code FROM areas WHERE ST_Covers(geom, ST_SetSRID(ST_MakePoint(%s, %s), 4326)) ORDER BY code"

pool = AsyncConnectionPool(os.environ["BENCH_DATABASE"], min_size=8, max_size=8, open=False)


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
    async with pool:
        yield


app = FastAPI(lifespan=lifespan)


@app.get("/locate")
async def locate(lon: float, lat: float) -> dict[str, list[str]]:
    async with pool.connection() as connection:
        cursor = await connection.execute(QUERY, (lon, lat))
        return {"codes": [row[0] for row in await cursor.fetchall()]}
