"""The demo command: loaded once, kept on another day, made anew when asked."""

from datetime import date, timedelta

import pytest
from sqlalchemy import Engine

from service.cli.demo import ensure_demo
from service.demo import world
from service.demo.load import load_demo
from service.demo.state import DemoSize, demo_state

pytestmark = pytest.mark.skipif(
    not world.ATLAS.exists(), reason="map assets are not installed: run ./wardline demo or npm ci in maps/web"
)


def test_a_demo_of_another_day_is_kept(engine: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    day = date.today() - timedelta(days=400)  # noqa: DTZ011 - any day that is past
    load_demo(engine, size=60, incidents=20, patrol_days=1, today=day)
    before = demo_state(engine)
    ensure_demo(engine, reset=False, quiet=False)
    assert demo_state(engine) == before
    assert before is not None
    assert before.size == DemoSize(60, 20, 1)
    assert capsys.readouterr() == ("", "")
