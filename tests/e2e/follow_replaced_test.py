"""What maps read is replaced, under sql_log_bin = 0, by something else of that name: the
binlog has no word of that, and what it has from then on may be of a table that sync
does not know."""

import unittest

from support.follow_case import EXTRAS_SHAPE, GUIDE, PLAIN, FollowCase, Mirrored
from support.mariadb import BINLOG_OPTIONS
from support.waiting import wait_until

_VIEW = "CREATE VIEW {0} AS SELECT id, name, {2} AS value FROM {1}"
_SWAP = "RENAME TABLE {0} TO aside, {1} TO {0}, aside TO {1}"
_INSERT = "INSERT INTO {0} (name, value) VALUES ('new.<name>', 'new')"


class _Replaced:
    """Of FollowCase: every test leaves its own tables."""

    source = "binlog"
    server_options = BINLOG_OPTIONS

    def setUp(self):
        super().setUp()
        self.spoil()

    def unlogged(self, text):
        """It changes no answer."""
        self.sql(f"SET sql_log_bin = 0; {text}")

    def unlogged_change(self, text):
        self.change(f"SET sql_log_bin = 0; {text}")

    def wait_until_old(self, *tables):
        """Tables that were made within a second may have the same CREATE_TIME."""
        names = ", ".join(f"'{each}'" for each in tables)
        wait_until(
            lambda: self.sql(
                "SELECT MIN(TIMESTAMPDIFF(SECOND, CREATE_TIME, NOW())) > 2"
                f" FROM information_schema.TABLES WHERE TABLE_NAME IN ({names})"
            )
            == [("1",)],
            20,
            "the tables are old",
        )


class TableTest(_Replaced, FollowCase):
    def test_view_of_what_was_the_table(self):
        self.unlogged(
            "RENAME TABLE extras TO base;" + _VIEW.format("extras", "base", "value")
        )
        self.change(_INSERT.format("base"))
        self.change("DELETE FROM base WHERE name = 'extra3.<name>'")
        self.change("UPDATE base SET value = 'w' WHERE name = 'extra2.<name>'")

    def test_view_that_becomes_the_table_again(self):
        self.unlogged(
            "RENAME TABLE extras TO base;" + _VIEW.format("extras", "base", "value")
        )
        self.change(_INSERT.format("base"))
        self.unlogged("DROP VIEW extras; RENAME TABLE base TO extras")
        self.change("DELETE FROM extras WHERE name = 'extra3.<name>'")

    def test_table_that_was_made_anew(self):
        self.wait_until_old("extras")
        self.unlogged_change(
            f"CREATE OR REPLACE TABLE extras {EXTRAS_SHAPE};"
            "INSERT INTO extras (name, value) VALUES ('anew.<name>', 'a')"
        )

    def test_tables_that_trade_places(self):
        self.wait_until_old("extras")
        self.sql(
            f"CREATE TABLE spare {EXTRAS_SHAPE};"
            "INSERT INTO spare (name, value) VALUES ('spare.<name>', 's')"
        )
        self.wait_until_old("extras", "spare")
        # What it was when all was read, after spare was made.
        self.change(_INSERT.format("extras"))
        self.unlogged_change(_SWAP.format("extras", "spare"))
        self.wait_until_old("extras", "spare")
        self.unlogged_change(_SWAP.format("extras", "spare"))


class TwinsTest(_Replaced, FollowCase):
    """Tables that nothing tells apart: of the same shape, and renamed within a second."""

    # They are read once more, and what that finds nobody has told.
    is_untold = True

    def test_tables_that_trade_places_again(self):
        self.sql(
            f"CREATE TABLE spare {EXTRAS_SHAPE};"
            "INSERT INTO spare (name, value) VALUES ('spare.<name>', 's')"
        )
        for _ in range(4):
            self.unlogged_change(_SWAP.format("extras", "spare"))


class ViewTest(_Replaced, FollowCase):
    maps = (*GUIDE, Mirrored(PLAIN[-1].parameter, "shown", "name", "value"))
    tables = (
        _VIEW.format("shown", "extras", "value")
        + f"; CREATE TABLE others {EXTRAS_SHAPE};"
        "INSERT INTO others (name, value) VALUES ('others.test', 'o')"
    )

    def test_another_definition(self):
        self.unlogged_change(
            _VIEW.format("OR REPLACE VIEW shown", "extras", "CONCAT('to-', value)")
            .replace("CREATE VIEW", "CREATE")
        )
        self.change("UPDATE extras SET value = 'w' WHERE name = 'extra2.<name>'")

    def test_another_table_behind_it(self):
        self.unlogged_change(
            "DROP VIEW shown;" + _VIEW.format("shown", "others", "value")
        )
        self.change(_INSERT.format("others"))

    def test_table_behind_it_that_trades_places(self):
        self.wait_until_old("extras", "others")
        self.sql("ALTER TABLE others FORCE")
        self.wait_until_old("others")
        self.unlogged_change(_SWAP.format("extras", "others"))
        self.change(_INSERT.format("extras"))

    def test_table_in_its_place(self):
        self.unlogged(
            f"DROP VIEW shown; CREATE TABLE shown {EXTRAS_SHAPE};"
            "INSERT INTO shown (id, name, value) SELECT id, name, value FROM extras"
        )
        self.change(_INSERT.format("shown"))


if __name__ == "__main__":
    unittest.main()
