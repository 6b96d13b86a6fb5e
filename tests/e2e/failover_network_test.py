"""The network between postmirror and MariaDB is cut, in silence or with a reset, in one
direction or both."""

import unittest

from support.failover_case import BinlogCase, LsnCase
from support.relay import TO_CLIENT, TO_SERVER, Relay


class NetworkFaults:
    def start_mariadb(self):
        super().start_mariadb()
        self.relay = Relay(self.mariadb.port)
        self.addCleanup(self.relay.close)

    def mariadb_ports(self):
        return [self.relay.port]

    def test_cut_in_silence_and_healed(self):
        self.relay.stall()
        self.wait_until_down()
        self.relay.flow()
        self.assert_recovers()

    def test_cut_to_the_server(self):
        self.relay.stall(TO_SERVER)
        self.wait_until_down()
        self.relay.flow()
        self.assert_recovers()

    def test_cut_to_the_client(self):
        self.relay.stall(TO_CLIENT)
        self.wait_until_down()
        self.relay.flow()
        self.assert_recovers()

    def test_short_cut_is_no_outage(self):
        # What waits in the network arrives, before a time-out.
        self.relay.stall()
        self.insert_mailbox("cut@example.org")
        self.relay.flow()
        self.assert_unbroken()

    def test_half_open_connections(self):
        self.relay.forget()
        self.wait_until_down()
        self.assert_recovers()

    def test_reset(self):
        self.relay.cut()
        self.wait_until_down()
        self.assert_recovers()

    def test_nobody_listens(self):
        self.relay.refuse()
        self.wait_until_down()
        self.wait_for_status("error", "Can't connect")
        self.relay.accept()
        self.assert_recovers()


class LsnNetworkTest(NetworkFaults, LsnCase):
    pass


class BinlogNetworkTest(NetworkFaults, BinlogCase):
    pass


if __name__ == "__main__":
    unittest.main()
