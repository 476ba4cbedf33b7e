"""The real store behind a door that a test can hold shut."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit


class Door:
    """Requests whose head `holds` wait, once it was reached, until it is opened."""

    def __init__(self, store: str, holds: Callable[[bytes], bool]) -> None:
        place = urlsplit(store)
        self.store = (place.hostname, place.port)
        self.holds = holds
        self.reached, self.opened = threading.Event(), threading.Event()
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listening.getsockname()[1]}"

    def serve(self) -> None:
        while True:
            try:
                caller, _ = self.listening.accept()
            except OSError:  # closed: the test is over
                return
            threading.Thread(target=self._pass_on, args=[caller], daemon=True).start()

    def _pass_on(self, caller: socket.socket) -> None:
        with caller, socket.create_connection(self.store) as store:
            back = threading.Thread(target=_pump, args=[store, caller], daemon=True)
            back.start()
            while said := caller.recv(65536):
                if self.holds(said):
                    self.reached.set()
                    self.opened.wait(60)
                store.sendall(said)
            store.shutdown(socket.SHUT_WR)
            back.join()


def _pump(source: socket.socket, target: socket.socket) -> None:
    try:
        while said := source.recv(65536):
            target.sendall(said)
    except OSError:  # the caller has gone
        return


@contextmanager
def door_before(store: str, holds: Callable[[bytes], bool]) -> Iterator[Door]:
    door = Door(store, holds)
    threading.Thread(target=door.serve, daemon=True).start()
    try:
        yield door
    finally:
        door.opened.set()
        door.listening.close()
