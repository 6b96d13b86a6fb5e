"""Asks over the proxy's unix socket as several users, inside the machine.

    users.py LIMIT FIRST SECOND TRUSTED...      # LIMIT as in client_limit, even

FIRST and SECOND each hold half of the limit, then each user asks once more. Printed as
JSON: who was answered at first, and who was then, at the limit.
"""

import json
import os
import pwd
import socket
import sys

_SOCKET = "/var/spool/postfix/postmirror/maps"
_REQUEST = b"35:virtual_alias_maps info@example.org,"


def connect(user):
    """The kernel keeps the effective user of a connection's beginning (unix(7))."""
    os.seteuid(pwd.getpwnam(user).pw_uid)
    try:
        client = socket.socket(socket.AF_UNIX)
        client.settimeout(20)
        client.connect(_SOCKET)
    finally:
        os.seteuid(0)
    return client


def is_answered(client):
    client.sendall(_REQUEST)
    return b":OK " in client.recv(1000)


def main(limit, *users):
    first = {}
    for user in users:
        with connect(user) as client:
            first[user] = is_answered(client)
    held = [connect(user) for user in users[:2] for _ in range(limit // 2)]
    for client in held:
        is_answered(client)
    then = {}
    for user in users:
        with connect(user) as client:
            then[user] = is_answered(client)
    print(json.dumps({"first": first, "then": then}))


if __name__ == "__main__":
    main(int(sys.argv[1]), *sys.argv[2:])
