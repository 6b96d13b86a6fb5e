"""The store follows tables that were altered, or traded, under sql_log_bin = 0: the
binlog has no word of that, and the rows that it has from then on are those of another
table than sync knows."""

import unittest

from support.follow_case import EXTRAS_SHAPE, PLAIN, FollowCase, Mirrored
from support.mariadb import BINLOG_OPTIONS
from support.site import ALIASES
from support.waiting import wait_until

_INSERT = "INSERT INTO extras (name, value) VALUES ('new.<name>', 'inserted')"
_CHANGES = (
    _INSERT,
    "UPDATE extras SET name = 'renamed.<name>' WHERE name = 'extra2.<name>'",
    "DELETE FROM extras WHERE name = 'extra3.<name>'",
)
_SWAP = "RENAME TABLE {0} TO aside, {1} TO {0}, aside TO {1}"
# What makes a table of the shape of extras with other rows.
_SPARE = (
    "CREATE OR REPLACE TABLE spare LIKE extras;"
    "INSERT INTO spare (id, name, value) SELECT id, CONCAT('s', name), 'spare'"
    " FROM extras;"
    "INSERT INTO spare (name, value) SELECT name, 'both' FROM extras"
    " WHERE name LIKE 'extra%.<name>'"
)


class _Altered:
    """Of FollowCase: what is done to extras without a word, and a change behind it."""

    changes = _CHANGES
    maps = (*PLAIN, Mirrored("relay_recipient_maps", "others", "name", "value"))
    tables = (
        f"CREATE TABLE others {EXTRAS_SHAPE};"
        "INSERT INTO others (name, value) SELECT CONCAT('other', seq), seq"
        " FROM seq_1_to_30"
    )

    def unlogged(self, text):
        self.sql(f"SET sql_log_bin = 0; {text}")

    def restore(self):
        """Makes extras anew, with the rows that it had."""
        self.sql(
            f"CREATE OR REPLACE TABLE reshaped {EXTRAS_SHAPE};"
            "INSERT INTO reshaped (id, name, value) SELECT id, name, value FROM kept;"
            "DROP TABLE IF EXISTS old; RENAME TABLE extras TO old, reshaped TO extras;"
        )

    def check(self, *alterations, changes=None):
        """Alters extras in that way before a change of each kind. What comes before
        the last alteration is logged."""
        self.sql("CREATE OR REPLACE TABLE kept AS SELECT id, name, value FROM extras")
        for change in changes or self.changes:
            with self.subTest(change=change):
                self.restore()
                self.sql("; ".join(alterations[:-1]))
                # The table is known as it is now.
                self.change(
                    "INSERT INTO extras (name, value) VALUES ('known.<name>', 'k')"
                )
                self.unlogged(alterations[-1])
                self.change(change)

    def alter(self, *clauses, changes=None):
        self.check(
            *(f"ALTER TABLE extras {clause}" for clause in clauses), changes=changes
        )

    def test_column_before_the_key(self):
        self.alter("ADD COLUMN early VARCHAR(100) DEFAULT 'early' AFTER id")

    def test_key_behind_another_column(self):
        self.alter("MODIFY COLUMN name VARCHAR(100) AFTER value")

    def test_another_column_before_the_key(self):
        self.alter("MODIFY COLUMN note VARCHAR(100) AFTER id")

    def test_dropped_column_before_the_key(self):
        self.alter("ADD COLUMN early VARCHAR(100) AFTER id", "DROP COLUMN early")

    def test_type_of_the_key(self):
        self.alter("MODIFY COLUMN name VARBINARY(100)")

    def test_type_of_a_column_before_the_key(self):
        self.alter("MODIFY COLUMN id BIGINT AUTO_INCREMENT")

    def test_character_set_of_the_key(self):
        self.alter("MODIFY COLUMN name VARCHAR(100) CHARACTER SET latin1")

    def test_collation_of_the_key(self):
        # Asking for its weights takes long.
        self.spoil()
        self.alter(
            "MODIFY COLUMN name VARCHAR(100) COLLATE utf8mb4_bin", changes=[_INSERT]
        )

    def test_columns_that_trade_names(self):
        self.alter(
            "CHANGE name value VARCHAR(100), CHANGE value name VARCHAR(100)",
            changes=[
                _INSERT,
                "UPDATE extras SET name = 'r' WHERE value = 'extra2.<name>'",
                "DELETE FROM extras WHERE value = 'extra3.<name>'",
            ],
        )

    def test_partitions(self):
        self.alter("PARTITION BY HASH (id) PARTITIONS 3")

    def test_table_of_the_same_shape(self):
        self.check(_SPARE, _SWAP.format("extras", "spare"))

    def test_table_of_another_shape(self):
        self.check(
            "CREATE OR REPLACE TABLE spare (name VARCHAR(100), value VARCHAR(100),"
            " note VARCHAR(100), id INT AUTO_INCREMENT PRIMARY KEY, KEY (name))"
            " ENGINE=InnoDB CHARACTER SET utf8mb4;"
            "INSERT INTO spare (id, name, value) SELECT id, name, 's' FROM extras",
            _SWAP.format("extras", "spare"),
        )

    def test_table_that_was_made_anew(self):
        self.sql("CREATE OR REPLACE TABLE kept AS SELECT * FROM extras")
        self.change("INSERT INTO extras (name, value) VALUES ('known.<name>', 'k')")
        self.unlogged(
            "CREATE OR REPLACE TABLE extras (name VARCHAR(100), value VARCHAR(100),"
            " id INT AUTO_INCREMENT PRIMARY KEY, KEY (name)) SELECT * FROM kept"
        )
        self.change(_INSERT)

    def test_table_that_is_replaced_soon_after_it_was_made(self):
        """Where both happen in one second, what took its place looks the same."""
        self.sql("CREATE OR REPLACE TABLE kept AS SELECT * FROM extras")
        for number in range(5):
            self.restore()
            self.sql(_SPARE)
            self.change(f"INSERT INTO extras (name, value) VALUES ('r{number}', 'r')")
            self.unlogged(_SWAP.format("extras", "spare"))
            self.assert_follows()

    def test_old_table_of_the_same_shape(self):
        """Both are older than a second, by which a table that was made just now is
        known for one that may be another."""
        self.sql(_SPARE)
        wait_until(
            lambda: self.sql(
                "SELECT MIN(TIMESTAMPDIFF(SECOND, CREATE_TIME, NOW())) > 2 FROM"
                " information_schema.TABLES WHERE TABLE_NAME IN ('extras', 'spare')"
            )
            == [("1",)],
            20,
            "the tables are old",
        )
        for number in range(3):
            # Each proves the table, or makes it the one to compare with.
            self.sql("FLUSH TABLES")
            self.change(
                f"INSERT INTO extras (name, value) VALUES ('o{number}.<name>', 'o')"
            )
        self.unlogged(_SWAP.format("extras", "spare"))
        self.change(_INSERT)
        self.unlogged(_SWAP.format("spare", "extras"))
        self.change("DELETE FROM extras WHERE name = 'extra3.<name>'")

    def test_mapped_tables_that_take_each_others_place(self):
        self.check("DO 0", _SWAP.format("extras", "others"))
        self.unlogged(_SWAP.format("extras", "others"))
        self.change("INSERT INTO others (name, value) VALUES ('new.<name>', 'other')")

    def test_flushed_tables(self):
        for number in range(3):
            self.sql("FLUSH TABLES")
            self.change(
                f"INSERT INTO extras (name, value) VALUES ('f{number}.<name>', 'f')"
            )


class LsnAlteredTest(_Altered, FollowCase):
    # The LSN tells of every change.
    changes = _CHANGES[:1]


class BinlogAlteredTest(_Altered, FollowCase):
    source = "binlog"
    # Where the read of everything that a new table asks for, once it is a few seconds
    # old, is the first to see what was done to it, the log says so.
    is_untold = True
    server_options = BINLOG_OPTIONS


class BinlogViewTest(FollowCase):
    """A view whose redefinition the binlog does not tell."""

    source = "binlog"
    server_options = BINLOG_OPTIONS
    maps = tuple(
        Mirrored(ALIASES, "alias_view", "source", "destination")
        if each.parameter == ALIASES
        else each
        for each in PLAIN
    )
    tables = "CREATE VIEW alias_view AS SELECT * FROM virtual_aliases"

    def test_redefined_view(self):
        self.spoil()
        self.change(
            "SET sql_log_bin = 0; CREATE OR REPLACE VIEW alias_view AS SELECT id,"
            " source, CONCAT('to-', destination) AS destination FROM virtual_aliases"
        )
        self.change(
            "UPDATE virtual_aliases SET destination = 'w' WHERE source = 'alias1@<name>'"
        )


if __name__ == "__main__":
    unittest.main()
