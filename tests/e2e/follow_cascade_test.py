"""What foreign keys do to rows that no statement names is followed exactly."""

import unittest

from support.follow_case import PLAIN, FollowCase, Mirrored
from support.mariadb import BINLOG_OPTIONS

_FAMILY = (
    Mirrored("smtpd_sender_login_maps", "parents", "name", "id"),
    Mirrored("canonical_maps", "children", "name", "parent_id"),
    Mirrored("sender_canonical_maps", "grandchildren", "name", "child_id"),
    Mirrored("recipient_canonical_maps", "wards", "name", "parent_id"),
    Mirrored("relay_recipient_maps", "branches", "name", "upper_id"),
)

_TABLES = """
CREATE TABLE parents (id INT PRIMARY KEY, name VARCHAR(100), note INT, KEY (name));
CREATE TABLE children (id INT AUTO_INCREMENT PRIMARY KEY, parent_id INT,
  name VARCHAR(100), KEY (name), FOREIGN KEY (parent_id) REFERENCES parents (id)
  ON DELETE CASCADE ON UPDATE CASCADE);
CREATE TABLE grandchildren (id INT AUTO_INCREMENT PRIMARY KEY, child_id INT,
  name VARCHAR(100), KEY (name), FOREIGN KEY (child_id) REFERENCES children (id)
  ON DELETE CASCADE ON UPDATE CASCADE);
CREATE TABLE wards (id INT AUTO_INCREMENT PRIMARY KEY, parent_id INT,
  name VARCHAR(100), KEY (name), FOREIGN KEY (parent_id) REFERENCES parents (id)
  ON DELETE SET NULL ON UPDATE SET NULL);
CREATE TABLE branches (id INT PRIMARY KEY, upper_id INT, name VARCHAR(100),
  KEY (name), FOREIGN KEY (upper_id) REFERENCES branches (id) ON DELETE CASCADE);
INSERT INTO parents (id, name) VALUES (1, 'p@standing.test');
INSERT INTO children (id, parent_id, name) VALUES (1, 1, 'c@standing.test');
INSERT INTO grandchildren (child_id, name) VALUES (1, 'g@standing.test');
INSERT INTO wards (parent_id, name) VALUES (1, 'w@standing.test');
INSERT INTO branches (id, upper_id, name) VALUES (1, 1, 'b@standing.test');
"""

_ROWS = """
BEGIN;
INSERT INTO parents (id, name) VALUES (<id>, 'p@<name>'), (<id> + 1, 'q@<name>');
INSERT INTO children (id, parent_id, name)
  SELECT <id> + seq, <id>, CONCAT('c', seq, '@<name>') FROM seq_1_to_3;
INSERT INTO grandchildren (child_id, name)
  SELECT <id> + seq % 3 + 1, CONCAT('g', seq, '@<name>') FROM seq_1_to_6;
INSERT INTO wards (parent_id, name)
  SELECT <id>, CONCAT('w', seq, '@<name>') FROM seq_1_to_3;
INSERT INTO branches (id, upper_id, name)
  SELECT <id> + seq, IF(seq = 1, <id> + seq, <id> + seq DIV 2),
  CONCAT('b', seq, '@<name>') FROM seq_1_to_7;
COMMIT;
"""


class _GuideCascades:
    """Of FollowCase: the guide's domains, with their mailboxes and aliases."""

    def test_deleted_domain(self):
        self.change("DELETE FROM virtual_domains WHERE name = '<name>'")

    def test_replaced_domain(self):
        self.change("REPLACE INTO virtual_domains (id, name) VALUES (<id>, '<name>')")

    def test_domain_that_is_inserted_on_a_duplicate_key(self):
        self.change(
            "INSERT INTO virtual_domains (id, name) VALUES (<id>, '<name>')"
            " ON DUPLICATE KEY UPDATE name = 'duplicate.<name>'"
        )

    def test_renamed_domain(self):
        self.change(
            "UPDATE virtual_domains SET name = 'renamed.<name>' WHERE name = '<name>'"
        )

    def test_delete_of_joined_tables(self):
        self.change(
            "DELETE d, m FROM virtual_domains d JOIN virtual_mailboxes m"
            " ON m.domain_id = d.id WHERE d.name = '<name>'"
        )

    def test_delete_of_the_domain_by_a_joined_table(self):
        self.change(
            "DELETE d FROM virtual_domains d JOIN virtual_mailboxes m"
            " ON m.domain_id = d.id WHERE m.email = 'box1@<name>'"
        )

    def test_delete_without_checks(self):
        run = self.session().run
        run("SET foreign_key_checks = 0")
        self.change("DELETE FROM virtual_domains WHERE name = '<name>'", run)
        self.change("DELETE FROM virtual_mailboxes WHERE email = 'box1@<name>'", run)
        run("SET foreign_key_checks = 1")
        self.change(
            "INSERT INTO virtual_domains (id, name) VALUES (<id>, 'back.<name>')", run
        )
        self.change("DELETE FROM virtual_domains WHERE id = <id>", run)

    def test_deleted_domain_that_is_rolled_back(self):
        self.keep("BEGIN; DELETE FROM virtual_domains WHERE id = <id>; ROLLBACK")

    def test_deleted_domain_behind_a_savepoint(self):
        self.change(
            "BEGIN; DELETE FROM virtual_aliases WHERE source = 'alias1@<name>';"
            "SAVEPOINT here; DELETE FROM virtual_domains WHERE id = <id>;"
            "ROLLBACK TO SAVEPOINT here; COMMIT"
        )

    def test_deleted_domain_among_other_changes(self):
        self.change(
            "BEGIN; UPDATE virtual_aliases SET destination = 'before'"
            " WHERE domain_id = <id>;"
            "DELETE FROM virtual_domains WHERE id = <id>;"
            "INSERT INTO virtual_domains (id, name) VALUES (<id>, '<name>');"
            "INSERT INTO virtual_aliases (domain_id, source, destination)"
            " VALUES (<id>, 'alias1@<name>', 'after'); COMMIT"
        )

    def test_deleted_domain_that_is_prepared(self):
        self.keep(
            "XA START '<name>'; DELETE FROM virtual_domains WHERE id = <id>;"
            "XA END '<name>'; XA PREPARE '<name>'"
        )
        self.change("XA COMMIT '<name>'")

    def test_domain_without_children(self):
        self.change(
            "INSERT INTO virtual_domains (id, name) VALUES (<id> + 1, 'e.<name>')"
        )
        self.change("DELETE FROM virtual_domains WHERE id = <id> + 1")

    def test_domain_with_many_children(self):
        self.change(
            "INSERT INTO virtual_aliases (domain_id, source, destination)"
            " SELECT <id>, CONCAT('many', seq, '@<name>'), seq FROM seq_1_to_5000"
        )
        self.change("DELETE FROM virtual_domains WHERE id = <id>")

    def test_session_formats(self):
        for number, setting in enumerate(
            (
                "binlog_format = STATEMENT",
                "binlog_format = MIXED",
                "binlog_row_image = MINIMAL",
                "binlog_row_image = NOBLOB",
            ),
            start=1,
        ):
            with self.subTest(setting=setting):
                run = self.session().run
                run(f"SET SESSION {setting}")
                domain = f"<id> + {number}"
                self.change(
                    "INSERT INTO virtual_domains (id, name)"
                    f" VALUES ({domain}, 'd{number}.<name>');"
                    "INSERT INTO virtual_aliases (domain_id, source, destination)"
                    f" VALUES ({domain}, 'a@d{number}.<name>', 'v')",
                    run,
                )
                self.change(f"DELETE FROM virtual_domains WHERE id = {domain}", run)


class _FamilyCascades:
    """Of FollowCase: tables in every relation that a foreign key makes."""

    maps = (*PLAIN, *_FAMILY)
    tables = _TABLES

    def setUp(self):
        super().setUp()
        self.change(_ROWS)

    def test_deleted_parent(self):
        self.change("DELETE FROM parents WHERE id = <id>")

    def test_deleted_parents_and_their_grandchildren(self):
        self.change("DELETE FROM parents WHERE id BETWEEN <id> AND <id> + 10")

    def test_deleted_child(self):
        self.change("DELETE FROM children WHERE name = 'c2@<name>'")

    def test_replaced_parent(self):
        self.change("REPLACE INTO parents (id, name) VALUES (<id>, 'p@<name>')")

    def test_replaced_child(self):
        self.change(
            "REPLACE INTO children (id, parent_id, name)"
            " SELECT id, parent_id, name FROM children WHERE name = 'c1@<name>'"
        )

    def test_renumbered_parent(self):
        # The wards lose it, the children follow it.
        self.change("UPDATE parents SET id = id + 500 WHERE id = <id>")

    def test_renumbered_child(self):
        self.change("UPDATE children SET id = id + 500 WHERE name = 'c1@<name>'")

    def test_renumbered_parent_by_a_duplicate_key(self):
        self.change(
            "INSERT INTO parents (id, name) VALUES (<id>, 'x')"
            " ON DUPLICATE KEY UPDATE id = <id> + 500"
        )

    def test_parent_whose_other_column_changes(self):
        self.keep("UPDATE parents SET note = 5 WHERE id = <id>")
        self.change("UPDATE parents SET name = 'r@<name>' WHERE id = <id>")

    def test_ward_that_loses_its_parent_and_finds_another(self):
        self.change("DELETE FROM parents WHERE id = <id>")
        self.change(
            "UPDATE wards SET parent_id = <id> + 1 WHERE name LIKE 'w%@<name>'"
        )
        self.change("DELETE FROM parents WHERE id = <id> + 1")

    def test_cut_branch(self):
        self.change("DELETE FROM branches WHERE name = 'b2@<name>'")
        self.change("DELETE FROM branches WHERE name = 'b1@<name>'")

    def test_replaced_branch(self):
        self.change(
            "REPLACE INTO branches (id, upper_id, name)"
            " VALUES (<id> + 3, NULL, 'b3@<name>')"
        )

    def test_cut_branch_without_checks(self):
        self.change(
            "SET foreign_key_checks = 0; DELETE FROM branches WHERE name = 'b2@<name>'"
        )

    def test_delete_of_joined_tables(self):
        self.change(
            "DELETE p, c FROM parents p JOIN children c ON c.parent_id = p.id"
            " WHERE p.id = <id>"
        )

    def test_parent_in_another_schema(self):
        self.spoil()
        self.sql(
            "CREATE OR REPLACE DATABASE elders;"
            "CREATE TABLE elders.elders (id INT PRIMARY KEY);"
            "INSERT INTO elders.elders VALUES (1), (<id>);"
            "ALTER TABLE extras ADD COLUMN elder_id INT, ADD FOREIGN KEY (elder_id)"
            " REFERENCES elders.elders (id) ON DELETE CASCADE"
        )
        self.change("UPDATE extras SET value = 'young', elder_id = <id> LIMIT 1")
        self.change("DELETE FROM elders.elders WHERE id = <id>")

    def test_key_that_is_added_and_dropped(self):
        self.spoil()
        self.sql(
            "ALTER TABLE extras ADD COLUMN parent_id INT, ADD CONSTRAINT added"
            " FOREIGN KEY (parent_id) REFERENCES parents (id) ON DELETE CASCADE;"
            "UPDATE extras SET parent_id = <id> WHERE name LIKE 'extra1.<name>';"
            "UPDATE extras SET parent_id = <id> + 1 WHERE name LIKE 'extra2.<name>'"
        )
        self.assert_follows()
        self.change("DELETE FROM parents WHERE id = <id>")
        self.sql("ALTER TABLE extras DROP FOREIGN KEY added")
        self.change("DELETE FROM parents WHERE id = <id> + 1")
        self.assertEqual(
            self.sql("SELECT COUNT(*) FROM extras WHERE name LIKE 'extra%.<name>'"),
            [("4",)],
        )

    def test_trigger_of_the_parent(self):
        self.spoil()
        self.sql(
            "CREATE TRIGGER mourns AFTER DELETE ON parents FOR EACH ROW"
            " INSERT INTO extras (name, value) VALUES (CONCAT(OLD.id, '.test'), 'm')"
        )
        self.change("DELETE FROM parents WHERE id = <id>")


class LsnCascadesTest(_GuideCascades, FollowCase):
    pass


class LsnFamilyTest(_FamilyCascades, FollowCase):
    pass


class BinlogCascadesTest(_GuideCascades, FollowCase):
    source = "binlog"
    server_options = BINLOG_OPTIONS


class CompressedBinlogCascadesTest(_GuideCascades, FollowCase):
    source = "binlog"
    server_options = (
        *BINLOG_OPTIONS,
        "--log-bin-compress=1",
        "--log-bin-compress-min-len=10",
        "--binlog-checksum=NONE",
        "--binlog-row-metadata=FULL",
    )


class MixedBinlogCascadesTest(_GuideCascades, FollowCase):
    source = "binlog"
    server_options = (*BINLOG_OPTIONS, "--binlog-format=MIXED")


class BinlogFamilyTest(_FamilyCascades, FollowCase):
    source = "binlog"
    server_options = BINLOG_OPTIONS


class MinimalBinlogFamilyTest(_FamilyCascades, FollowCase):
    source = "binlog"
    server_options = (*BINLOG_OPTIONS, "--binlog-row-image=MINIMAL")


if __name__ == "__main__":
    unittest.main()
