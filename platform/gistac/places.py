"""Places of which this machine has one each, however many processes: a name that a socket is bound
to. The system gives it free with the socket, also when a process is killed."""

import socket


def take(name: str) -> socket.socket | None:
    """To be closed by who has it; None where somebody has it already."""
    place = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        place.bind(f"\0gistac {name}")
    except OSError:
        place.close()
        return None
    return place
