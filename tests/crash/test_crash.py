"""Nothing acknowledged is lost, nothing is doubled, nothing is stored by halves: 20 kills under load."""

import socket
import threading

from tests.crash.proxy import LosingProxy
from tests.crash.run import VICTIMS, crash

ANSWER = b"HTTP/1.1 201 Created\r\n\r\n"


def test_twenty_kills_lose_nothing_and_double_nothing() -> None:
    figures = crash(20, longest_pause_s=0.5)
    print(figures.text)  # noqa: T201 - for those who read the log
    assert figures.verdict.clean, figures.verdict
    assert figures.pages_verified
    assert figures.kills.total() == 20
    assert set(figures.kills) == set(VICTIMS)
    assert figures.lost_answers > 0, "no acknowledgement was lost, so nothing was proven"
    assert figures.retries > figures.kills.total()
    assert figures.promises > 100


def test_the_proxy_loses_answers_that_the_server_has_sent() -> None:
    sent = []
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        for _ in range(50):
            connection, _ = listening.accept()
            with connection:
                connection.recv(100)
                connection.sendall(ANSWER)
                sent.append(1)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    with LosingProxy(listening.getsockname()[1], 0.5, seed=7) as proxy:
        heard = []
        for _ in range(50):
            with socket.create_connection(("127.0.0.1", proxy.port)) as client:
                client.sendall(b"question")
                heard.append(_all(client))
    listening.close()
    assert len(sent) == 50
    assert proxy.lost == sum(one != ANSWER for one in heard)
    assert set(heard) == {ANSWER, ANSWER[: len(ANSWER) // 2], b""}


def _all(client: socket.socket) -> bytes:
    found = b""
    while block := client.recv(100):
        found += block
    return found
