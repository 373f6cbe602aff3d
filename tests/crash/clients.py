"""Clients that repeat a request until it is answered, as phones do, and remember every promise."""

import http.client
import json
import random
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.crash.deeds import KINDS, Deed

_TIMEOUT_S = 20.0
_LONGEST_PAUSE_S = 0.5


class BadAnswer(Exception):
    """The service refused what it should have taken; a bug, never a crash."""


@dataclass
class Client(threading.Thread):
    """One client: sends deed after deed until it is told to stop.

    ``promised`` maps the name of each acknowledged deed to its answer; ``sent`` holds every deed that left,
    the last perhaps without an answer. ``answers`` are when each acknowledged request began and ended.
    """

    device: str
    port: int
    kinds: Sequence[str]
    seed: int
    stop: threading.Event
    sent: list[Deed] = field(default_factory=list)
    promised: dict[str, dict[str, Any]] = field(default_factory=dict)
    answers: list[tuple[float, float]] = field(default_factory=list)
    requests: int = 0
    fault: BaseException | None = None

    def __post_init__(self) -> None:
        super().__init__(daemon=True)

    def __hash__(self) -> int:
        return id(self)

    @property
    def retries(self) -> int:
        """How many requests were repetitions."""
        return self.requests - len(self.sent)

    def run(self) -> None:
        chance = random.Random(self.seed)
        try:
            number = 0
            while not self.stop.is_set():
                make = KINDS[self.kinds[(number + self.seed) % len(self.kinds)]]
                deed = make(self.device, number, chance)
                self.sent.append(deed)
                self._insist(deed, chance)
                number += 1
        except BaseException as error:  # noqa: BLE001 - told by the one who waits for the thread
            self.fault = error

    def _insist(self, deed: Deed, chance: random.Random) -> None:
        pause = 0.02
        while not self.stop.is_set():
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=_TIMEOUT_S)
            self.requests += 1
            began = time.monotonic()
            try:
                connection.request(deed.method, deed.path, deed.body, dict(deed.headers))
                response = connection.getresponse()
                body = response.read()
            except (OSError, http.client.HTTPException):
                status = 0
            else:
                status = response.status
            finally:
                connection.close()
            if status in {200, 201}:
                self.promised[deed.name] = json.loads(body)
                self.answers.append((began, time.monotonic()))
                return
            if (400 <= status < 500 and status != 429) or status == 500:
                raise BadAnswer(f"{deed.method} {deed.path}: {status} {body[:400]!r}")
            # Nothing came, 503 or 429: somebody is away or busy. The same bytes again, soon.
            time.sleep(pause * chance.uniform(0.5, 1.0))
            pause = min(2 * pause, _LONGEST_PAUSE_S)
