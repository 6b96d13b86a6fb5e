"""The same answers as mysql:, whatever is in the tables: random rows and keys for
each collation, asked through Postfix's own client from mysql: and from postmirror.

POSTMIRROR_SEED sets another seed than the fixed one; each is printed.
"""

import concurrent.futures
import dataclasses
import os
import random
import unittest

from support.mariadb import DATABASE
from support.mariadb_case import MariaDbCase
from support.postmap import NOT_FOUND, TEMPORARY, found, postmap_answers
from support.random_text import other_spelling, random_key
from support.site import ALIASES, DOMAINS, MAILBOXES, PROTOCOLS, MapFile, Site
from support.waiting import wait_until

ROWS = 2000
KEYS = 5000
_DEFAULT_SEED = 20261125


@dataclasses.dataclass(frozen=True)
class Collation:
    """A type of a key column, and which characters a key can have without making
    mysql: fail."""

    column: str
    allows: object = None  # of one character; None: every one
    is_case_blind: bool = True
    pads: bool = True


def _in_basic_plane(character):
    return character <= "\uffff"


def _in_latin1(character):
    # MariaDB's latin1 is cp1252, with the five holes as controls.
    try:
        return bool(character.encode("cp1252"))
    except UnicodeEncodeError:
        return character in "\x81\x8d\x8f\x90\x9d"


def _text(collation, **rest):
    charset = collation.partition("_")[0]
    return Collation(
        f"VARCHAR(100) CHARACTER SET {charset} COLLATE {collation}",
        is_case_blind=not collation.endswith("_bin"),
        pads="_nopad_" not in collation,
        **rest,
    )


_COLLATIONS = {
    **{
        name: _text(name)
        for name in (
            "utf8mb4_bin",
            "utf8mb4_nopad_bin",
            "utf8mb4_general_ci",
            "utf8mb4_general_nopad_ci",
            "utf8mb4_unicode_ci",
            "utf8mb4_unicode_nopad_ci",
            "utf8mb4_unicode_520_ci",
            "utf8mb4_uca1400_ai_ci",
            "utf8mb4_uca1400_nopad_ai_ci",
        )
    },
    **{
        name: _text(name, allows=_in_basic_plane)
        for name in (
            "utf8mb3_bin",
            "utf8mb3_general_ci",
            "utf8mb3_unicode_ci",
            "utf8mb3_uca1400_ai_ci",
        )
    },
    **{
        name: _text(name, allows=_in_latin1)
        for name in (
            "latin1_bin",
            "latin1_general_ci",
            "latin1_swedish_ci",
            "latin1_swedish_nopad_ci",
        )
    },
    "binary": Collation("VARBINARY(400)", is_case_blind=False, pads=False),
}


def _quoted(text):
    """Returns the text as an SQL literal that no client's charset can change."""
    return f"CONVERT(x'{text.encode().hex()}' USING utf8mb4)" if text else "''"


class DifferentialTest(MariaDbCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.mariadb.load_schema()
        cls.mariadb.run(f"GRANT SELECT ON {DATABASE}.* TO postmirror@'127.0.0.1'")
        cls.seed = int(os.environ.get("POSTMIRROR_SEED", _DEFAULT_SEED))
        print(f"seed {cls.seed}", flush=True)

    def start(self, name):
        """Starts a postmirror whose virtual_mailbox_domains is the table of that
        name, for exact keys."""
        query = MapFile("differential", f"SELECT v FROM `{name}` WHERE k='%s'")
        # The guide's other maps are not asked.
        others = {MAILBOXES: None, ALIASES: None}
        site = Site(
            self.folder / name, self.mariadb.port, others, maps={DOMAINS: [query]}
        )
        self.addCleanup(site.close)
        site.sync.start()
        site.start_proxy()
        return site

    def make_table(self, name, collation, keys):
        self.mariadb.run(
            f"CREATE TABLE `{name}` (id INT PRIMARY KEY, k {collation.column},"
            f" v VARCHAR(50), KEY (k)) ENGINE=InnoDB"
        )
        rows = []
        for number, key in enumerate(keys, start=1):
            value = {0: "NULL", 1: "''"}.get(number % 40, f"'v{number}'")
            rows.append(f"({number * 10}, {_quoted(key)}, {value})")
        self.mariadb.run(f"INSERT INTO `{name}` VALUES {', '.join(rows)}")

    def wait_for(self, site, key):
        """Waits until postmirror knows the row with that key."""
        wait_until(
            lambda: site.ask_proxy("tcp", DOMAINS, key).kind == "found",
            30,
            lambda: f"{key} arrives:\n{site.logs()}",
        )

    def compare(self, site, keys):
        """Asks for all keys in each way; returns what mysql: found."""
        tables = [f"mysql:{site.map_files[DOMAINS]}"]
        tables += [site.table(protocol, DOMAINS) for protocol in PROTOCOLS]

        def answers_of(table):
            return postmap_answers(site.postfix_config, table, keys)

        # Each is a process of its own, most of the time at the network.
        with concurrent.futures.ThreadPoolExecutor() as pool:
            expected, *each_answers = pool.map(answers_of, tables)
        for protocol, answers in zip(PROTOCOLS, each_answers):
            differences = [
                (key, expected.get(key), answers.get(key))
                for key in keys
                if expected.get(key) != answers.get(key)
            ]
            message = f"{len(differences)} differences over {protocol}"
            self.assertEqual(differences[:20], [], message)
        return expected

    def check(self, name):
        collation = _COLLATIONS[name]
        source = random.Random(f"{self.seed} {name}")

        def usable(key):
            return collation.allows is None or all(map(collation.allows, key))

        stored = []
        while len(stored) < ROWS:
            if usable(key := random_key(source)):
                stored.append(key)
        # Postfix folds what it asks, so that other rows are out of its reach.
        near = [
            key for key in stored if collation.is_case_blind or key.casefold() == key
        ]
        asked = set()
        while len(asked) < KEYS:
            key = random_key(source)
            if source.random() < 0.95:
                key = other_spelling(source, source.choice(near), collation.pads)
            # mysql: asks for the folded key.
            if usable(key) and usable(key.casefold()):
                asked.add(key)
        asked = sorted(asked)
        self.make_table(name, collation, stored)
        self.mariadb.run(f"INSERT INTO `{name}` VALUES (5, 'marker-0', 'x')")
        site = self.start(name)
        self.wait_for(site, "marker-0")
        answers = self.compare(site, asked)
        bytewise = set(stored)
        by_collation = [key for key in answers if key.casefold() not in bytewise]
        print(
            f"{name}: {len(stored)} rows, {len(asked)} keys, {len(answers)} found,"
            f" {len(by_collation)} of them through the collation",
            flush=True,
        )
        self.assertGreaterEqual(len(answers), len(asked) / 2)
        if collation.is_case_blind or collation.pads:
            self.assertGreaterEqual(len(by_collation), len(asked) / 4)
        self.mutate_and_compare(name, site, source, stored, source.sample(asked, 1500))

    def mutate_and_compare(self, name, site, source, stored, asked):
        def row():
            return source.randint(1, len(stored)) * 10

        steps = (
            f"UPDATE `{name}` SET k=UPPER(k) WHERE id % 70 = 0",
            f"UPDATE `{name}` SET k=LOWER(k) WHERE id % 110 = 0",
            "".join(
                f"UPDATE `{name}` SET k=(SELECT k FROM (SELECT * FROM `{name}`) AS o"
                f" WHERE id={row()}) WHERE id={row()};"
                for _ in range(20)
            ),
            f"DELETE FROM `{name}` WHERE id IN ({row()}, {row()}, {row()})",
            "".join(
                f"REPLACE INTO `{name}` SELECT id - 1, k, CONCAT('again', id)"
                f" FROM `{name}` WHERE id={row()};"
                for _ in range(10)
            ),
            # As deleted and inserted again, before the other rows of its key.
            f"UPDATE `{name}` SET id=-id WHERE id % 170 = 0",
            f"UPDATE `{name}` SET v=NULL WHERE id % 90 = 0",
            f"UPDATE `{name}` SET v='' WHERE id % 130 = 0",
            f"UPDATE `{name}` SET v=CONCAT('w', id) WHERE id % 40 IN (0, 10)",
        )
        for number, step in enumerate(steps, start=1):
            with self.subTest(step=step[:80]):
                marker = f"marker-{number}"
                self.mariadb.run(
                    f"BEGIN; {step}; INSERT INTO `{name}` VALUES ({1000000 + number},"
                    f" '{marker}', 'x'); COMMIT"
                )
                self.wait_for(site, marker)
                self.compare(site, asked)

    def test_a_character_that_the_column_cannot_hold_is_not_found(self):
        """The deliberate difference: mysql: fails, for this and all other keys."""
        cases = {
            "narrow_utf8mb3": ("utf8mb3_general_ci", "a\U0001f600"),
            "narrow_latin1": ("latin1_swedish_ci", "a\u4e00"),
        }
        for name, (collation, key) in cases.items():
            with self.subTest(collation=collation):
                self.make_table(name, _COLLATIONS[collation], ["x"] * 41 + ["a?", "a"])
                site = self.start(name)
                self.wait_for(site, "a")
                mysql = f"mysql:{site.map_files[DOMAINS]}"
                self.assertEqual(site.ask(mysql, key), TEMPORARY)
                for protocol in PROTOCOLS:
                    self.assertEqual(site.lookup(protocol, DOMAINS, key), NOT_FOUND)
                    self.assertEqual(site.lookup(protocol, DOMAINS, "a"), found("v43"))


def _add_tests():
    for name in _COLLATIONS:
        setattr(
            DifferentialTest, f"test_{name}", lambda self, name=name: self.check(name)
        )


_add_tests()

if __name__ == "__main__":
    unittest.main()
