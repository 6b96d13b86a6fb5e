"""The tables that postmap asks, all with the same entries, and who serves them."""

import contextlib
import dataclasses
import os
from collections.abc import Callable

from measuring.cores import pin, usable_cores
from measuring.filled_site import filled_site
from measuring.lmdb_map import make_lmdb_map
from support.lmtp_sink import LmtpSink
from support.mariadb import DATABASE, PASSWORD, USER
from support.postfix import Postfix
from support.site import ALIASES, QUERIES

_UNINDEXED = "unindexed"

# Not in the binlog: nobody is to read it.
_MAKE_UNINDEXED = f"""
SET SESSION sql_log_bin = 0;
CREATE DATABASE {_UNINDEXED};
CREATE TABLE {_UNINDEXED}.virtual_aliases LIKE virtual_aliases;
ALTER TABLE {_UNINDEXED}.virtual_aliases DROP KEY source;
INSERT INTO {_UNINDEXED}.virtual_aliases SELECT * FROM virtual_aliases;
GRANT SELECT ON {_UNINDEXED}.virtual_aliases
  TO '{USER}'@'127.0.0.1', '{USER}'@'localhost';
"""
_DROP_UNINDEXED = f"""
SET SESSION sql_log_bin = 0;
REVOKE SELECT ON {_UNINDEXED}.virtual_aliases
  FROM '{USER}'@'127.0.0.1', '{USER}'@'localhost';
DROP DATABASE {_UNINDEXED};
"""

_ENTRIES = "SELECT source, destination FROM virtual_aliases"

_MAP_FILE = """\
hosts = {host}
user = {user}
password = {password}
dbname = {database}
query = {query}
"""

# Like smtpd, postmap is one client of proxymap; so are its many runs, for which
# one process is to stay.
_POSTFIX = {"max_use": "100000", "max_idle": "1h"}


@dataclasses.dataclass(frozen=True)
class Table:
    name: str  # in the report
    table: str  # as main.cf has it
    server_pids: Callable[[], list[int]]


@contextlib.contextmanager
def open_tables(folder, database):
    """Gives the folder of postmap's configuration and the list of Table."""
    folder.mkdir()
    with contextlib.ExitStack() as stack:
        # It serves others after us.
        stack.callback(lambda: pin(database.pid, usable_cores()))
        site = stack.enter_context(filled_site(folder / "site", database))
        files = stack.enter_context(_map_files(folder, database))
        socketmap = site.table("socketmap-unix", ALIASES)
        proxied = {
            "proxy:socketmap:unix:": f"proxy:{socketmap}",
            "proxy:mysql:": f"proxy:mysql:{files['indexed, unix']}",
        }
        postfix = stack.enter_context(_postfix(folder / "postfix", proxied.values()))
        lmdb = make_lmdb_map(folder / "aliases", database, _ENTRIES)

        def proxy():
            return [site.proxy.pid]

        def mariadb():
            return [database.pid]

        def proxymap():
            return postfix.service_pids("proxymap")

        yield postfix.config, [
            Table("lmdb:", lmdb, list),
            Table("socketmap:unix:", socketmap, proxy),
            Table("socketmap:inet:", site.table("socketmap-inet", ALIASES), proxy),
            Table("tcp:", site.table("tcp", ALIASES), proxy),
            *(
                Table(f"mysql: ({name})", f"mysql:{path}", mariadb)
                for name, path in files.items()
            ),
            Table(
                "proxy:socketmap:unix:",
                proxied["proxy:socketmap:unix:"],
                lambda: proxymap() + proxy(),
            ),
            Table(
                "proxy:mysql: (indexed, unix)",
                proxied["proxy:mysql:"],
                lambda: proxymap() + mariadb(),
            ),
        ]


@contextlib.contextmanager
def _map_files(folder, database):
    """Gives the files of mysql_table(5) by what is special about them."""
    database.run(_MAKE_UNINDEXED)
    try:
        hosts = {
            "unix": f"unix:{database.socket}",
            "TCP": f"inet:127.0.0.1:{database.port}",
        }
        databases = {"indexed": DATABASE, "no index": _UNINDEXED}
        yield {
            f"{index}, {transport}": _write_map_file(
                folder / f"{schema}-{transport}.cf", host, schema
            )
            for index, schema in databases.items()
            for transport, host in hosts.items()
        }
    finally:
        database.run(_DROP_UNINDEXED)


def _write_map_file(path, host, database):
    text = _MAP_FILE.format(
        host=host,
        user=USER,
        password=PASSWORD,
        database=database,
        query=QUERIES[ALIASES],
    )
    path.write_text(text, encoding="ascii")
    os.chmod(path, 0o644)  # proxymap reads it as user postfix
    return path


@contextlib.contextmanager
def _postfix(folder, proxied):
    """Gives a Postfix whose proxymap may open these tables."""
    sink = LmtpSink()
    parameters = {**_POSTFIX, "proxy_read_maps": " ".join(proxied)}
    postfix = Postfix(folder, sink, parameters)
    try:
        postfix.start()
        yield postfix
    finally:
        postfix.close()
        sink.close()
