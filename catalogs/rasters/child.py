"""The reader: a process that locks itself up, reads one file, answers, and ends.

Started by reader.py as `python -m catalogs.rasters.child <socket>`. Nothing that touches the file
is imported before the lock is on.
"""

import json
import socket
import sys
import sysconfig
from pathlib import Path
from typing import Any, cast

from catalogs.rasters import channel
from catalogs.rasters.channel import Channel
from catalogs.rasters.confine import Unconfined, confine, limit


def main() -> None:
    talk = Channel(socket.socket(fileno=int(sys.argv[1])))
    _, payload = talk.receive()
    request = json.loads(payload)
    limit(**request["limits"])
    writable = [Path(path) for path in ("/dev/null", *request["writable"])]
    try:
        confine(_readable(request), writable)
    except Unconfined as missing:
        if not request["accept_unconfined"]:  # an operator's setting, in so many words
            talk.say(channel.UNCONFINED, str(missing))
            return
    _work(talk, request)


def _readable(request: dict[str, Any]) -> list[Path]:
    """Code and its data; and the one file, where it was copied. Nothing else exists."""
    code = [sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    libraries = ["/usr/lib", "/lib", "/lib64", "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache"]
    libraries.append(f"{sys.base_prefix}/lib" if sys.base_prefix != "/usr" else "/usr/lib")
    devices = ["/dev/null", "/dev/zero", "/dev/urandom", "/proc/self", "/sys/devices/system/cpu"]
    ours = [str(Path(__file__).resolve().parents[1])]
    file = [request["path"]] if request["path"] else []
    return [Path(path) for path in (*code, *libraries, *devices, *ours, *file)]


def _work(talk: Channel, request: dict[str, Any]) -> None:
    sys.modules["boto3"] = cast(Any, None)  # rasterio would load it, in vain
    from rasterio._err import CPLE_BaseError  # noqa: PLC0415 - only behind the lock
    from rasterio.errors import RasterioError  # noqa: PLC0415

    from catalogs.rasters import cog, describe, scan  # noqa: PLC0415
    from catalogs.rasters.file import File  # noqa: PLC0415
    from catalogs.rasters.refusals import DAMAGED, TOO_HEAVY, Rejected  # noqa: PLC0415

    tasks = {"describe": describe.describe, "convert": cog.convert}
    try:
        file = File(request["path"], request["size"], talk)
        scan.scan(file.open(), file.size)
        answer = tasks[request["task"]](file, request, talk)
    except Rejected as rejected:
        talk.say(channel.REFUSED, rejected.refusal)
    except MemoryError:
        talk.say(channel.REFUSED, TOO_HEAVY)
    except (RasterioError, CPLE_BaseError, OSError) as fault:
        sys.stderr.write(f"{fault}\n")
        talk.say(channel.REFUSED, DAMAGED)
    else:
        talk.say(channel.DONE, answer)


if __name__ == "__main__":
    main()
