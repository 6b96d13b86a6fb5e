"""The fixture for several `hosts`: a primary, and its replica behind it in the list.

A class takes it before LsnCase or BinlogCase:

    class LsnTest(Tests, HostsCase, LsnCase): ...
"""

from support import shared_mariadb
from support.failover_case import FailoverCase
from support.postmap import found
from support.relay import Relay
from support.replication import (
    allow_replicas,
    follow,
    replication_options,
    wait_until_caught_up,
)
from support.site import MAILBOXES

_SOON_SECONDS = 10


class HostsCase(FailoverCase):
    """self.mariadb is the primary, which sync reaches over self.relay; self.replica
    has all of its rows."""

    server_options = replication_options(1)
    # Whether sync's account may see how far a replica is.
    may_see_replication = True

    def start_mariadb(self):
        self.replica = shared_mariadb.take(replication_options(2))
        self.addCleanup(shared_mariadb.give_back, self.replica)
        super().start_mariadb()
        allow_replicas(self.mariadb)
        if self.may_see_replication:
            self.run_for_account("GRANT SLAVE MONITOR ON *.* TO {account}")
        follow(self.replica, self.mariadb)
        wait_until_caught_up(self.replica, self.mariadb)
        self.relay = Relay(self.mariadb.port)
        self.addCleanup(self.relay.close)

    def mariadb_ports(self):
        return [self.relay.port, self.replica.port]

    def spoil(self):
        super().spoil()
        self.addCleanup(shared_mariadb.discard, self.replica)

    def before_postmirror(self):
        # Here, since `settings` is taken by the class of the change source.
        self.site.write_config({"reconcile_interval": "1s"})

    def wait_for_primary(self):
        self.wait_for_status("server", f":{self.relay.port}", _SOON_SECONDS)

    def wait_for_replica(self):
        self.wait_for_status("server", f":{self.replica.port}", _SOON_SECONDS)

    def add_known(self, address):
        """A mailbox of the primary, known to lookups; it stays known from now on."""
        self.insert_mailbox(address)
        self.wait_for_lookup(MAILBOXES, address, found("1"))
        self.asker.also(MAILBOXES, address, found("1"))
