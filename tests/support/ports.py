"""Free TCP ports on 127.0.0.1 for servers under test."""

import random
import socket

# Below the range from which Linux takes the local ports of connections, so that
# a server can be restarted on the same port; clear of 10040-10043, which a
# postmirror in service would use.
_FIRST, _LAST = 12000, 31999
_reservations = []


def free_port():
    """Returns a port that nobody listens on now, and that no other test process is
    given as long as this one runs."""
    for _ in range(1000):
        port = random.SystemRandom().randint(_FIRST, _LAST)
        if _reserve(port) and _is_free(port):
            return port
    raise AssertionError("no free port on 127.0.0.1")


def _reserve(port):
    # A name without a file, which the kernel gives up with the process.
    reservation = socket.socket(socket.AF_UNIX)
    try:
        reservation.bind(f"\0postmirror-test-port-{port}")
    except OSError:
        reservation.close()
        return False
    _reservations.append(reservation)
    return True


def _is_free(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def accepts_connections(port):
    """Says whether somebody listens on the port."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def accepts_unix_connections(path):
    """Says whether somebody listens on the unix socket."""
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(1)
        return probe.connect_ex(path) == 0
