import pytest

from layers.errors import Conflict, InvalidAttribute, UnknownLayer
from layers.stores import Stores


def test_layers_come_by_priority_then_code(stores: Stores) -> None:
    stores.layers.create("beats", name="Beats", kind="overlay", priority=5, classes=["road"])
    stores.layers.create("grids", name="网格", level_names=("township", "village", "grid"))
    stores.layers.create("forest", name="Forest", kind="overlay", priority=9)
    assert [one.code for one in stores.layers.all()] == ["forest", "beats", "grids"]
    assert [one.code for one in stores.layers.all("partition")] == ["grids"]
    grids = stores.layers.get("grids")
    assert grids.leaf_level == 2
    assert grids.level_names == ("township", "village", "grid")
    assert stores.layers.get("beats").classes == ("road",)


def test_an_unknown_layer_names_those_there_are(stores: Stores) -> None:
    stores.layers.create("grids", name="Grids")
    with pytest.raises(UnknownLayer, match="has no layer “gridz”; it has: grids, border, cover, dwellings"):
        stores.layers.get("gridz")


@pytest.mark.parametrize("code", ["border", "stations", "", "  "])
def test_names_every_district_uses_are_refused(stores: Stores, code: str) -> None:
    with pytest.raises(InvalidAttribute, match="cannot be called"):
        stores.layers.create(code, name="x")


def test_what_the_table_refuses_is_named(stores: Stores) -> None:
    stores.layers.create("grids", name="Grids")
    with pytest.raises(Conflict):
        stores.layers.create("grids", name="Grids")


def test_a_layer_needs_a_level(stores: Stores) -> None:
    with pytest.raises(InvalidAttribute, match="level_names"):
        stores.layers.create("flat", name="Flat", level_names=())


def test_a_layer_is_a_partition_or_an_overlay(stores: Stores) -> None:
    with pytest.raises(InvalidAttribute, match="kind"):
        stores.layers.create("odd", name="Odd", kind="both")  # type: ignore[arg-type]
