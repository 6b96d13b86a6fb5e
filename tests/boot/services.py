"""postmirror's services as systemd of the machine sees them."""

import json
import re

SERVICES = ("postmirror-sync", "postmirror-proxy")
UNITS = (*(f"{each}.service" for each in SERVICES), "postmirror-proxy.socket")


def shown(machine, unit, name):
    """Returns a property of a unit, as `systemctl show` prints it."""
    shows = ("systemctl", "show", f"--property={name}", "--value", unit)
    return machine.run(*shows).stdout.strip()


def main_pid(machine, service):
    return int(shown(machine, service, "MainPID"))


def accounts_of(machine, service):
    """Returns the user, the group and the further groups of a service's process."""
    status = machine.run("cat", f"/proc/{main_pid(machine, service)}/status").stdout
    user, group, further = (
        re.search(rf"^{name}:\s*(.*)$", status, re.MULTILINE)[1].split()
        for name in ("Uid", "Gid", "Groups")
    )
    # proc(5): real, effective, saved and file system's; all of them are one.
    assert len(set(user)) == len(set(group)) == 1, status
    return (
        _name(machine, "passwd", user[0]),
        _name(machine, "group", group[0]),
        {_name(machine, "group", each) for each in further},
    )


def log(machine, service):
    """Returns the entries of a service's own log since the machine's first boot."""
    lines = machine.journal("--output=json", f"--identifier={service}").splitlines()
    return [json.loads(line) for line in lines]


def exposure(machine, service):
    """Returns what `systemd-analyze security` says of a service, 0 to 10."""
    said = machine.run("systemd-analyze", "security", "--no-pager", service).stdout
    return float(re.search(r"exposure level for \S+: ([0-9.]+) ", said)[1])


def tcp_table_reply(machine, port, key):
    """Returns the line that a tcp_table request is answered with."""
    script = 'exec 3<>"/dev/tcp/127.0.0.1/$0"; echo "get $1" >&3; head -n 1 <&3'
    return machine.run("timeout", 20, "bash", "-c", script, port, key).stdout.strip()


def metrics(machine, address):
    """Returns the metrics that are served there, as text; none where nobody listens."""
    script = (
        "import sys, urllib.request as r;"
        'print(r.urlopen(f"http://{sys.argv[1]}/metrics").read().decode())'
    )
    return machine.run("python3", "-c", script, address, check=False).stdout


def _name(machine, database, number):
    return machine.run("getent", database, number).stdout.split(":")[0]
