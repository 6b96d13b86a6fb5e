"""Every kind of statement that changes rows is followed exactly, under each change
source, and under each way in which a server or a session may write its binlog."""

import os
import unittest

from support.follow_case import FollowCase
from support.mariadb import BINLOG_OPTIONS
from support.sql_session import SqlError

# Each changes some answer; they follow one another.
_STATEMENTS = {
    "insert": "INSERT INTO virtual_aliases (domain_id, source, destination)"
    " VALUES (<id>, 'new@<name>', 'one'), (<id>, 'alias1@<name>', 'second')",
    "insert select": "INSERT INTO virtual_aliases (domain_id, source, destination)"
    " SELECT domain_id, email, 'selected' FROM virtual_mailboxes"
    " WHERE domain_id = <id>",
    "update of the value": "UPDATE virtual_aliases SET destination = 'other'"
    " WHERE source = 'alias1@<name>'",
    "update of the key": "UPDATE virtual_aliases SET source = 'renamed@<name>'"
    " WHERE source = 'alias2@<name>'",
    "update of the key to one that is there": "UPDATE virtual_aliases"
    " SET source = 'alias3@<name>' WHERE source = 'alias4@<name>'",
    "swap of keys": "UPDATE extras SET name = IF(name = 'extra1.<name>',"
    " 'extra2.<name>', 'extra1.<name>')"
    " WHERE name IN ('extra1.<name>', 'extra2.<name>')",
    "update of the primary key": "UPDATE virtual_aliases SET id = id + 1000000"
    " WHERE source = 'alias3@<name>' ORDER BY id LIMIT 1",
    "update of joined tables": "UPDATE virtual_aliases a JOIN virtual_mailboxes m"
    " ON a.destination = m.email SET a.destination = 'joined', m.email ="
    " CONCAT('joined-', m.email) WHERE m.domain_id = <id>",
    "value becomes NULL": "UPDATE extras SET value = NULL"
    " WHERE name = 'extra3.<name>'",
    "value is no more NULL": "UPDATE extras SET value = 'again'"
    " WHERE name = 'extra3.<name>'",
    "insert on duplicate key": "INSERT INTO virtual_mailboxes"
    " (id, domain_id, email, password) SELECT id, domain_id, email, '' FROM"
    " virtual_mailboxes WHERE email = 'box1@<name>' ON DUPLICATE KEY UPDATE"
    " email = 'duplicate@<name>'",
    "replace": "REPLACE INTO extras (id, name, value) SELECT id, 'replaced.<name>',"
    " 'r' FROM extras WHERE name = 'extra5.<name>'",
    "replace by a unique key": "REPLACE INTO virtual_mailboxes"
    " (domain_id, email, password) VALUES (1, 'duplicate@<name>', '')",
    "delete": "DELETE FROM virtual_aliases WHERE source = 'alias1@<name>'"
    " ORDER BY id LIMIT 1",
    "delete with returning": "DELETE FROM extras WHERE name = 'extra4.<name>'"
    " RETURNING id",
    "delete of joined tables": "DELETE a, m FROM virtual_aliases a JOIN"
    " virtual_mailboxes m ON m.email = CONCAT('joined-', a.source)"
    " WHERE m.domain_id = <id>",
    "many rows of one key": "INSERT INTO virtual_aliases"
    " (domain_id, source, destination) SELECT <id>, 'many@<name>', seq"
    " FROM seq_1_to_50",
    "delete of half of them": "DELETE FROM virtual_aliases WHERE"
    " source = 'many@<name>' AND id % 2 = 0",
}


class _Rows:
    """Of FollowCase: what changes rows."""

    def run_statements(self, prelude=""):
        run = self.session().run
        if prelude:
            run(prelude)
        for name, statement in _STATEMENTS.items():
            with self.subTest(statement=name):
                self.change(statement, run)

    def test_statements(self):
        self.run_statements()

    def test_unrelated_column(self):
        self.keep("UPDATE virtual_mailboxes SET password = 'new', quota = 7")
        self.keep("UPDATE extras SET note = 'noted'")

    def test_statement_that_changes_nothing(self):
        self.keep("UPDATE virtual_aliases SET destination = destination")
        self.keep("DELETE FROM virtual_aliases WHERE source = 'nobody@<name>'")

    def test_failing_statement_within_a_transaction(self):
        run = self.session().run
        run(self.filled("BEGIN; DELETE FROM extras WHERE name = 'extra1.<name>'"))
        with self.assertRaises(SqlError):
            run(
                "INSERT INTO virtual_mailboxes (domain_id, email, password)"
                f" VALUES (1, 'undone@{self.name}', ''), (1, 'box1@{self.name}', '')"
            )
        self.change("COMMIT", run)

    def test_load_data(self):
        rows = self.folder / "rows"
        rows.write_text(
            "".join(f"load{i}.{self.name}\tvalue{i}\n" for i in range(20)),
        )
        os.chmod(rows, 0o644)
        run = self.session().run
        for local in ("", "LOCAL"):
            with self.subTest(local=local):
                self.change(
                    f"LOAD DATA {local} INFILE '{rows}' INTO TABLE extras"
                    " (name, value)",
                    run,
                )
        self.change(
            f"DELETE FROM extras WHERE name LIKE 'load%'; LOAD DATA INFILE '{rows}'"
            " REPLACE INTO TABLE extras (name, value) SET note = 'loaded'",
            run,
        )

    def test_transaction_over_all_tables(self):
        self.change(
            "BEGIN;"
            "INSERT INTO virtual_domains (id, name) VALUES (<id> + 1, 'second.<name>');"
            "INSERT INTO virtual_mailboxes (domain_id, email, password)"
            " SELECT <id> + 1, CONCAT('box', seq, '@second.<name>'), ''"
            " FROM seq_1_to_20;"
            "INSERT INTO virtual_aliases (domain_id, source, destination)"
            " SELECT <id> + 1, email, 'first' FROM virtual_mailboxes"
            " WHERE domain_id = <id> + 1;"
            "UPDATE virtual_aliases SET destination = 'later' WHERE domain_id = <id> + 1"
            " AND source LIKE 'box1%';"
            "DELETE FROM virtual_aliases WHERE source = 'alias1@<name>';"
            "COMMIT"
        )

    def test_rollback(self):
        self.keep(
            "BEGIN; DELETE FROM virtual_mailboxes;"
            "INSERT INTO extras (name, value) VALUES ('rolled.<name>', 'back');"
            "UPDATE virtual_aliases SET source = 'same@<name>'; ROLLBACK"
        )

    def test_rollback_to_a_savepoint(self):
        self.change(
            "BEGIN; UPDATE extras SET value = 'kept' WHERE name = 'extra1.<name>';"
            "SAVEPOINT here;"
            "UPDATE extras SET value = 'undone' WHERE name LIKE 'extra%.<name>';"
            "DELETE FROM virtual_aliases; ROLLBACK TO SAVEPOINT here;"
            "DELETE FROM extras WHERE name = 'extra2.<name>'; COMMIT"
        )

    def test_lost_connection_rolls_back(self):
        session = self.session()
        session.run(self.filled("BEGIN; DELETE FROM extras WHERE name LIKE '%<name>'"))
        session.close()
        self.keep("UPDATE extras SET note = 'after'")

    def test_open_transaction_is_seen_when_it_commits(self):
        session = self.session()
        session.run(
            self.filled(
                "BEGIN; UPDATE extras SET value = 'open' WHERE name = 'extra1.<name>'"
            )
        )
        # A later statement commits first.
        self.change("UPDATE extras SET value = 'first' WHERE name = 'extra2.<name>'")
        self.change("COMMIT", session.run)

    def test_xa_transaction(self):
        update = "UPDATE extras SET value = 'xa' WHERE name = 'extra1.<name>';"
        self.keep(f"XA START '<name>'; {update} XA END '<name>'; XA PREPARE '<name>'")
        self.change("XA COMMIT '<name>'")
        self.change(
            "XA START '<name>'; DELETE FROM extras WHERE name = 'extra2.<name>';"
            "XA END '<name>'; XA COMMIT '<name>' ONE PHASE"
        )

    def test_xa_transaction_that_is_rolled_back(self):
        delete = "DELETE FROM extras WHERE name LIKE 'extra%.<name>';"
        self.keep(f"XA START '<name>'; {delete} XA END '<name>'; XA PREPARE '<name>'")
        self.keep("XA ROLLBACK '<name>'")

    def test_trigger_that_writes_into_another_table(self):
        self.spoil()
        self.sql(
            "CREATE TRIGGER copies AFTER INSERT ON extras FOR EACH ROW INSERT INTO"
            " virtual_aliases (domain_id, source, destination)"
            " VALUES (1, CONCAT('copy@', NEW.name), NEW.value);"
            "CREATE TABLE unmirrored (v VARCHAR(100));"
            "CREATE TRIGGER removes AFTER INSERT ON unmirrored FOR EACH ROW"
            " DELETE FROM extras WHERE name = NEW.v"
        )
        self.change("INSERT INTO extras (name, value) VALUES ('fires.<name>', 'f')")
        self.change("INSERT INTO unmirrored VALUES ('extra1.<name>')")

    def test_stored_procedure(self):
        self.spoil()
        self.sql(
            "CREATE PROCEDURE set_all(IN word VARCHAR(50))"
            " UPDATE extras SET value = word WHERE name LIKE 'extra%'"
        )
        self.change("CALL set_all('called')")

    def test_prepared_statement(self):
        self.change(
            "PREPARE s FROM 'UPDATE extras SET value = ? WHERE name = ?';"
            "SET @v = 'prepared', @n = 'extra1.<name>'; EXECUTE s USING @v, @n"
        )

    def test_table_of_the_same_name_in_another_schema(self):
        self.sql(
            "CREATE OR REPLACE DATABASE other; CREATE TABLE other.extras LIKE extras;"
            "INSERT INTO other.extras SELECT * FROM extras"
        )
        for statement in (
            "UPDATE extras SET value = 'other'",
            "DELETE FROM extras WHERE name LIKE 'extra%'",
            "TRUNCATE extras",
            "DROP TABLE extras",
        ):
            with self.subTest(statement=statement):
                self.keep(f"USE other; {statement}")

    def test_statement_from_another_schema(self):
        self.sql("CREATE DATABASE IF NOT EXISTS elsewhere")
        run = self.session().run
        run("USE elsewhere")
        self.change(
            "UPDATE mailserver.extras SET value = 'far' WHERE name = 'extra1.<name>'",
            run,
        )
        run("SET SESSION binlog_format = STATEMENT")
        self.change(
            "UPDATE mailserver.extras SET value = 'off' WHERE name = 'extra1.<name>'",
            run,
        )

    def test_temporary_table_of_the_same_name(self):
        self.keep(
            "CREATE TEMPORARY TABLE extras (id INT PRIMARY KEY, name VARCHAR(100),"
            " value VARCHAR(100)); INSERT INTO extras VALUES (1, 'hidden.<name>', 'x');"
            "UPDATE extras SET value = 'y'; DROP TEMPORARY TABLE extras"
        )

    def test_many_keys_in_one_statement(self):
        self.change(
            "INSERT INTO extras (name, value)"
            " SELECT CONCAT('many', seq, '.<name>'), seq FROM seq_1_to_20000"
        )
        self.change("DELETE FROM extras WHERE name LIKE 'many%' AND value % 3 = 0")
        self.change("DELETE FROM extras WHERE name LIKE 'many%'")


class _Sessions:
    """Of FollowCase, with _Rows: how a session may have its changes logged."""

    def test_session_with_binlog_format_statement(self):
        self.run_statements("SET SESSION binlog_format = STATEMENT")

    def test_session_with_binlog_format_mixed(self):
        self.run_statements("SET SESSION binlog_format = MIXED")

    def test_session_with_minimal_row_images(self):
        self.run_statements("SET SESSION binlog_row_image = MINIMAL")

    def test_session_with_row_images_without_blobs(self):
        self.run_statements("SET SESSION binlog_row_image = NOBLOB")

    def test_formats_in_turn(self):
        run = self.session().run
        for number, word in enumerate(("STATEMENT", "ROW", "MIXED", "ROW")):
            run(f"SET SESSION binlog_format = {word}")
            self.change(
                f"UPDATE extras SET value = 'v{number}' WHERE name = 'extra1.<name>'",
                run,
            )


class LsnTest(_Rows, FollowCase):
    def test_session_without_a_binlog(self):
        self.change(
            "SET sql_log_bin = 0; DELETE FROM extras WHERE name = 'extra1.<name>'"
        )


class BinlogTest(_Rows, _Sessions, FollowCase):
    source = "binlog"
    server_options = BINLOG_OPTIONS

    def test_binlog_files_are_flushed(self):
        for number in range(5):
            self.change(
                "FLUSH BINARY LOGS;"
                f"UPDATE extras SET value = 'f{number}' WHERE name = 'extra1.<name>';"
                "FLUSH BINARY LOGS"
            )
        self.change(
            "PURGE BINARY LOGS BEFORE NOW();"
            "DELETE FROM extras WHERE name = 'extra2.<name>'"
        )


class BinlogWithoutChecksumsTest(_Rows, FollowCase):
    source = "binlog"
    server_options = (*BINLOG_OPTIONS, "--binlog-checksum=NONE")


class CompressedBinlogTest(_Rows, FollowCase):
    source = "binlog"
    server_options = (
        *BINLOG_OPTIONS,
        "--log-bin-compress=1",
        "--log-bin-compress-min-len=10",
    )


class CompressedBinlogWithoutChecksumsTest(_Rows, FollowCase):
    source = "binlog"
    server_options = (
        *CompressedBinlogTest.server_options,
        "--binlog-checksum=NONE",
    )


class MixedBinlogTest(_Rows, FollowCase):
    source = "binlog"
    server_options = (*BINLOG_OPTIONS, "--binlog-format=MIXED")


class MinimalBinlogTest(_Rows, FollowCase):
    source = "binlog"
    server_options = (*BINLOG_OPTIONS, "--binlog-row-image=MINIMAL")


class BinlogWithFullMetadataTest(_Rows, FollowCase):
    source = "binlog"
    server_options = (*BINLOG_OPTIONS, "--binlog-row-metadata=FULL")


class UnloggedChangeTest(FollowCase):
    """What a session keeps out of the binlog is found by the reconcile, loudly."""

    source = "binlog"
    server_options = BINLOG_OPTIONS
    settings = {"reconcile_interval": "2s"}
    is_untold = True

    def test_session_without_a_binlog(self):
        # The first may be found by a read for what the test began with; until the
        # second one's reconcile everything of that is read.
        for key in ("first", "second"):
            self.change(
                "SET sql_log_bin = 0; INSERT INTO extras (name, value)"
                f" VALUES ('{key}.<name>', 'x')"
            )
        self.site.sync.wait_for_log("the binlog told of nothing")


if __name__ == "__main__":
    unittest.main()
