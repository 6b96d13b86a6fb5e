"""Where changes do not arrive any more, status says so, whatever the cause: a sync that
waits for a FIFO or is frozen, a proxy that reads another store than sync writes."""

import os
import unittest

from support.e2e_case import E2eCase
from support.mariadb import BINLOG_OPTIONS
from support.postmap import NOT_FOUND
from support.programs import Daemon, run_program
from support.site import ALIASES, DOMAINS
from support.waiting import wait_until

_OK, _WARNING, _CRITICAL, _ = range(4)
_CONFIG = 78  # sysexits(3)

# Mounts the store at another path, for the rest of the command line.
_MOUNTED = ("unshare", "--mount", "sh", "-ec")
_MOUNT = 'mount --bind "$1" "$2"; shift 2; exec "$@"'


class StandstillCase(E2eCase):
    def status(self):
        return self.site.ctl("status")

    def wait_for_status(self, code, text=""):
        """Waits until status exits with the code and has the text on its first line."""

        def is_so():
            result = self.status()
            return result.returncode == code and text in result.stdout.split("\n")[0]

        wait_until(
            is_so,
            60,
            lambda: f"status is {code} {text!r}: {self.status()}\n{self.site.logs()}",
        )

    def remove_domain(self):
        self.mariadb.run("DELETE FROM virtual_domains WHERE name = 'doomed.test'")

    def fifo(self, name):
        path = self.folder / name
        os.mkfifo(path)
        return path

    def set_option_file(self, path):
        """The map of aliases names it."""
        file = self.site.map_files[ALIASES]
        file.write_text(f"{file.read_text()}option_file = {path}\n")


class FifoTest(StandstillCase):
    def setUp(self):
        super().setUp()
        self.start_postmirror()
        self.wait_for_status(_OK)

    def test_a_fifo_as_option_file_is_refused(self):
        fifo = self.fifo("client.cnf")
        self.set_option_file(fifo)
        for program in ("postmirror-sync", "postmirrorctl"):
            check = run_program(program, "--config", self.site.config, "--check")
            self.assertEqual(check.returncode, _CONFIG, check)
            self.assertIn(f"option_file {fifo}: is no regular file", check.stderr)
        # It goes on with what it has, and can be ended.
        self.site.sync.reload()
        self.site.sync.wait_for_log("is not reloaded")
        self.remove_domain()
        self.wait_for_lookup(DOMAINS, "doomed.test", NOT_FOUND)
        self.assertEqual(self.site.sync.stop(), 0)

    def test_a_fifo_that_an_option_file_includes_breaks_its_map_alone(self):
        options = self.folder / "client.cnf"
        fifo = self.fifo("more.cnf")
        options.write_text(f"[client]\n!include {fifo}\n")
        self.set_option_file(options)
        self.site.sync.reload()
        self.wait_for_status(_WARNING, f"!include {fifo}: is no regular file")
        self.assertEqual(self.site.sync.stop(), 0)


class FrozenLsnTest(StandstillCase):
    def test_a_frozen_sync_is_a_warning(self):
        self.start_postmirror()
        self.wait_for_status(_OK)
        self.site.sync.freeze()
        self.addCleanup(self.site.sync.thaw)
        self.wait_for_status(_WARNING, " was last confirmed ")
        self.site.sync.thaw()
        self.wait_for_status(_OK)


class FrozenBinlogTest(FrozenLsnTest):
    server_options = BINLOG_OPTIONS


class MovedStoreTest(StandstillCase):
    def start_container(self):
        """The proxy has the store at a path of its own."""
        inside = self.folder / "container"
        inside.mkdir()
        text = self.site.config.read_text()
        config = self.folder / "container.cf"
        config.write_text(
            text.replace(f"store = {self.site.store}\n", f"store = {inside}\n")
        )
        self.site.proxy = Daemon(
            self.site.folder,
            "postmirror-proxy",
            "--config",
            config,
            wrapper=(*_MOUNTED, _MOUNT, "sh", self.site.store, inside),
        )
        self.site.start_proxy()

    def test_a_proxy_that_keeps_the_former_store_is_critical(self):
        self.site.sync.start()
        self.site.sync.wait_for_log(": filled,")
        self.start_container()
        self.wait_until_answering()
        # By another path, it is the same store.
        self.wait_for_status(_OK)
        self.site.store.rename(self.site.store.with_name("former"))
        self.site.sync.stop()
        self.site.sync.start()
        self.wait_for_status(_CRITICAL, "postmirror-proxy reads another store than")
        self.site.proxy.stop()
        self.site.set_proxy()
        self.site.start_proxy()
        self.wait_for_status(_OK)


if __name__ == "__main__":
    unittest.main()
