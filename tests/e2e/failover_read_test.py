"""The first of two hosts lets itself be asked, but its answers do not arrive: what
cannot be read is left as what cannot be reached."""

import unittest

from support.failover_case import BinlogCase, LsnCase
from support.hosts_case import HostsCase
from support.postmap import found
from support.replication import wait_until_caught_up
from support.site import ALIASES

_LONGEST_RESULT = 100_000  # bytes
_ROWS = 5000


class FailedReads:
    """Two hosts that have everything."""

    def test_results_stall(self):
        self.add_rows()
        self.wait_for_primary()
        self.relay.stall_results(_LONGEST_RESULT)
        self.kill_connections()
        self.wait_for_replica()
        # The primary is all right, but for us; what it gets the replica has.
        self.assert_follows()
        # It is looked for, and is not read for that.
        self.wait_until_looked_for(self.relay, 2)
        self.assert_follows()
        self.relay.flow()
        self.wait_for_status("server", f":{self.relay.port}", 60)
        self.assert_follows()

    def add_rows(self):
        """As many as make a read of everything too long."""
        self.mariadb.run(
            "INSERT INTO virtual_aliases (domain_id, source, destination)"
            " SELECT 1, CONCAT('row', seq, '@example.org'), 'user@example.org'"
            f" FROM seq_1_to_{_ROWS}"
        )
        self.wait_for_lookup(
            ALIASES, f"row{_ROWS}@example.org", found("user@example.org")
        )
        wait_until_caught_up(self.replica, self.mariadb)


class LsnFailedReadsTest(FailedReads, HostsCase, LsnCase):
    pass


class BinlogFailedReadsTest(FailedReads, HostsCase, BinlogCase):
    pass


if __name__ == "__main__":
    unittest.main()
