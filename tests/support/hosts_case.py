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
from support.waiting import wait_until

_SOON_SECONDS = 10
_MANY = 40


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

    def fail_primary(self):
        """Kills it, and waits until sync has met with what answers instead."""
        self.mariadb.kill()
        self.wait_until_down()

    def assert_not_read(self, *texts):
        """The replica is not read, which the status explains, and no answer changes."""
        for text in texts:
            self.wait_for_status("error", text)
        self.assertEqual(self.status()["server"], "")
        self.asker.assert_unshaken()

    def wait_until_looked_for(self, relay, times=3):
        """Waits until sync has connected there some times more."""
        enough = relay.accepted + times
        wait_until(
            lambda: relay.accepted >= enough,
            20,
            lambda: f"sync looks for the host: {relay.accepted}\n{self.site.logs()}",
        )

    def add_known(self, address):
        """A mailbox of the primary, known to lookups; it stays known from now on."""
        self.insert_mailbox(address)
        self.wait_until_known(address)

    def add_many_known(self, server=None):
        """The same of 40 mailboxes at once, of any server."""
        (server or self.mariadb).run(
            "INSERT INTO virtual_mailboxes (domain_id, email, password)"
            f" SELECT 1, CONCAT('many', seq, '@example.org'), '' FROM seq_1_to_{_MANY}"
        )
        for number in range(1, _MANY + 1):
            self.wait_until_known(f"many{number}@example.org", ask=number in (1, _MANY))

    def wait_until_known(self, address, ask=True):
        """Waits until lookups find it, if they are asked; it stays known."""
        if ask:
            self.wait_for_lookup(MAILBOXES, address, found("1"))
        self.asker.also(MAILBOXES, address, found("1"))
