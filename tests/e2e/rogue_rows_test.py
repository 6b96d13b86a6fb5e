"""While MariaDB is down somebody serves other rows in its place: over the unix socket
and over TLS none of them is believed, and MariaDB is followed again once it is back.
Answers with other columns than were asked for are believed nowhere."""

import os
import unittest

from support.certificates import Authority
from support.failover_case import BinlogCase, LsnCase
from support.mariadb import USER, MariaDb, schema_sql
from support.postmap import NOT_FOUND
from support.rogue_server import RogueServer
from support.site import GUIDE_MAPS, MAILBOXES, MapFile
from support.waiting import wait_until

_PLANTED = "planted@example.org"
# What the rogue has in place of everything else.
_ROGUE_ROWS = f"""
INSERT INTO virtual_domains (id, name) VALUES (1, 'example.org');
INSERT INTO virtual_mailboxes (domain_id, email, password)
  VALUES (1, '{_PLANTED}', '');
"""
# Nobody is a user of his own to SO_PEERCRED where it shows users that it does not know.
_ROGUE_USER = "games"
# Connector/C 3.4 does not ask for the name in a certificate at 127.0.0.1.
_TLS_HOST = "127.0.0.2"


class RogueRows:
    """self.rogue has what the real one has but for the rows, and does not run; what it
    takes to be reached in the place of the real one, a test's class says."""

    refusal = ""  # in what status says of the rogue

    def start_mariadb(self):
        self.mariadb = MariaDb(self.folder / "mariadb", self.options("ours"))
        self.addCleanup(self.mariadb.close)
        self.mariadb.start()
        self.fill_mariadb()
        self.rogue = MariaDb(
            self.folder / "rogue", self.options("theirs"), user=_ROGUE_USER
        )
        self.addCleanup(self.rogue.close)
        self.rogue.start()
        self.rogue.run(schema_sql() + _ROGUE_ROWS, database=None)
        # It believes whatever password it is told.
        for host in ("127.0.0.1", "localhost"):
            self.rogue.run(f"GRANT ALL ON *.* TO '{USER}'@'{host}'")
        self.rogue.stop()

    def options(self, owner):
        """Returns the options of the server that is ours, or theirs."""
        del owner
        return self.server_options

    def clients_of_rogue(self):
        ((_, count),) = self.rogue.run(
            "SHOW GLOBAL STATUS LIKE 'Connections'", database=None
        )
        return int(count)

    def replace_mariadb(self):
        """Kills MariaDB, and has the rogue in its place."""
        self.mariadb.kill()
        self.rogue.start()

    def wait_for_clients_of_rogue(self):
        """Waits until sync has come to the rogue, and come again."""
        # Each of our own questions is one.
        asked = 0
        before = self.clients_of_rogue()

        def have_come():
            nonlocal asked
            asked += 1
            return self.clients_of_rogue() >= before + asked + 3

        wait_until(have_come, 60, lambda: f"sync asks the rogue:\n{self.site.logs()}")

    def wait_until_read(self):
        wait_until(
            lambda: not self.status()["error"],
            30,
            lambda: f"{self.status()}\n{self.site.logs()}",
        )

    def test_nothing_of_it_is_believed(self):
        self.asker.also(MAILBOXES, _PLANTED, NOT_FOUND)
        self.replace_mariadb()
        self.wait_for_status("error", self.refusal)
        self.wait_for_clients_of_rogue()
        self.asker.assert_unshaken()
        # Nor after a restart, when nothing is in memory.
        self.site.sync.stop()
        self.site.sync.start()
        self._pids = (self.site.sync.pid, self.site.proxy.pid)
        self.wait_for_status("error", self.refusal)
        self.wait_for_clients_of_rogue()
        self.asker.assert_unshaken()
        self.rogue.stop()
        self.mariadb.start()
        self.wait_until_read()
        self.assert_follows()


class OverTheSocket(RogueRows):
    """Anybody may write into the folder of the socket."""

    refusal = "the socket is served by games"

    def start_mariadb(self):
        super().start_mariadb()
        os.chmod(self.mariadb.folder, 0o777)
        self.rogue.socket = self.mariadb.socket

    def mariadb_hosts(self):
        return f"unix:{self.mariadb.socket}"

    def kept_file(self):
        (path,) = self.site.store.glob("socket-owner-*")
        return path


class OverTls(RogueRows):
    """The rogue has a certificate, too, of an authority of its own."""

    refusal = "(2026)"
    rogue_authority, rogue_name = "theirs", f"IP:{_TLS_HOST}"

    def setUp(self):
        self._authorities = {}
        super().setUp()

    def options(self, owner):
        if owner == "ours":
            authority = self.authority("ours")
            certificate, key = authority.sign(f"IP:{_TLS_HOST}")
            line = f"tls_CAfile = {authority.file}"
            self.maps = {
                name: [MapFile(each.name, each.query, line)]
                for name, each in GUIDE_MAPS.items()
            }
        else:
            authority = self.authority(self.rogue_authority)
            certificate, key = authority.sign(self.rogue_name)
        tls = (f"--ssl-cert={certificate}", f"--ssl-key={key}")
        return (*self.server_options, *tls, f"--bind-address={_TLS_HOST}")

    def mariadb_hosts(self):
        return f"inet:{_TLS_HOST}:{self.mariadb.port}"

    def authority(self, name):
        if name not in self._authorities:
            self._authorities[name] = Authority(self.folder / name)
        return self._authorities[name]

    def replace_mariadb(self):
        self.rogue.port = self.mariadb.port
        super().replace_mariadb()


class LsnSocketTest(OverTheSocket, LsnCase):
    def test_another_user_is_taken_once_that_is_said(self):
        self.mariadb.kill()
        self.rogue.start()
        self.wait_for_status("error", self.refusal)
        self.assertIn(str(self.kept_file()), self.status()["error"])
        self.kept_file().unlink()
        self.wait_until_read()


class BinlogSocketTest(OverTheSocket, BinlogCase):
    pass


class LsnTlsTest(OverTls, LsnCase):
    pass


class BinlogTlsTest(OverTls, BinlogCase):
    pass


class OtherHostTest(OverTls, LsnCase):
    """Its certificate is of our authority, for another machine."""

    rogue_authority, rogue_name = "ours", "DNS:other.example.org"


class UserNamespaceTest(OverTheSocket, LsnCase):
    """Who serves the socket cannot be seen from one."""

    def setUp(self):
        super().setUp()
        self.site.sync.stop()

    def start_in_namespace(self):
        self.site.set_sync(wrapper=("unshare", "--user", "--map-root-user"))
        self.site.sync.start()

    def test_nothing_of_it_is_believed(self):
        self.start_in_namespace()
        self.wait_for_status("error", "PrivateUsers=")

    def test_nobody_is_learnt_there(self):
        path = self.kept_file()
        path.unlink()
        self.start_in_namespace()
        self.wait_for_status("error", "PrivateUsers=")
        self.assertFalse(path.exists())


class Columns:
    """The rogue answers every question with one row, over TCP."""

    def test_they_are_no_answer(self):
        self.mariadb.kill()
        self.wait_until_down()
        for count in (0, 1, 2, 3, 9):
            rogue = RogueServer(port=self.mariadb.port)
            rogue.row = (None,) * count
            rogue.start()
            self.addCleanup(rogue.close)
            rogue.wait_for_clients(2)
            self.wait_for_status("error", "see who listens there")
            rogue.close()
            self.wait_for_status("error", "(2002)")
        self.asker.assert_unshaken()
        self.mariadb.start()
        self.assert_recovers()


class LsnColumnsTest(Columns, LsnCase):
    pass


class BinlogColumnsTest(Columns, BinlogCase):
    pass


if __name__ == "__main__":
    unittest.main()
