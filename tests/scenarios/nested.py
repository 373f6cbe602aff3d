"""A county of townships, villages and small grids, laid as an import would, for the scenarios."""

from datetime import date
from typing import Any
from uuid import UUID

import numpy as np
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from geo.partition import dissolve
from geo.synthetic import SyntheticPartition
from layers.ids import new_id
from layers.stores import Stores
from layers.units import UnitDraft
from tests.fixtures.client import TestClient

DISTRICT = "150001"
LEVELS = ("township", "village", "grid")


def lay(engine: Engine, shapes: SyntheticPartition) -> dict[str, UUID]:
    """Publish the small grids G… with their households, and V… and T… above them; return ids by code."""
    small, big, towns = len(shapes.polygons), len(shapes.township), len(shapes.towns)
    ids = [[new_id() for _ in range(count)] for count in (towns, big, small)]
    households = np.random.default_rng(1).integers(100, 500, small).tolist()
    areas = dissolve(shapes.polygons, shapes.township[shapes.big_grid])
    villages = dissolve(shapes.polygons, shapes.big_grid)
    drafts = [UnitDraft(ids[0][k], f"T{k:02}", f"乡{k}", 0, None, area) for k, area in enumerate(areas)]
    drafts += [
        UnitDraft(ids[1][k], f"V{k:03}", f"村{k}", 1, ids[0][shapes.township[k]], area)
        for k, area in enumerate(villages)
    ]
    drafts += [
        UnitDraft(ids[2][k], f"G{k:04}", f"格{k}", 2, ids[1][shapes.big_grid[k]], area, households[k])
        for k, area in enumerate(shapes.polygons)
    ]
    with Session(engine) as session:
        stores = Stores(session, DISTRICT)
        stores.districts.create("试验县", timezone="Asia/Shanghai")
        stores.layers.create("grids", name="网格", level_names=LEVELS)
        stores.grids.publish("grids", date(2025, 1, 1), drafts)
        session.commit()
    return {one.code: one.id for one in drafts}


def sent(client: TestClient, path: str, body: dict[str, Any], status: int = 200) -> dict[str, Any]:
    """Post a body, and return the answer of the expected status."""
    reply = client.post(path, json=body)
    assert reply.status_code == status, reply.text
    found: dict[str, Any] = reply.json()
    return found
