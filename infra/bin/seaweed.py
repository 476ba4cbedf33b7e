"""A private S3 store: SeaweedFS, all of whose ports listen on loopback.

Its filer answers without a login, so nothing of it but the S3 port may ever be reachable.
"""

import json
import urllib.error
import urllib.request

from ground import VENV, Place, write_private
from memory import Memory
from supervisor import Service

PORTS = ("s3", "master", "volume", "filer", "admin")
BUCKET = "gistac"


class Store:
    def __init__(self, place: Place, memory: Memory) -> None:
        self.place = place
        self.memory = memory
        self.folder = place.folder / "s3"
        self.identities = place.folder / "s3.json"

    @property
    def endpoint(self) -> str:
        return f"http://localhost:{self.memory.values['s3_port']}"

    @property
    def settings(self) -> dict[str, str]:
        return {
            "GISTAC_S3_ENDPOINT": self.endpoint,
            "GISTAC_S3_BUCKET": BUCKET,
            "GISTAC_S3_ACCESS_KEY": self.memory.text("s3_access", "gistac"),
            "GISTAC_S3_SECRET_KEY": self.memory.secret("s3_secret"),
        }

    def make(self) -> None:
        self.folder.mkdir(exist_ok=True)
        credentials = {
            "accessKey": self.settings["GISTAC_S3_ACCESS_KEY"],
            "secretKey": self.settings["GISTAC_S3_SECRET_KEY"],
        }
        identity = {
            "name": "gistac",
            "credentials": [credentials],
            "actions": ["Admin", "Read", "Write", "List", "Tagging"],
        }
        write_private(self.identities, json.dumps({"identities": [identity]}))

    def service(self) -> Service:
        ports = {name: self.memory.values[f"{name}_port"] for name in PORTS}
        return Service(
            name="s3",
            command=[
                *(str(VENV / "bin" / "weed"), f"-logdir={self.place.logs}", "mini"),
                *(f"-dir={self.folder}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1"),
                *(f"-{name}.port={port}" for name, port in ports.items()),
                *(f"-{name}.port.grpc={port + 10_000}" for name, port in ports.items()),
                f"-s3.config={self.identities}",
                *("-webdav=false", "-admin.ui=false", "-s3.port.iceberg=0", "-s3.port.lance=0"),
                *("-master.telemetry=false", "-filer.disableDirListing"),
                *("-filer.exposeDirectoryData=false", "-s3.autoCreateBucket=false"),
                # Whoever may sign for the bucket may not delete it whole.
                "-s3.allowDeleteBucketNotEmpty=false",
            ],
            cwd=self.place.folder,
            stop_signal="SIGINT",
            ready=self.answers,
            patience=60,
        )

    def answers(self) -> bool:
        """An S3 answer, though it be a refusal: the store is up and asks who we are."""
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{self.memory.values['s3_port']}/", timeout=2)
        except urllib.error.HTTPError:
            return True
        except OSError:
            return False
        return True
