"""Asks over the proxy's unix sockets as several users, inside the machine.

    users.py PATH LIMIT FIRST SECOND TRUSTED...      # LIMIT as in client_limit, even

First each user asks at the package's socket, in Postfix's queue directory, and then at
PATH, where all may connect. There FIRST and SECOND each hold half of the limit, and each
user asks once more. Printed as JSON: who was answered at the package's socket, who was
at PATH at first, and who was then, at the limit.
"""

import json
import os
import pwd
import socket
import sys

_PACKAGES = "/var/spool/postfix/postmirror/maps"
_REQUEST = b"35:virtual_alias_maps info@example.org,"


def connect(path, user):
    """The kernel keeps the effective user of a connection's beginning (unix(7))."""
    entry = pwd.getpwnam(user)
    os.setgroups([])
    os.setegid(entry.pw_gid)
    os.seteuid(entry.pw_uid)
    try:
        client = socket.socket(socket.AF_UNIX)
        client.settimeout(20)
        client.connect(path)
    finally:
        os.seteuid(0)
        os.setegid(0)
    return client


def is_answered(client):
    client.sendall(_REQUEST)
    return b":OK " in client.recv(1000)


def ask_once(path, users):
    answered = {}
    for user in users:
        try:
            with connect(path, user) as client:
                answered[user] = is_answered(client)
        except PermissionError:
            answered[user] = "EACCES"
    return answered


def main(path, limit, *users):
    packages = ask_once(_PACKAGES, users)
    first = ask_once(path, users)
    held = [connect(path, user) for user in users[:2] for _ in range(limit // 2)]
    for client in held:
        is_answered(client)
    then = ask_once(path, users)
    print(json.dumps({"packages": packages, "first": first, "then": then}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), *sys.argv[3:])
