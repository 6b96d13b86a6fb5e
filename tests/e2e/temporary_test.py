"""Before a store is there and may be read, everything is temporary: one test for
each reason. Then, without a restart of the proxy, the right answers."""

import os
import shutil
import unittest

from support.mounts import enter_private_mounts, make_writable, read_only_wrapper
from support.postmap import NOT_FOUND, TEMPORARY, found
from support.site import ALIASES, DOMAINS, MAILBOXES
from support.temporary_case import TemporaryCase


class TemporaryTest(TemporaryCase):
    def run_proxy_as_nobody(self):
        """The proxy will share no more with sync than the group of the store."""
        self.site.store.mkdir()
        shutil.chown(self.site.store, "root", "nogroup")
        self.site.store.chmod(0o2750)
        shutil.chown(self.site.unix_socket.parent, "nobody")
        self.site.set_proxy(user="nobody", group="nogroup")

    def fill_store(self):
        """Starts sync and waits until it has filled the store; nobody reads yet."""
        self.site.sync.start()
        self.site.sync.wait_for_log(f"map {self.site.map_files[ALIASES]}: filled")

    def store_file(self, name):
        return self.site.store / "v1" / name

    def test_no_store(self):
        self.start_proxy()
        self.assert_temporary()
        self.site.sync.start()
        self.assert_heals()

    def test_store_never_filled(self):
        self.mariadb.stop()
        self.site.sync.start()
        self.site.sync.wait_for_log("lookups are answered from what the store has")
        self.assertTrue(self.store_file("data.mdb").exists())
        self.start_proxy()
        self.assert_temporary()
        self.mariadb.start()
        self.assert_heals()

    def test_map_not_filled_while_its_table_cannot_be_read(self):
        self.mariadb.run("RENAME TABLE virtual_aliases TO away")
        self.site.sync.start()
        self.site.sync.wait_for_log("is broken")
        self.start_proxy()
        self.wait_for_lookup(DOMAINS, "example.org", found("1"))
        self.assert_lookup(ALIASES, "info@example.org", TEMPORARY)
        self.assert_lookup(ALIASES, "unknown@example.org", TEMPORARY)
        self.assert_replies("info@example.org", "451 4.3.0")
        self.assert_replies("unknown@example.org", "451 4.3.0")
        self.mariadb.run("RENAME TABLE away TO virtual_aliases")
        self.assert_heals()

    def test_map_that_the_store_does_not_know(self):
        self.fill_store()
        extra = self.site.folder / "extra.cf"
        shutil.copy(self.site.map_files[ALIASES], extra)
        self.site.write_config(
            {ALIASES: f"mysql:{extra} mysql:{self.site.map_files[ALIASES]}"}
        )
        self.start_proxy()
        self.wait_for_lookup(DOMAINS, "example.org", found("1"))
        self.assert_lookup(MAILBOXES, "unknown@example.org", NOT_FOUND)
        self.assert_lookup(ALIASES, "info@example.org", TEMPORARY)
        self.assert_lookup(ALIASES, "unknown@example.org", TEMPORARY)
        self.assert_replies("info@example.org", "451 4.3.0")
        self.assert_replies("unknown@example.org", "451 4.3.0")
        self.site.sync.stop()
        self.site.sync.start()
        self.assert_heals()

    def test_unknown_map_behind_a_known_one(self):
        self.fill_store()
        extra = self.site.folder / "extra.cf"
        shutil.copy(self.site.map_files[ALIASES], extra)
        self.site.write_config(
            {ALIASES: f"mysql:{self.site.map_files[ALIASES]} mysql:{extra}"}
        )
        self.start_proxy()
        self.wait_for_lookup(DOMAINS, "example.org", found("1"))
        self.assert_lookup(ALIASES, "unknown@example.org", TEMPORARY)
        self.assert_replies("unknown@example.org", "451 4.3.0")

    def test_lock_file_on_a_read_only_mount(self):
        enter_private_mounts()
        self.fill_store()
        self.site.set_proxy(wrapper=read_only_wrapper(self.site.store))
        self.start_proxy()
        self.assert_temporary()
        make_writable(self.site.proxy.pid, self.site.store)
        self.assert_heals()

    def test_proxy_under_another_user(self):
        self.run_proxy_as_nobody()
        self.fill_store()
        self.start_proxy()
        self.assert_heals()

    def test_lock_file_without_permission(self):
        self.run_proxy_as_nobody()
        self.fill_store()
        self.store_file("lock.mdb").chmod(0o640)
        self.start_proxy()
        self.assert_temporary()
        self.store_file("lock.mdb").chmod(0o660)
        self.assert_heals()

    def test_data_file_without_permission(self):
        self.run_proxy_as_nobody()
        self.fill_store()
        self.store_file("data.mdb").chmod(0o600)
        self.start_proxy()
        self.assert_temporary()
        self.store_file("data.mdb").chmod(0o640)
        self.assert_heals()

    def test_folder_without_permission(self):
        self.run_proxy_as_nobody()
        self.fill_store()
        os.chmod(self.site.store, 0o700)
        self.start_proxy()
        self.assert_temporary()
        os.chmod(self.site.store, 0o2750)
        self.assert_heals()


if __name__ == "__main__":
    unittest.main()
