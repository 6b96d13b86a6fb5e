"""Whoever answers in MariaDB's place is not given the password, and where the unix
socket or TLS tells him from MariaDB, not even what proves that we know it."""

import json
import os
import pathlib
import shutil
import tempfile
import unittest

from support.certificates import Authority
from support.mariadb import PASSWORD, USER
from support.ports import free_port
from support.programs import run_program
from support.rogue_server import RogueServer
from support.site import GUIDE_MAPS, MapFile, Site
from support.waiting import wait_until

# Plugins of the client library that hand over the password, or encrypt it to a key
# that the server sends; the last is the request of MySQL 4.0.
_HANDING_OVER = (
    "mysql_clear_password",
    "dialog",
    "caching_sha2_password",
    "sha256_password",
    "mysql_old_password",
    "",
)
_PLAIN_TCP = "is read over TCP without TLS"


class RogueCase(unittest.TestCase):
    """There is nobody but a rogue; `lines` are in every map file."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="postmirror-e2e-"))
        os.chmod(self.folder, 0o755)
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def start(self, rogue, lines="", hosts=None):
        """Has sync ask the rogue, or what `hosts` says."""
        rogue.start()
        self.addCleanup(rogue.close)
        maps = {
            parameter: [MapFile(each.name, each.query, lines)]
            for parameter, each in GUIDE_MAPS.items()
        }
        site = Site(
            self.folder / f"site-{rogue.port}",
            rogue.port,
            maps=maps,
            hosts=hosts or f"inet:{rogue.host}:{rogue.port}",
        )
        self.addCleanup(site.close)
        site.sync.start()
        # One that was refused comes again.
        rogue.wait_for_clients(2)
        return site

    def authority(self, name):
        return Authority(self.folder / name)

    def assert_nothing(self, rogue):
        self.assertEqual(set(rogue.received()), {b""})

    def assert_asks_for_tls_alone(self, rogue):
        """A client says no more than that TLS begins."""
        for got in rogue.received():
            self.assertEqual(len(got), 4 + 32)
            self.assertNotIn(USER.encode(), got)

    def assert_status(self, site, text):
        def error():
            status = json.loads(site.ctl("status", "--json").stdout)
            return status["servers"][0]["error"]

        wait_until(lambda: text in error(), 20, lambda: f"{text!r} in {error()!r}")


class PluginTest(RogueCase):
    """Over plain TCP."""

    def rogues(self):
        for plugin in _HANDING_OVER:
            rogue = RogueServer()
            rogue.switch_to = plugin
            yield plugin, rogue

    def test_a_switch_gets_no_password(self):
        for plugin, rogue in self.rogues():
            with self.subTest(plugin=plugin):
                site = self.start(rogue)
                self.assert_status(site, "verified TLS")
                self.assertNotIn(PASSWORD, site.logs())
                for got in rogue.received():
                    self.assertIn(USER.encode(), got)  # the scramble's packet
                    self.assertNotIn(PASSWORD.encode(), got)
                    # And no more of them.
                    self.assertEqual(len(got), 4 + int.from_bytes(got[:3], "little"))

    def test_a_greeting_gets_nothing(self):
        for plugin in _HANDING_OVER[:-1]:
            with self.subTest(plugin=plugin):
                rogue = RogueServer()
                rogue.greeting_plugin = plugin
                site = self.start(rogue)
                self.assert_status(site, "verified TLS")
                self.assert_nothing(rogue)

    def test_an_option_file_gives_nothing_away(self):
        option_file = self.folder / "client.cnf"
        option_file.write_text("[client]\nrestricted-auth=mysql_clear_password\n")
        rogue = RogueServer()
        rogue.greeting_plugin = "mysql_clear_password"
        self.start(rogue, f"option_file = {option_file}")
        self.assert_nothing(rogue)


    def test_an_option_file_leads_to_no_other_server(self):
        """As where one has the host of a server that hosts does not name."""
        rogue = RogueServer()
        option_file = self.folder / "client.cnf"
        option_file.write_text(f"[client]\nhost=127.0.0.1\nport={rogue.port}\n")
        site = self.start(
            rogue, f"option_file = {option_file}", hosts=f"unix:{self.folder}/none"
        )
        self.assert_status(site, "leads to a TCP port")
        self.assert_nothing(rogue)


class TlsTest(RogueCase):
    """TLS is asked for."""

    def check_without_tls(self, lines):
        rogue = RogueServer()
        site = self.start(rogue, lines)
        self.assert_status(site, "offers no TLS")
        self.assert_nothing(rogue)

    def test_without_tls_nothing_is_sent(self):
        self.check_without_tls(f"tls_CAfile = {self.authority('ours').file}")

    def test_not_where_the_certificate_does_not_matter_either(self):
        ours = self.authority("ours")
        self.check_without_tls(f"tls_CAfile = {ours.file}\ntls_verify_cert = no")

    def test_nor_for_an_option_file(self):
        option_file = self.folder / "client.cnf"
        option_file.write_text("[client]\nskip-ssl\nssl-verify-server-cert=0\n")
        self.check_without_tls(f"tls_ciphers = ALL\noption_file = {option_file}")

    def check_certificate(self, certificate, lines):
        # At 127.0.0.1 Connector/C 3.4 does not ask for the name in the certificate.
        rogue = RogueServer(host="127.0.0.2", certificate=certificate)
        site = self.start(rogue, lines)
        self.assert_status(site, "(2026)")
        self.assert_asks_for_tls_alone(rogue)

    def test_a_certificate_of_another_authority(self):
        theirs = self.authority("theirs").sign("IP:127.0.0.2")
        self.check_certificate(theirs, f"tls_CAfile = {self.authority('ours').file}")

    def test_a_certificate_for_another_host(self):
        ours = self.authority("ours")
        self.check_certificate(
            ours.sign("DNS:db.example.org"), f"tls_CAfile = {ours.file}"
        )

    def test_without_an_authority_those_of_the_public_count(self):
        theirs = self.authority("theirs").sign("IP:127.0.0.2")
        self.check_certificate(theirs, "tls_verify_cert = yes")

    def test_an_option_file_adds_no_authority(self):
        theirs = self.authority("theirs")
        option_file = self.folder / "client.cnf"
        option_file.write_text(
            f"[client]\nssl-ca={theirs.file}\nssl-verify-server-cert=0\n"
        )
        self.check_certificate(
            theirs.sign("IP:127.0.0.2"),
            f"tls_CApath = /etc/ssl/certs\noption_file = {option_file}",
        )

    def test_unverified_tls_is_said(self):
        # And is TLS all the same: what is sent, is sent in it.
        rogue = RogueServer(certificate=self.authority("theirs").sign("IP:127.0.0.1"))
        rogue.switch_to = "mysql_clear_password"
        site = self.start(rogue, "tls_verify_cert = no")
        self.assertIn("tls_verify_cert is no", site.sync.log())
        for got in rogue.received():
            self.assertIn(USER.encode(), got[36:])
            self.assertNotIn(PASSWORD.encode(), got)


class PlainTcpTest(RogueCase):
    """What is said where whoever takes the port can serve rows."""

    def test_it_is_said_once(self):
        rogue = RogueServer()
        site = self.start(rogue)
        rogue.wait_for_clients(2)
        self.assertEqual(site.sync.log().count(_PLAIN_TCP), 1)

    def check(self, hosts, lines=""):
        maps = {
            parameter: [MapFile(each.name, each.query, lines)]
            for parameter, each in GUIDE_MAPS.items()
        }
        folder = self.folder / f"checked-{len(list(self.folder.iterdir()))}"
        site = Site(folder, free_port(), maps=maps, hosts=hosts)
        result = run_program("postmirror-sync", "--config", site.config, "--check")
        self.assertEqual(result.returncode, 0, result)
        return result.stderr.count(_PLAIN_TCP)

    def test_check_finds_it(self):
        self.assertEqual(self.check("inet:127.0.0.1:3306"), 1)
        self.assertEqual(self.check("unix:/run/s inet:db.example.org"), 1)
        self.assertEqual(self.check("unix:/run/s localhost"), 0)
        self.assertEqual(self.check("inet:127.0.0.1", "tls_CAfile = /ca.pem"), 0)


if __name__ == "__main__":
    unittest.main()
