"""MariaDB's own replication, between two servers of support.mariadb.

    primary = MariaDb(folder, replication_options(1))
    replica = MariaDb(other_folder, replication_options(2))
    ...                                     # both are started
    follow(replica, primary)                # from the primary's first change on
    wait_until_caught_up(replica, primary)
    promote(replica)
"""

import subprocess

_USER, _PASSWORD = "replication", "replica of the tests"


def replication_options(server_id):
    """Returns the options of a server that can be either, primary or replica."""
    return (
        f"--server-id={server_id}",
        "--log-bin=mail-bin",
        "--binlog-format=ROW",
        "--log-slave-updates",
        "--slave-net-timeout=2",
    )


def allow_replicas(primary):
    """Creates the account by which replicas reach this server."""
    primary.run(
        f"CREATE USER IF NOT EXISTS '{_USER}'@'127.0.0.1' IDENTIFIED BY '{_PASSWORD}';"
        f"GRANT REPLICATION SLAVE ON *.* TO '{_USER}'@'127.0.0.1'",
        database=None,
    )


def follow(replica, primary):
    """Makes a server the replica of another, from the last change on that both have:
    none, or one that went from the one to the other."""
    replica.run(
        "SET GLOBAL gtid_slave_pos = @@gtid_binlog_pos;"
        f"CHANGE MASTER TO MASTER_HOST = '127.0.0.1', MASTER_PORT = {primary.port},"
        f" MASTER_USER = '{_USER}', MASTER_PASSWORD = '{_PASSWORD}',"
        " MASTER_USE_GTID = slave_pos, MASTER_CONNECT_RETRY = 1;"
        "START SLAVE",
        database=None,
    )


def wait_until_caught_up(replica, primary):
    """Returns when the replica has all that the primary had at the call."""
    ((position,),) = primary.run("SELECT @@gtid_binlog_pos", database=None)
    ((timed_out,),) = replica.run(
        f"SELECT MASTER_GTID_WAIT('{position}', 20)", database=None
    )
    assert timed_out == "0", replica.run("SHOW SLAVE STATUS", database=None)


def promote(replica):
    """Makes a replica a server of its own."""
    replica.run("STOP SLAVE; RESET SLAVE ALL", database=None)


def slave_status(replica):
    """Returns what SHOW SLAVE STATUS says, by the column's name."""
    command = ["mariadb", "--no-defaults", "--user=root", "--vertical"]
    command += [f"--socket={replica.socket}", "--execute=SHOW SLAVE STATUS"]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    pairs = (line.split(": ", 1) for line in text.splitlines() if ": " in line)
    return {name.strip(): value for name, value in pairs}
