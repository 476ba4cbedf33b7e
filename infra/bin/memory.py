"""What one place remembers from run to run: its ports and its secrets, readable by its owner."""

import json
import secrets
import socket
from pathlib import Path
from typing import Any

from ground import Place, Refusal, write_private

WEB_PORT = 8000
# Below the ports that the kernel gives to outgoing connections, with room for SeaweedFS'
# second port, which it opens 10,000 above each first one.
LOWEST, HIGHEST = 12_000, 22_000


class Memory:
    def __init__(self, place: Place) -> None:
        self.file = place.folder / "memory.json"
        known = self.file.read_text() if self.file.exists() else "{}"
        self.values: dict[str, Any] = json.loads(known)
        first = str(self.values.setdefault("folder", str(place.folder)))
        if first != str(place.folder) and Path(first).exists():
            raise Refusal(
                f"{place.folder} is a copy of {first}, whose database it would share: "
                "remove it to begin anew here."
            )
        self.values["folder"] = str(place.folder)

    def save(self) -> None:
        write_private(self.file, json.dumps(self.values, indent=1))

    def secret(self, name: str) -> str:
        return str(self.values.setdefault(name, secrets.token_urlsafe(32)))

    def text(self, name: str, default: str) -> str:
        return str(self.values.setdefault(name, default))

    def web_port(self, asked: int | None) -> int:
        """Links, cookies and passkeys hang on this port, so it is never changed silently."""
        remembered = self.values.get("web_port")
        port = asked or remembered or next(p for p in range(WEB_PORT, 9000) if _free(p))
        if not _free(port):
            raise Refusal(
                f"Port {port} is taken by another program: stop it, or choose another port "
                f"with `make run PORT={port + 1}`."
            )
        self.values["web_port"] = port
        return int(port)

    def port(self, name: str) -> int:
        """A port behind the scenes: the remembered one while it is free, else another."""
        remembered = self.values.get(name)
        if remembered is None or not _free(remembered) or not _free(remembered + 10_000):
            taken = {value for key, value in self.values.items() if key.endswith("_port")}
            remembered = next(
                port
                for port in _shuffled(LOWEST, HIGHEST)
                if port not in taken and _free(port) and _free(port + 10_000)
            )
            self.values[name] = remembered
        return int(remembered)


def _shuffled(low: int, high: int) -> list[int]:
    ports = list(range(low, high))
    secrets.SystemRandom().shuffle(ports)
    return ports


def _free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
