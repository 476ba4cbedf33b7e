"""A program that uploads through faults: it repeats what was not answered, as browsers do."""

import hashlib
import io
import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import rasterio
import requests
from rasterio.transform import from_bounds

from tests.faults.stack import PATIENCE, Stack


@dataclass
class Sent:
    id: str
    data: bytes
    links: dict[str, str]

    @property
    def checksum(self) -> str:
        return "1220" + hashlib.sha256(self.data).hexdigest()


class Program:
    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.root = f"{stack.url}/o/acme/"
        self.headers = {"Authorization": f"Bearer {stack.key}"}

    def ask(self, method: str, address: str, json: Any = None) -> Any:
        """Until there is an answer that is none of an outage."""
        until = time.monotonic() + PATIENCE
        url = address if "://" in address else f"{self.stack.url}{address}"
        while True:
            try:
                answer = requests.request(method, url, json=json, headers=self.headers, timeout=30)
                if answer.status_code < 500:
                    assert answer.ok, (answer.status_code, answer.text)
                    return answer.json()
                assert answer.status_code in (503, 504), (answer.status_code, answer.text)
            except requests.RequestException:
                pass
            assert time.monotonic() < until, f"{method} {address} was never answered"
            time.sleep(0.3)

    def start(self, name: str, data: bytes) -> Sent:
        wanted = {"filename": name, "size": len(data)}
        upload = self.ask("POST", f"{self.root}api/uploads/", wanted)
        return Sent(upload["id"], data, upload["links"])

    def send(self, sent: Sent) -> None:
        """The parts that the bucket does not have yet, then the end of it."""
        size = self.state(sent)["part_size"]
        count = -(-len(sent.data) // size)
        for _ in range(20):
            here = {part["part"] for part in self.ask("GET", sent.links["parts"])["parts"]}
            missing = [number for number in range(1, count + 1) if number not in here]
            if not missing:
                break
            for part in self.ask("POST", sent.links["sign"], {"parts": missing})["urls"]:
                first = (part["part"] - 1) * size
                self._put(part["url"], sent.data[first : first + size])
        self.ask("POST", sent.links["finish"], {})

    def _put(self, url: str, data: bytes) -> None:
        try:
            requests.put(url, data=data, timeout=30)
        except requests.RequestException:
            time.sleep(0.5)  # asked for once more with the parts that are missing

    def state(self, sent: Sent) -> Any:
        return self.ask("GET", sent.links["self"])


def raster(seed: int, megabytes: int = 18) -> bytes:
    """A plain GeoTIFF of noise, which nothing compresses: two parts, and work to convert."""
    side = int((megabytes * 1_000_000) ** 0.5)
    pixels = np.random.default_rng(seed).integers(0, 255, (1, side, side), "uint8")
    with io.BytesIO() as out:
        with rasterio.open(
            out,
            "w",
            driver="GTiff",
            width=side,
            height=side,
            count=1,
            dtype="uint8",
            crs="EPSG:4326",
            transform=from_bounds(7, 46, 8, 47, side, side),
        ) as file:
            file.write(pixels)
            file.update_tags(TIFFTAG_DATETIME="2024:06:01 10:00:00")
        return out.getvalue()
