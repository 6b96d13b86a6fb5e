"""A postmirror installation in a folder: postmirror.cf, map files, store, the two
daemons, and the lookups that Postfix makes.

    site = Site(folder, mariadb.port)
    site.sync.start()
    site.start_proxy()
    site.lookup("tcp", "virtual_alias_maps", "info@example.org")
    site.close()
"""

import dataclasses
import os
import pathlib

from support.mariadb import DATABASE, PASSWORD, USER
from support.ports import accepts_connections, accepts_unix_connections, free_port
from support.postmap import NOT_FOUND, TEMPORARY, found, postmap_answers, postmap_query
from support.programs import Daemon, run_program
from support.socketmap import SocketmapClient
from support.tcp_table import TcpTableClient
from support.waiting import wait_until

DOMAINS = "virtual_mailbox_domains"
MAILBOXES = "virtual_mailbox_maps"
ALIASES = "virtual_alias_maps"

# The queries of the guide.
QUERIES = {
    DOMAINS: "SELECT 1 FROM virtual_domains WHERE name='%s'",
    MAILBOXES: "SELECT 1 FROM virtual_mailboxes WHERE email='%s'",
    ALIASES: "SELECT destination FROM virtual_aliases WHERE source='%s'",
}

PROTOCOLS = ("tcp", "socketmap-inet", "socketmap-unix")


@dataclasses.dataclass(frozen=True)
class MapFile:
    """A file of mysql_table(5), mysql-NAME.cf: its query and further lines."""

    name: str
    query: str
    lines: str = ""


GUIDE_MAPS = {
    parameter: MapFile(parameter.replace("_", "-"), query)
    for parameter, query in QUERIES.items()
}

_MAP_FILE = """\
hosts = {hosts}
user = {user}
password = {password}
dbname = {database}
query = {query}
{lines}
"""


class Site:
    """Everything lives in `folder`; MariaDB need not run yet.

    `settings` are further lines of postmirror.cf; None as a value leaves a line
    out, that of a parameter with what listens for it. `queue_folder` is the queue
    folder of the Postfix that will ask, below which the unix socket stands. `maps`
    are lists of MapFile by their parameter, in place of the guide's one map, or for
    a further parameter. `further_ports` are those of the servers that `hosts` names
    after the first; `hosts` is written as it is, in the place of all of them.
    """

    def __init__(
        self,
        folder,
        mariadb_port,
        settings=None,
        queue_folder=None,
        maps=None,
        further_ports=(),
        hosts=None,
    ):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.store = self.folder / "store"
        self.config = self.folder / "postmirror.cf"
        self.mariadb_ports = (mariadb_port, *further_ports)
        self._hosts = hosts or " ".join(
            f"inet:127.0.0.1:{port}" for port in self.mariadb_ports
        )
        lists = {**{name: [each] for name, each in GUIDE_MAPS.items()}, **(maps or {})}
        served = [name for name in lists if (settings or {}).get(name, "") is not None]
        self.ports = {name: free_port() for name in (*served, "socketmap")}
        self.unix_socket = pathlib.Path(queue_folder or self.folder, "postmirror/maps")
        self.unix_socket.parent.mkdir(parents=True, exist_ok=True)
        # Where its user may write, as beside it.
        self.status_socket = self.unix_socket.with_name("status")
        # What sync makes of the setting's default.
        self.status_folder = self.folder / "store-status"
        paths = {
            name: [self._write_map_file(each) for each in files]
            for name, files in lists.items()
        }
        # The first one of each list.
        self.map_files = {name: each[0] for name, each in paths.items()}
        self._mysql = {
            name: " ".join(f"mysql:{path}" for path in each)
            for name, each in paths.items()
        }
        self._lines = {
            **self._mysql,
            "recipient_delimiter": "+",
            "listen": " ".join(self._listen()),
            "store": self.store,
            "status_socket": self.status_socket,
            "connect_timeout": "2s",
            "read_timeout": "2s",
        }
        self.write_config(settings or {})
        self.postfix_config = self._write_postfix_config()
        self.set_sync()
        self.set_proxy()

    def write_config(self, settings):
        """Writes postmirror.cf anew, with these settings over the standing ones."""
        self._lines.update(settings)
        self.config.write_text(
            "".join(f"{k} = {v}\n" for k, v in self._lines.items() if v is not None)
        )

    def mysql(self, parameter):
        """Returns what main.cf would say without postmirror: mysql: and files."""
        return self._mysql[parameter]

    def set_sync(self, **rights):
        """Says how sync is run: user, group, wrapper, manager of Daemon."""
        arguments = ("postmirror-sync", "--config", self.config)
        self.sync = Daemon(self.folder, *arguments, **rights)

    def set_proxy(self, **rights):
        """Says how the proxy is run, likewise."""
        arguments = ("postmirror-proxy", "--config", self.config)
        self.proxy = Daemon(self.folder, *arguments, **rights)

    def start_proxy(self):
        """Starts the proxy and waits until it listens everywhere."""
        self.proxy.start()
        wait_until(self._listens, 20, lambda: f"the proxy listens:\n{self.logs()}")

    def wait_until_filled(self):
        """Waits until sync has filled every map."""
        for path in self.map_files.values():
            self.sync.wait_for_log(f"map {path}: filled", 60)

    def ctl(self, *arguments):
        """Runs postmirrorctl, returns a CompletedProcess."""
        return run_program("postmirrorctl", "--config", self.config, *arguments)

    def table(self, protocol, parameter):
        """Returns what main.cf says for the parameter, such as "tcp:..."."""
        if protocol == "tcp":
            return f"tcp:127.0.0.1:{self.ports[parameter]}"
        if protocol == "socketmap-inet":
            return f"socketmap:inet:127.0.0.1:{self.ports['socketmap']}:{parameter}"
        if protocol == "proxy-socketmap":
            return f"proxy:socketmap:unix:{self.unix_socket}:{parameter}"
        return f"socketmap:unix:{self.unix_socket}:{parameter}"

    def main_cf(self, protocol):
        """Returns the lines of main.cf for the maps; a unix socket is named relative to
        the queue folder, as a chrooted smtpd needs it."""
        below_queue = "socketmap:unix:postmirror/maps"
        return {
            name: (
                f"{below_queue}:{name}"
                if protocol == "socketmap-unix"
                else self.table(protocol, name)
            )
            for name in self._mysql
        }

    def mysql_main_cf(self):
        """Returns those lines of main.cf without postmirror, for comparison."""
        return dict(self._mysql)

    def lookup(self, protocol, parameter, key):
        """Returns the Outcome that Postfix's client has for the key."""
        return self.ask(self.table(protocol, parameter), key)

    def lookups(self, protocol, parameter, keys):
        """Returns the Outcome of each key, none of them temporary."""
        table = self.table(protocol, parameter)
        values = postmap_answers(self.postfix_config, table, keys)
        return {key: found(values[key]) if key in values else NOT_FOUND for key in keys}

    def ask_proxy(self, protocol, parameter, key):
        """Returns the same as lookup() without Postfix, over a connection of its own:
        for what is asked again and again until it is so."""
        try:
            if protocol == "tcp":
                with TcpTableClient(self.ports[parameter]) as client:
                    return client.outcome(key)
            is_inet = protocol == "socketmap-inet"
            address = ("127.0.0.1", self.ports["socketmap"])
            with SocketmapClient(address if is_inet else self.unix_socket) as client:
                return client.ask(parameter, [key])[key]
        except OSError:
            return TEMPORARY  # what Postfix makes of it

    def ask(self, table, key):
        """Returns the Outcome that any table has for the key."""
        return postmap_query(self.postfix_config, table, key)

    def close(self):
        """Ends both daemons."""
        self.proxy.kill()
        self.sync.kill()

    def logs(self):
        """Returns what both daemons have logged, for a failure's message."""
        return f"sync:\n{self.sync.log()}proxy:\n{self.proxy.log()}"

    def _listen(self):
        for name, port in self.ports.items():
            if name != "socketmap":
                yield f"tcp:127.0.0.1:{port}:{name}"
        yield f"socketmap:inet:127.0.0.1:{self.ports['socketmap']}"
        yield f"socketmap:unix:{self.unix_socket}"

    def _listens(self):
        return (
            self.proxy.pid
            and all(accepts_connections(port) for port in self.ports.values())
            and accepts_unix_connections(str(self.unix_socket))
        )

    def _write_map_file(self, map_file):
        path = self.folder / f"mysql-{map_file.name}.cf"
        text = _MAP_FILE.format(
            hosts=self._hosts,
            user=USER,
            password=PASSWORD,
            database=DATABASE,
            query=map_file.query,
            lines=map_file.lines,
        )
        path.write_text(text)
        # A map file holds a password: a proxy under another user must do without.
        os.chmod(path, 0o600)
        return path

    def _write_postfix_config(self):
        folder = self.folder / "postmap"
        folder.mkdir(exist_ok=True)
        (folder / "main.cf").write_text("compatibility_level = 3.6\n")
        # Postfix waits for a file to be two seconds old before it trusts it.
        os.utime(folder / "main.cf", (1, 1))
        return folder
