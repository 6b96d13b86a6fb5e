"""A store that is damaged, replaced, or out of disk space, before the proxy starts
and under the running proxy: temporary or right, never wrong."""

import os
import re
import shutil
import struct
import unittest

from support.mounts import SmallDisk
from support.postmap import NOT_FOUND, found
from support.site import ALIASES, DOMAINS, MAILBOXES
from support.temporary_case import TemporaryCase
from support.waiting import wait_until

_PAGE_BYTES = 4096
_META_PAGES = 2  # of LMDB, at the beginning of data.mdb
_LAST_PAGE_OFFSET = 16 + 120  # in a meta page


class StoreFaultTest(TemporaryCase):
    def setUp(self):
        super().setUp()
        self.data_file = self.site.store / "v1" / "data.mdb"

    def fill_store_and_stop_sync(self):
        self.site.sync.start()
        self.site.sync.wait_for_log(f"map {self.site.map_files[ALIASES]}: filled")
        self.site.sync.stop()

    def start_all_and_stop_sync(self):
        self.start_all()
        self.site.sync.stop()

    def overwrite(self, start, byte):
        """Overwrites data.mdb in place, from an offset to its end."""
        size = self.data_file.stat().st_size
        with open(self.data_file, "r+b") as file:
            file.seek(start)
            file.write(byte * (size - start))

    def insert_late_mailbox(self):
        """A row that no store has yet."""
        self.mariadb.run(
            "INSERT INTO virtual_mailboxes (domain_id, email, password)"
            " VALUES (1, 'late@example.org', '')"
        )

    def wait_for_late_mailbox(self):
        self.wait_for_lookup(MAILBOXES, "late@example.org", found("1"))

    def assert_heals_with_sync(self):
        self.assert_temporary()
        self.assert_filled_by_sync()

    def assert_heals_after_damage(self):
        self.assert_temporary_but_kept()
        self.assert_filled_by_sync()

    def assert_filled_by_sync(self):
        """Sync fills a new store, from which every answer is right. That the proxy
        reads the new one, a row shows that the damaged one never had: replies that
        it has kept from that one are right too, until it closes it."""
        self.insert_late_mailbox()
        self.site.sync.start()
        self.wait_for_late_mailbox()
        self.assert_right()

    def test_garbage_at_start(self):
        self.fill_store_and_stop_sync()
        self.overwrite(0, b"\xff")
        self.start_proxy()
        self.assert_heals_with_sync()

    def test_empty_data_file_at_start(self):
        self.fill_store_and_stop_sync()
        os.truncate(self.data_file, 0)
        self.start_proxy()
        self.assert_heals_with_sync()

    def test_data_file_cut_off_at_start(self):
        self.fill_store_and_stop_sync()
        os.truncate(self.data_file, _META_PAGES * _PAGE_BYTES)
        self.start_proxy()
        self.assert_heals_with_sync()

    def test_data_file_cut_off_under_the_proxy(self):
        self.start_all_and_stop_sync()
        os.truncate(self.data_file, _META_PAGES * _PAGE_BYTES)
        self.assert_heals_after_damage()

    def test_data_file_emptied_under_the_proxy(self):
        self.start_all_and_stop_sync()
        os.truncate(self.data_file, 0)
        self.assert_heals_after_damage()

    def test_pages_of_ones_under_the_proxy(self):
        self.start_all_and_stop_sync()
        self.overwrite(_META_PAGES * _PAGE_BYTES, b"\xff")
        self.assert_heals_after_damage()

    def test_pages_of_zeros_under_the_proxy(self):
        self.start_all_and_stop_sync()
        self.overwrite(_META_PAGES * _PAGE_BYTES, b"\0")
        self.assert_heals_after_damage()

    def test_meta_pages_that_ask_for_too_much(self):
        self.start_all_and_stop_sync()
        with open(self.data_file, "r+b") as file:
            for page in range(_META_PAGES):
                file.seek(page * _PAGE_BYTES + _LAST_PAGE_OFFSET)
                file.write(struct.pack("<Q", 2**47 - 1))
        self.wait_for_temporary()
        self.assert_heals_with_sync()

    def test_one_damaged_map_while_mariadb_is_down(self):
        self.start_all_and_stop_sync()
        self.mariadb.kill()
        name = f"map/{self.site.map_files[DOMAINS]}".encode()
        data = self.data_file.read_bytes()
        with open(self.data_file, "r+b") as file:
            for match in re.finditer(re.escape(name), data):
                file.seek(match.end())
                file.write(b"x")
        self.site.sync.start()
        self.site.sync.wait_for_log("is damaged, and filled anew once")
        self.site.sync.wait_for_log("lookups are answered from what the store has")
        # What is whole is answered, whatever sync does.
        self.assert_lookup(ALIASES, "catch@catchall.test", found("user@example.org"))
        self.assert_lookup(ALIASES, "unknown@example.org", NOT_FOUND)
        self.assertIn("is damaged", self.site.ctl("status").stdout)
        self.assertFalse((self.site.store / "v1.damaged").exists())
        self.mariadb.start()
        # The proxy had no need to read the damaged record again, and answers from the
        # old store until it closes that: only the new one has the late row.
        self.site.sync.wait_for_log("is damaged, set aside")
        self.insert_late_mailbox()
        self.wait_for_late_mailbox()
        self.assert_right()
        self.assertTrue((self.site.store / "v1.damaged").exists())

    def test_store_removed_under_proxy_and_sync(self):
        self.start_all()
        # All of it at once: sync puts new files where one is missing.
        gone = (self.site.store / "v1").rename(self.site.folder / "gone")
        shutil.rmtree(gone)
        # Not earlier, or the row could get into the removed file, which both still
        # have open.
        wait_until(self.data_file.exists, 20, "sync makes a new store")
        self.insert_late_mailbox()
        self.wait_for_late_mailbox()
        self.assert_right()

    def test_store_moved_away_and_back(self):
        self.start_all_and_stop_sync()
        away = self.site.folder / "away"
        self.site.store.rename(away)
        self.wait_for_temporary()
        self.assert_temporary()
        away.rename(self.site.store)
        self.assert_heals()

    def test_data_file_moved_over(self):
        self.start_all_and_stop_sync()
        earlier = self.site.folder / "earlier.mdb"
        shutil.copy2(self.data_file, earlier)
        self.change_and_stop_sync()
        earlier.rename(self.data_file)
        # The proxy reads the file that is there, not the one that it had opened.
        self.wait_for_lookup(MAILBOXES, "late@example.org", NOT_FOUND)
        self.assert_right()
        self.site.sync.start()
        self.wait_for_late_mailbox()
        self.assert_right()

    def test_store_replaced(self):
        self.start_all_and_stop_sync()
        earlier = self.site.folder / "earlier"
        shutil.copytree(self.site.store, earlier)
        self.change_and_stop_sync()
        self.site.store.rename(self.site.folder / "later")
        earlier.rename(self.site.store)
        self.wait_for_lookup(MAILBOXES, "late@example.org", NOT_FOUND)
        self.assert_right()
        self.site.sync.start()
        self.wait_for_late_mailbox()
        self.assert_right()

    def change_and_stop_sync(self):
        """Brings late@example.org into the store."""
        self.insert_late_mailbox()
        self.site.sync.start()
        self.wait_for_late_mailbox()
        self.site.sync.stop()


class FullDiskTest(TemporaryCase):
    def setUp(self):
        super().setUp()
        self.disk = SmallDisk(self.site.store, "8m")
        self.addCleanup(self.disk.close)
        # Runs before the disk is unmounted.
        self.addCleanup(self.site.close)

    def insert_many(self):
        """More than finds room in the free pages of a small store."""
        self.mariadb.run(
            "INSERT INTO virtual_aliases (domain_id, source, destination)"
            " SELECT 1, CONCAT('many', seq, '@example.org'), 'user@example.org'"
            " FROM seq_1_to_10000"
        )

    def test_old_answers_stay(self):
        self.start_all()
        sync = self.site.sync.pid
        self.disk.fill()
        self.insert_many()
        self.site.sync.wait_for_log("lookups are answered from what the store has")
        self.assert_right()
        self.assert_lookup(ALIASES, "many1@example.org", NOT_FOUND)
        self.disk.make_room()
        self.wait_for_lookup(
            ALIASES, "many10000@example.org", found("user@example.org")
        )
        self.assert_right()
        self.assertEqual(self.site.sync.pid, sync)

    def test_proxy_starts_on_a_full_disk(self):
        self.site.sync.start()
        self.site.sync.wait_for_log(f"map {self.site.map_files[ALIASES]}: filled")
        self.disk.fill()
        self.start_proxy()
        self.assert_heals()

    def test_sync_starts_on_a_full_disk(self):
        self.start_all()
        self.site.sync.kill()
        self.disk.fill()
        self.insert_many()
        self.site.sync.start()
        self.site.sync.wait_for_log("lookups are answered from what the store has")
        self.assert_right()
        self.disk.make_room()
        self.wait_for_lookup(
            ALIASES, "many10000@example.org", found("user@example.org")
        )
        self.assert_right()

    def test_first_fill(self):
        self.disk.fill()
        self.site.sync.start()
        self.site.sync.wait_for_log("lookups are answered from what the store has")
        sync = self.site.sync.pid
        self.start_proxy()
        self.assert_temporary()
        self.disk.make_room()
        self.assert_heals()
        self.assertEqual(self.site.sync.pid, sync)


if __name__ == "__main__":
    unittest.main()
