"""What is on the machine's disk, and its users and groups: the same before a package
is installed and after it is purged."""

# Folders that change while the machine runs, whoever does what.
_CHANGING = (
    "/opt/postmirror/",
    "/root/",
    "/var/cache/",
    "/var/lib/apt/",
    "/var/lib/dpkg/",
    "/var/lib/mysql/",
    "/var/lib/postfix/",
    "/var/lib/systemd/",
    "/var/log/",
    "/var/spool/postfix/",
    "/var/tmp/",
)


def files(machine):
    """Returns the paths on the machine's disk; those in folders that change only
    where they have our name."""
    found = machine.run("find", "/", "-xdev", "-print").stdout.splitlines()
    return {
        path
        for path in found
        if not path.startswith(_CHANGING)
        or ("postmirror" in path and not path.startswith("/opt/postmirror/"))
    }


def accounts(machine):
    """Returns the lines of the databases of users and groups."""
    return {
        f"{database}: {line}"
        for database in ("passwd", "group", "shadow", "gshadow")
        for line in machine.run("getent", database).stdout.splitlines()
    }
