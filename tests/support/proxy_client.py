"""What the clients of both protocols are: one connection, read by a buffer."""


class ProxyClient:
    """Use it from one thread at a time, and as a context manager."""

    def __init__(self, connected):
        self._socket = connected
        self._replies = connected.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self._replies.close()
        self._socket.close()
