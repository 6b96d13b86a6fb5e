"""What happens to the tables themselves is followed exactly, as are rows of tables in
odd shapes, and views."""

import unittest

from support.follow_case import EXTRAS, EXTRAS_SHAPE, PLAIN, FollowCase, Mirrored
from support.mariadb import BINLOG_OPTIONS
from support.site import ALIASES

_SHAPES = {
    "partitioned by hash": "(id INT AUTO_INCREMENT, name VARCHAR(100),"
    " value VARCHAR(100), note VARCHAR(100), PRIMARY KEY (id), KEY (name))"
    " ENGINE=InnoDB CHARACTER SET utf8mb4 PARTITION BY HASH (id) PARTITIONS 3",
    "partitioned by key": "(id INT AUTO_INCREMENT, name VARCHAR(100),"
    " value VARCHAR(100), note VARCHAR(100), PRIMARY KEY (id, name), KEY (name))"
    " ENGINE=InnoDB CHARACTER SET utf8mb4 PARTITION BY KEY (name) PARTITIONS 2",
    "stored column before the key": "(id INT AUTO_INCREMENT PRIMARY KEY,"
    " length INT AS (LENGTH(value)) STORED, name VARCHAR(100), value VARCHAR(100),"
    " note VARCHAR(100), KEY (name)) ENGINE=InnoDB CHARACTER SET utf8mb4",
    "virtual column before the key": "(id INT AUTO_INCREMENT PRIMARY KEY,"
    " length INT AS (LENGTH(value)) VIRTUAL, name VARCHAR(100), value VARCHAR(100),"
    " note VARCHAR(100), KEY (name)) ENGINE=InnoDB CHARACTER SET utf8mb4",
    "invisible column before the key": "(hidden INT INVISIBLE DEFAULT 3,"
    " id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(100), value VARCHAR(100),"
    " note VARCHAR(100), KEY (name)) ENGINE=InnoDB CHARACTER SET utf8mb4",
    "columns of many types": "(id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY,"
    " f1 DECIMAL(30,10) DEFAULT 1.5, f2 BIT(13) DEFAULT b'101', f3 YEAR DEFAULT 2026,"
    " f4 TIME(3) DEFAULT '10:11:12.5', f5 DATETIME(6) DEFAULT '2026-01-02 03:04:05',"
    " f6 TIMESTAMP(2) NULL, f7 ENUM('a', 'b') DEFAULT 'b', f8 SET('x', 'y', 'z')"
    " DEFAULT 'x,z', f9 JSON, f10 MEDIUMBLOB DEFAULT REPEAT('b', 3000),"
    " f11 CHAR(90) DEFAULT 'c', f12 BINARY(20) DEFAULT 'd', f13 FLOAT DEFAULT 0.1,"
    " f14 DOUBLE DEFAULT 1e300, f15 DATE DEFAULT '2026-01-02', f16 UUID DEFAULT"
    " UUID(), f17 INET6 DEFAULT '::1', f18 MEDIUMINT DEFAULT -5, f19 TINYTEXT,"
    " f20 GEOMETRY DEFAULT POINT(1, 2), name VARCHAR(300), value TEXT,"
    " note VARCHAR(100), KEY (name)) ENGINE=InnoDB CHARACTER SET utf8mb4",
    "compressed columns": "(id INT AUTO_INCREMENT PRIMARY KEY,"
    " pad VARCHAR(2000) COMPRESSED DEFAULT REPEAT('p', 1500), name VARCHAR(100),"
    " value VARCHAR(1000) COMPRESSED, note VARCHAR(100), KEY (name))"
    " ENGINE=InnoDB CHARACTER SET utf8mb4",
    "key column in latin1": "(id INT AUTO_INCREMENT PRIMARY KEY,"
    " name VARCHAR(100) CHARACTER SET latin1, value VARCHAR(100), note VARCHAR(100),"
    " KEY (name)) ENGINE=InnoDB CHARACTER SET utf8mb4",
    "key column of fixed length": "(id INT AUTO_INCREMENT PRIMARY KEY,"
    " name CHAR(60), value VARCHAR(100), note VARCHAR(100), KEY (name))"
    " ENGINE=InnoDB CHARACTER SET utf8mb4",
    "key column that is text": "(id INT AUTO_INCREMENT PRIMARY KEY,"
    " name TEXT, value VARCHAR(100), note VARCHAR(100), KEY (name(50)))"
    " ENGINE=InnoDB CHARACTER SET utf8mb4",
    "key column of bytes": "(id INT AUTO_INCREMENT PRIMARY KEY,"
    " name VARBINARY(200), value VARCHAR(100), note VARCHAR(100), KEY (name))"
    " ENGINE=InnoDB CHARACTER SET utf8mb4",
    "key column without an index": "(id INT AUTO_INCREMENT PRIMARY KEY,"
    " name VARCHAR(100), value VARCHAR(100), note VARCHAR(100))"
    " ENGINE=InnoDB CHARACTER SET utf8mb4",
    "key column that is unique": "(id INT AUTO_INCREMENT UNIQUE,"
    " name VARCHAR(100) PRIMARY KEY, value VARCHAR(100), note VARCHAR(100))"
    " ENGINE=InnoDB CHARACTER SET utf8mb4",
    "system versioned": "(id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(100),"
    " value VARCHAR(100), note VARCHAR(100), KEY (name)) ENGINE=InnoDB"
    " CHARACTER SET utf8mb4 WITH SYSTEM VERSIONING",
    "compressed rows": EXTRAS_SHAPE + " ROW_FORMAT=COMPRESSED",
}

# No LSN tells of their changes.
_OTHER_ENGINES = {
    "MyISAM": EXTRAS_SHAPE.replace("InnoDB", "MyISAM"),
    "Aria": EXTRAS_SHAPE.replace("InnoDB", "Aria"),
    "Aria without transactions": EXTRAS_SHAPE.replace("InnoDB", "Aria TRANSACTIONAL=0"),
}


class _Tables:
    """Of FollowCase: what happens to tables, and tables in odd shapes."""

    def setUp(self):
        super().setUp()
        self.addCleanup(self.restore)

    def restore(self):
        """Puts a table of the shape that it had in the place of extras. Fails, and
        thereby spoils, where a test has changed more."""
        self.reshape(EXTRAS_SHAPE)
        self.sql("DROP TABLE IF EXISTS old, aside, spare, copy")

    def reshape(self, shape):
        """Puts a table of that shape, with the same rows, in the place of extras."""
        self.keep(
            f"CREATE OR REPLACE TABLE reshaped {shape};"
            "INSERT INTO reshaped (id, name, value, note)"
            " SELECT id, name, value, note FROM extras;"
            "DROP TABLE IF EXISTS old;"
            "RENAME TABLE extras TO old, reshaped TO extras"
        )

    def change_rows(self):
        """Changes rows of extras in each way."""
        number = next(self._numbers)
        for change in (
            f"INSERT INTO extras (name, value) VALUES ('a{number}.<name>', 'a'),"
            f" ('b{number}.<name>', 'b')",
            f"UPDATE extras SET value = 'u{number}' WHERE name = 'a{number}.<name>'",
            f"UPDATE extras SET name = 'c{number}.<name>'"
            f" WHERE name = 'a{number}.<name>'",
            f"REPLACE INTO extras (id, name, value) SELECT id, name, 'r{number}'"
            f" FROM extras WHERE name = 'b{number}.<name>'",
            f"DELETE FROM extras WHERE name = 'c{number}.<name>'",
        ):
            self.change(change)

    def check_shapes(self, shapes):
        for name, shape in shapes.items():
            with self.subTest(shape=name):
                self.reshape(shape)
                self.change_rows()

    def test_shapes(self):
        self.check_shapes(_SHAPES)

    def test_altered_table(self):
        for alteration in (
            "ADD COLUMN early INT NOT NULL DEFAULT 5 FIRST",
            "ADD COLUMN middle VARCHAR(20) AFTER id",
            "MODIFY COLUMN value VARCHAR(100) FIRST",
            "DROP COLUMN middle",
            "MODIFY COLUMN name VARCHAR(60)",
            "MODIFY COLUMN name VARCHAR(300)",
            "MODIFY COLUMN name CHAR(70)",
            "MODIFY COLUMN name VARCHAR(100) COLLATE utf8mb4_bin",
            "MODIFY COLUMN name VARCHAR(100) CHARACTER SET latin1",
            "MODIFY COLUMN name VARCHAR(100) CHARACTER SET utf8mb4",
            "MODIFY COLUMN name VARBINARY(100)",
            "MODIFY COLUMN value TEXT",
            "DROP INDEX name",
            "ADD INDEX name (name)",
            "PARTITION BY HASH (id) PARTITIONS 4",
            "REMOVE PARTITIONING",
            "ENGINE=InnoDB",
            "AUTO_INCREMENT = 5000000",
        ):
            with self.subTest(alteration=alteration):
                self.keep(f"ALTER TABLE extras {alteration}")
                self.change_rows()

    def test_columns_that_trade_names(self):
        self.change(
            "ALTER TABLE extras CHANGE name value VARCHAR(100),"
            " CHANGE value name VARCHAR(100)"
        )
        self.change(
            "ALTER TABLE extras CHANGE name value VARCHAR(100),"
            " CHANGE value name VARCHAR(100)"
        )
        self.change_rows()

    def test_alteration_that_changes_values(self):
        self.change(
            "SET sql_mode = ''; ALTER TABLE extras MODIFY COLUMN value INT UNSIGNED"
        )
        self.change("UPDATE extras SET value = value + 5")

    def test_swapped_table(self):
        self.sql(
            "CREATE TABLE spare LIKE extras;"
            "INSERT INTO spare SELECT * FROM extras;"
            "UPDATE spare SET value = 'spare' WHERE name LIKE 'extra%.<name>'"
        )
        self.change("RENAME TABLE extras TO aside, spare TO extras")
        self.change_rows()
        self.keep("DELETE FROM aside WHERE name = 'extra1.<name>'")
        self.change("RENAME TABLE extras TO spare, aside TO extras")
        self.change_rows()

    def test_table_that_is_away_for_a_while(self):
        self.sql("RENAME TABLE extras TO aside")
        self.site.sync.wait_for_log("is broken: ")
        self.sql("UPDATE aside SET value = 'away' WHERE name = 'extra1.<name>'")
        self.sql("RENAME TABLE aside TO extras")
        self.assert_follows()
        self.change_rows()

    def test_dropped_and_created_table(self):
        self.sql("CREATE TABLE copy AS SELECT * FROM extras")
        self.change(
            f"DROP TABLE extras; CREATE TABLE extras {EXTRAS_SHAPE};"
            "INSERT INTO extras (id, name, value) SELECT id, name, 'recreated' FROM copy"
        )
        self.change_rows()

    def test_replaced_table(self):
        self.change(
            "CREATE OR REPLACE TABLE extras (id INT AUTO_INCREMENT PRIMARY KEY,"
            " name VARCHAR(100), value VARCHAR(100), note INT, KEY (name))"
            " SELECT seq AS id, CONCAT('new', seq, '.<name>') AS name, 'v' AS value"
            " FROM seq_1_to_30"
        )
        self.change_rows()

    def test_truncated_and_filled_table(self):
        self.sql("CREATE TABLE copy AS SELECT * FROM extras")
        self.change(
            "TRUNCATE extras; INSERT INTO extras (name, value)"
            " SELECT name, 'filled again' FROM copy"
        )
        self.change_rows()

    def test_truncated_table(self):
        self.change("TRUNCATE extras")
        self.change("INSERT INTO extras (name, value) VALUES ('first.<name>', 'v')")

    def test_truncated_partition(self):
        self.reshape(_SHAPES["partitioned by hash"])
        self.change("ALTER TABLE extras TRUNCATE PARTITION p1")
        self.change_rows()

    def test_truncated_child(self):
        self.sql("INSERT INTO extras (name, value) VALUES ('before.<name>', 'x')")
        self.change(
            "CREATE TABLE copy AS SELECT * FROM virtual_aliases; SET"
            " foreign_key_checks = 0; TRUNCATE virtual_aliases; INSERT INTO"
            " virtual_aliases SELECT * FROM copy WHERE source <> 'alias1@<name>'"
        )

    def test_multi_table_maintenance(self):
        self.keep("OPTIMIZE TABLE extras, virtual_aliases")
        self.keep("ANALYZE TABLE extras, virtual_aliases")
        self.keep("FLUSH TABLES")
        self.keep("LOCK TABLES extras WRITE; UNLOCK TABLES")
        self.change_rows()


class LsnTablesTest(_Tables, FollowCase):
    pass


class BinlogTablesTest(_Tables, FollowCase):
    source = "binlog"
    server_options = BINLOG_OPTIONS

    def test_other_engines(self):
        self.check_shapes(_OTHER_ENGINES)

    def test_shapes_with_minimal_row_images(self):
        self.sql("SET GLOBAL binlog_row_image = MINIMAL")
        self.addCleanup(self.sql, "SET GLOBAL binlog_row_image = FULL")
        self.check_shapes(_SHAPES)


class _Views:
    """Of FollowCase: the map of aliases reads a view."""

    maps = tuple(
        Mirrored(ALIASES, "alias_view", "source", "destination")
        if each.parameter == ALIASES
        else each
        for each in PLAIN
    )
    tables = (
        "CREATE VIEW alias_view AS SELECT a.id, a.source, a.destination FROM"
        " virtual_aliases a JOIN virtual_domains d ON d.id = a.domain_id"
        " WHERE d.name NOT LIKE 'off%'"
    )

    def test_rows_behind_the_view(self):
        self.change(
            "INSERT INTO virtual_aliases (domain_id, source, destination)"
            " VALUES (<id>, 'seen@<name>', 'v')"
        )
        self.change(
            "UPDATE virtual_aliases SET destination = 'w' WHERE source = 'seen@<name>'"
        )
        self.change("UPDATE alias_view SET destination = 'x' WHERE id > 1 LIMIT 3")
        self.change("DELETE FROM virtual_aliases WHERE source = 'seen@<name>'")

    def test_rows_of_the_other_table_behind_the_view(self):
        self.change("UPDATE virtual_domains SET name = 'off.<name>' WHERE id = <id>")
        self.change("UPDATE virtual_domains SET name = '<name>' WHERE id = <id>")
        self.change("DELETE FROM virtual_domains WHERE id = <id>")

    def test_redefined_view(self):
        self.spoil()
        self.change(
            "CREATE OR REPLACE VIEW alias_view AS"
            " SELECT id, source, CONCAT('to-', destination) AS destination"
            " FROM virtual_aliases"
        )
        self.change("ALTER VIEW alias_view AS SELECT * FROM virtual_aliases")
        self.change(
            "UPDATE virtual_aliases SET destination = 'w' WHERE source = 'alias1@<name>'"
        )

    def test_view_of_a_view(self):
        self.spoil()
        self.sql(
            "CREATE VIEW inner_view AS SELECT * FROM virtual_aliases;"
            "CREATE OR REPLACE VIEW alias_view AS SELECT * FROM inner_view"
        )
        self.assert_follows()
        self.change(
            "UPDATE virtual_aliases SET destination = 'w' WHERE source = 'alias1@<name>'"
        )
        self.change(
            "CREATE OR REPLACE VIEW inner_view AS SELECT id, domain_id, source,"
            " CONCAT('inner-', destination) AS destination FROM virtual_aliases"
        )

    def test_view_in_the_place_of_a_table(self):
        self.spoil()
        self.keep(
            "CREATE TABLE base LIKE extras; INSERT INTO base SELECT * FROM extras;"
            "CREATE VIEW spare AS SELECT * FROM base;"
            "RENAME TABLE extras TO aside; RENAME TABLE spare TO extras"
        )
        self.change("UPDATE base SET value = 'base' WHERE name = 'extra1.<name>'")
        self.change("DELETE FROM base WHERE name = 'extra2.<name>'")


class LsnViewsTest(_Views, FollowCase):
    pass


class BinlogViewsTest(_Views, FollowCase):
    source = "binlog"
    server_options = BINLOG_OPTIONS


if __name__ == "__main__":
    unittest.main()
