from sqlalchemy.orm import Session

from layers.heads import every
from layers.stores import Stores
from tests.layers import makers


def test_every_change_of_a_layer_is_counted(session: Session, stores: Stores) -> None:
    assert stores.heads.version("border") == 0
    stores.border.add([makers.segment()])
    assert stores.heads.version("border") == 1
    stores.markers.add([makers.marker()])
    stores.representatives.add([makers.representative()])
    makers.with_grids(stores)
    assert {layer: head.version for layer, head in stores.heads.all().items()} == {
        "border": 1,
        "markers": 1,
        "representatives": 1,
        "grids": 1,
    }
    Stores(session, "990102").border.add([makers.segment()])
    assert set(every(session)) == {
        ("990101", "border"),
        ("990101", "markers"),
        ("990101", "representatives"),
        ("990101", "grids"),
        ("990102", "border"),
    }
    assert stores.grids.heads() == every(session)
