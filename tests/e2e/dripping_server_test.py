"""A server that sends a byte now and then is left like one that does not answer,
wherever it begins: each read of the client library is in time, the whole is not."""

import json
import os
import unittest

from support.certificates import Authority
from support.dripping_server import DrippingServer
from support.e2e_case import E2eCase
from support.mariadb import BINLOG_OPTIONS
from support.postmap import found
from support.relay import Relay
from support.site import GUIDE_MAPS, MAILBOXES, MapFile, Site
from support.waiting import wait_until


_ADD_MAILBOX = (
    "INSERT INTO virtual_mailboxes (domain_id, email, password)"
    " VALUES (1, 'new@example.org', '')"
)


class DrippingCase(E2eCase):
    """self.dripping is the first of the hosts, self.mariadb the second."""

    phase = None  # one of DrippingServer's

    def start_mariadb(self):
        super().start_mariadb()
        self.dripping = self.make_server()
        self.dripping.start()
        self.addCleanup(self.dripping.close)

    def make_server(self):
        return DrippingServer(self.phase)

    def mariadb_ports(self):
        return [self.dripping.port, self.mariadb.port]

    def error(self):
        """Returns what status says is wrong with the server."""
        status = json.loads(self.site.ctl("status", "--json").stdout or "{}")
        return next(iter(status.get("servers", ())), {}).get("error", "")


class Tests:
    """What is so in every phase of a DrippingServer."""

    def test_the_next_host_is_read(self):
        self.start_postmirror()
        self.assert_lookup(MAILBOXES, "user@example.org", found("1"))

    def test_status_names_host_and_reason(self):
        self.mariadb.stop()
        self.addCleanup(self.mariadb.start)
        self.site.sync.start()
        host = f"server 127.0.0.1:{self.dripping.port}: "
        wait_until(
            lambda: host in self.error() and "no whole answer within" in self.error(),
            30,
            lambda: f"{host!r} in {self.error()!r}",
        )

    def test_the_stop_signal_ends_it(self):
        self.site.write_config({"connect_timeout": "1h", "read_timeout": "1h"})
        self.site.sync.start()
        self.dripping.wait_until_dripping()
        self.assertEqual(self.site.sync.stop(), 0)


class GreetingTest(Tests, DrippingCase):
    phase = "greeting"


class LogOnTest(Tests, DrippingCase):
    phase = "log-on"


class AnswerTest(Tests, DrippingCase):
    phase = "answer"


class RelayCase(E2eCase):
    """MariaDB behind a network that becomes slow, and without it as the next host."""

    def start_mariadb(self):
        super().start_mariadb()
        self.relay = Relay(self.mariadb.port)
        self.addCleanup(self.relay.close)

    def mariadb_ports(self):
        return [self.relay.port, self.mariadb.port]


class RowsTest(RelayCase):
    """From the first rows of a map on."""

    def setUp(self):
        super().setUp()
        self.relay.drip_from(b"user@example.org")

    def test_the_next_host_is_read(self):
        self.start_postmirror()
        self.assert_lookup(MAILBOXES, "user@example.org", found("1"))
        self.site.sync.wait_for_log("no whole answer within 6s (3 times read_timeout)")

    def test_the_stop_signal_ends_it(self):
        self.site.write_config({"read_timeout": "1h"})
        self.site.sync.start()
        wait_until(lambda: self.relay.dripping > 0, 30, "it drips")
        self.assertEqual(self.site.sync.stop(), 0)


class EventTest(RelayCase):
    """The same from the second event of the binlog on, which tells of no change."""

    server_options = BINLOG_OPTIONS
    settings = {"change_source": "binlog", "reconcile_interval": "1h"}

    def setUp(self):
        super().setUp()
        # The first is the name of the log, and the next has some 250 bytes.
        self.relay.drip_binlog(150)

    def test_the_next_host_is_read(self):
        self.start_postmirror()
        self.mariadb.run(_ADD_MAILBOX)
        self.wait_for_lookup(MAILBOXES, "new@example.org", found("1"), 40)
        self.site.sync.wait_for_log("no whole answer within 6s (3 times read_timeout)")

    def test_the_stop_signal_ends_it(self):
        self.site.sync.start()
        wait_until(lambda: self.relay.dripping > 0, 30, "it drips")
        self.assertEqual(self.site.sync.stop(), 0)


class TlsTest(Tests, DrippingCase):
    """MariaDB has no TLS, and is reached over the unix socket."""

    phase = "TLS"

    def make_server(self):
        authority = Authority(self.folder / "authority")
        self.maps = {
            parameter: [MapFile(each.name, each.query, f"tls_CAfile = {authority.file}")]
            for parameter, each in GUIDE_MAPS.items()
        }
        return DrippingServer(self.phase, certificate=authority.sign("IP:127.0.0.1"))

    def mariadb_hosts(self):
        return f"inet:127.0.0.1:{self.dripping.port} unix:{self.mariadb.socket}"


class LogOnFileTest(E2eCase):
    """What the client library reads for a log-on, before it connects."""

    def assert_error(self, lines, error):
        """With these lines in the map files status says what is wrong with them."""
        maps = {
            parameter: [MapFile(each.name, each.query, lines)]
            for parameter, each in GUIDE_MAPS.items()
        }
        site = Site(self.folder / "with-files", self.mariadb.port, maps=maps)
        self.addCleanup(site.close)
        site.sync.start()
        site.sync.wait_for_log(error)
        self.assertEqual(site.sync.stop(), 0)

    def test_a_missing_file_is_named_with_its_setting(self):
        error = "tls_CAfile /nowhere/ca.pem: No such file or directory"
        self.assert_error("tls_CAfile = /nowhere/ca.pem", error)

    def test_a_file_of_another_kind_is_named_with_its_setting(self):
        path = self.folder / "key.pem"
        path.write_text("no PEM\n")
        self.assert_error(f"tls_key_file = {path}", f"tls_key_file {path}: has no PEM")

    def test_an_included_fifo_is_not_waited_for(self):
        fifo = self.folder / "fifo.cnf"
        os.mkfifo(fifo)
        options = self.folder / "options.cnf"
        options.write_text(f"!include {fifo}\n")
        error = f"{fifo}: is no regular file"
        self.assert_error(f"option_file = {options}", error)

    def test_nor_one_that_an_option_file_names(self):
        fifo = self.folder / "ca.pem"
        os.mkfifo(fifo)
        options = self.folder / "options.cnf"
        options.write_text(f"[client]\nssl-ca = {fifo}\n")
        self.assert_error(f"option_file = {options}", f"option_file: ssl-ca {fifo}: is no")


if __name__ == "__main__":
    unittest.main()
