"""A Galera cluster of two servers of support.mariadb.

    one, two = make_cluster(folder)     # both run, and have the same data
    one.kill()
    wait_until_synced(two)              # alone it is the cluster: its vote is worth more
    rejoin(one)
    cut_off(one)
"""

import shutil
import subprocess

from support.mariadb import MariaDb
from support.ports import free_port
from support.waiting import wait_until

_LIBRARY = "/usr/lib/galera/libgalera_smm.so"
# How soon a node that says nothing is taken for dead.
_SILENCE = (
    "evs.keepalive_period=PT0.1S;evs.inactive_check_period=PT0.1S;"
    "evs.suspect_timeout=PT0.5S;evs.inactive_timeout=PT1S;evs.install_timeout=PT1S"
)
_SYNCED = "SHOW STATUS LIKE 'wsrep_local_state_comment'"


def make_cluster(folder, options=()):
    """Returns two servers of one cluster, which run, with further options. The second
    one goes on without the first; the first one does not go on without the second."""
    ports = [free_port() for _ in range(4)]
    one = MariaDb(folder / "one", (*options, *_options(1, ports[0], ports[2], ports[1])))
    two = MariaDb(folder / "two", (*options, *_options(2, ports[1], ports[3], ports[0])))
    _start(one, "--wsrep-new-cluster")
    # The second one has the first one's data, so that none has to be transferred.
    one.stop()
    shutil.rmtree(two.datadir)
    subprocess.run(["cp", "-a", one.datadir, two.datadir], check=True)
    (two.datadir / "gvwstate.dat").unlink(missing_ok=True)
    _start(one, "--wsrep-new-cluster")
    two.start()
    for each in (one, two):
        wait_until_synced(each)
    return one, two


def rejoin(server):
    """Starts a server that was killed; it fetches what it has missed."""
    # A server that starts removes what others keep in a shared tmpdir.
    command = ["mariadbd", "--no-defaults", f"--datadir={server.datadir}"]
    command += [f"--tmpdir={server.folder}", "--user=mysql", "--wsrep-recover"]
    command += ["--innodb-log-file-size=4M", *server.options]
    result = subprocess.run(command, capture_output=True, text=True)
    lines = [line for line in result.stderr.splitlines() if "Recovered position:" in line]
    position = lines[-1].split("Recovered position:")[1].split()[0].split(",")[0]
    _start(server, f"--wsrep-start-position={position}")
    wait_until_synced(server)


def cut_off(server):
    """Lets the server hear and say nothing, so that the cluster goes on without it."""
    server.run(
        "SET GLOBAL wsrep_provider_options = 'gmcast.isolate=1'", database=None
    )


def wait_until_synced(server):
    """Waits until the server is a node that takes statements."""

    def synced():
        return server.run(_SYNCED, database=None)[0][1] == "Synced"

    wait_until(synced, 30, f"the node is synced, see {server.log_file}")


def _start(server, option):
    """Starts it with an option more, this once."""
    server.options.append(option)
    server.start()
    server.options.remove(option)


def _options(number, port, transfer_port, other_port):
    provider = (
        f"gmcast.listen_addr=tcp://127.0.0.1:{port};base_port={port};"
        f"ist.recv_addr=127.0.0.1:{transfer_port};pc.weight={number};{_SILENCE};"
        "gcache.size=16M;gcache.page_size=16M"
    )
    return (
        f"--server-id={number}",
        "--log-slave-updates",
        "--binlog-format=ROW",
        "--innodb-autoinc-lock-mode=2",
        "--wsrep-on=ON",
        f"--wsrep-provider={_LIBRARY}",
        f"--wsrep-cluster-address=gcomm://127.0.0.1:{port},127.0.0.1:{other_port}",
        "--wsrep-cluster-name=postmirror-tests",
        f"--wsrep-node-address=127.0.0.1:{port}",
        f"--wsrep-node-name=node{number}",
        "--wsrep-sst-method=rsync",
        f"--wsrep-sst-receive-address=127.0.0.1:{free_port()}",
        f"--wsrep-provider-options={provider}",
    )
