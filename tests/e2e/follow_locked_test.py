"""A statement keeps everybody out of one table for long: with the binlog, the others are
followed meanwhile."""

import threading
import unittest

from support.failover_case import BinlogCase
from support.postmap import found
from support.site import MAILBOXES
from support.sql_session import SqlError, SqlSession
from support.waiting import wait_until

_LONG = (
    "CREATE OR REPLACE TABLE virtual_aliases (id INT PRIMARY KEY, domain_id INT,"
    " source VARCHAR(100), destination VARCHAR(100)) ENGINE=InnoDB"
    " SELECT 1 AS id, 1 AS domain_id, 'a@example.org' AS source,"
    " CONCAT('b@example.org', SLEEP(600)) AS destination"
)


class LockedTest(BinlogCase):
    settings = {"reconcile_interval": "1h"}

    def start_long_statement(self):
        session = SqlSession(self.mariadb)
        self.addCleanup(session.close)
        ((number,),) = session.run("SELECT CONNECTION_ID()")

        def run():
            try:
                session.run(_LONG)
            except SqlError:
                pass  # it is killed

        thread = threading.Thread(target=run)
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(self.mariadb.run, f"KILL QUERY {number}")
        wait_until(
            lambda: self.mariadb.run(
                "SELECT ID FROM information_schema.PROCESSLIST"
                f" WHERE ID = {number} AND STATE = 'User sleep'"
            ),
            20,
            "the statement runs",
        )

    def looks(self):
        """How often sync has looked whether its tables were replaced."""
        ((count,),) = self.mariadb.run(
            "SELECT COUNT(*) FROM mysql.general_log"
            " WHERE argument LIKE '%CONCAT\\_WS%information\\_schema.TABLES%'"
            " AND argument NOT LIKE '%general%'"
        )
        return int(count)

    def test_others_are_followed(self):
        self.spoil()
        # From then on it is known which numbers the tables have in the binlog.
        self.insert_mailbox("before@example.org")
        self.wait_for_lookup(MAILBOXES, "before@example.org", found("1"))
        self.start_long_statement()
        self.mariadb.run("SET GLOBAL log_output = 'TABLE', GLOBAL general_log = 1")
        for _ in range(2):
            before = self.looks()
            wait_until(lambda: self.looks() > before, 20, "sync looks at its tables")
        self.insert_mailbox("meanwhile@example.org")
        self.wait_for_lookup(MAILBOXES, "meanwhile@example.org", found("1"))


if __name__ == "__main__":
    unittest.main()
