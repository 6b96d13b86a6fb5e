"""Another process holds the lock that LMDB has for the writer of the store."""

import subprocess
import unittest

from support.e2e_case import E2eCase
from support.mariadb import BINLOG_OPTIONS
from support.postmap import NOT_FOUND, found
from support.site import ALIASES, DOMAINS
from support.waiting import wait_until

_OK, _CRITICAL = 0, 2

# Opens the environment as any program of LMDB's does, and begins to write.
_HOLDER = """
import ctypes, sys
lmdb = ctypes.CDLL("liblmdb.so.0")
environment, transaction = ctypes.c_void_p(), ctypes.c_void_p()
assert lmdb.mdb_env_create(ctypes.byref(environment)) == 0
lmdb.mdb_env_set_mapsize(environment, ctypes.c_size_t(256 << 30))
assert lmdb.mdb_env_open(environment, sys.argv[1].encode(), 0, 0o640) == 0
assert lmdb.mdb_txn_begin(environment, None, 0, ctypes.byref(transaction)) == 0
print("holds", flush=True)
sys.stdin.read()
lmdb.mdb_txn_abort(transaction)
"""

# Takes the lock that a reader needs for a slot, by its place in lock.mdb: the first of
# glibc's mutexes there that are robust and shared.
_READERS_LOCK_HOLDER = """
import ctypes, mmap, struct, sys
with open(sys.argv[1] + "/lock.mdb", "r+b") as file:
    memory = mmap.mmap(file.fileno(), 0)
places = [i for i in range(0, 256, 8) if struct.unpack_from("i", memory, i + 16)[0] == 0x90]
mutex = ctypes.byref(ctypes.c_char.from_buffer(memory, places[0]))
assert ctypes.CDLL(None).pthread_mutex_lock(mutex) == 0
print("holds", flush=True)
sys.stdin.read()
assert ctypes.CDLL(None).pthread_mutex_unlock(mutex) == 0
"""


class StoreLock:
    def setUp(self):
        super().setUp()
        self.start_postmirror()
        self.wait_for_status(_OK)

    def hold(self, program=_HOLDER):
        """Returns the process, which holds the lock until its input ends."""
        holder = subprocess.Popen(
            ["python3", "-c", program, self.site.store / "v1"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self.addCleanup(self.let_go, holder)
        self.assertEqual(holder.stdout.readline(), b"holds\n")
        return holder

    def let_go(self, holder):
        if holder.poll() is None:
            holder.communicate()

    def wait_for_status(self, code):
        return wait_until(
            lambda: (result := self.site.ctl("status")).returncode == code and result,
            30,
            lambda: f"status is {code}: {self.site.ctl('status')}\n{self.site.logs()}",
        ).stdout

    def add(self, name):
        self.mariadb.run(
            "INSERT INTO virtual_aliases (domain_id, source, destination)"
            f" VALUES (1, '{name}@example.org', 'user@example.org')"
        )

    def test_who_holds_it_is_said_until_it_is_let_go(self):
        holder = self.hold()
        self.add("new")
        said = self.wait_for_status(_CRITICAL)
        self.assertIn("another process holds LMDB's lock", said)
        self.assertIn(f"process {holder.pid} (python3)", said)
        self.site.sync.wait_for_log(f"process {holder.pid} (python3)")
        self.assertEqual(self.site.sync.log().count("holds LMDB's lock"), 1)
        # Mail is answered meanwhile, from what there was.
        self.assert_lookup(DOMAINS, "example.org", found("1"))
        self.assert_lookup(ALIASES, "new@example.org", NOT_FOUND)
        self.let_go(holder)
        self.wait_for_lookup(ALIASES, "new@example.org", found("user@example.org"))
        self.wait_for_status(_OK)
        self.site.sync.wait_for_log("the lock is free, changes are written again")
        self.add("newer")
        self.wait_for_lookup(ALIASES, "newer@example.org", found("user@example.org"))

    def test_one_that_starts_says_so_too(self):
        self.site.sync.kill()
        holder = self.hold()
        self.site.sync.start()
        said = self.wait_for_status(_CRITICAL)
        wait_until(
            lambda: f"process {holder.pid} " in self.site.ctl("status").stdout,
            20,
            lambda: f"who holds it: {said}\n{self.site.logs()}",
        )
        self.let_go(holder)
        self.wait_for_status(_OK)


class LsnStoreLockTest(StoreLock, E2eCase):
    def test_a_proxy_that_waits_says_so(self):
        self.site.proxy.kill()
        holder = self.hold(_READERS_LOCK_HOLDER)
        self.site.proxy.start()
        wait_until(
            lambda: "postmirror-proxy is stuck for 1" in self.site.ctl("status").stdout,
            30,
            lambda: f"it is stuck: {self.site.ctl('status')}",
        )
        self.let_go(holder)
        self.wait_for_status(_OK)
        self.wait_until_answering()


class BinlogStoreLockTest(StoreLock, E2eCase):
    server_options = BINLOG_OPTIONS


if __name__ == "__main__":
    unittest.main()
