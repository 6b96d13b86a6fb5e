"""Writers of random statements on the guide's tables, side by side.

They leave domain 1 and what belongs to it alone. Each value that they write is
written once only, so that an old one in the store shows.
"""

import itertools
import threading

from support.ports import accepts_unix_connections
from support.sql_session import ConnectionLost, SqlError, SqlSession
from support.waiting import wait_until

_DOMAINS = range(2, 22)
# What writers do to each other: duplicate keys, a foreign key's parent that is gone,
# deadlocks, lock waits, a row that changed since it was read, no automatic id for lack
# of a lock.
_EXPECTED_ERRORS = {1062, 1452, 1205, 1213, 1020, 1467}
# Of a server that shuts down.
_SHUTDOWN_ERRORS = {1053, 1317, 1927}


class RandomStatements:
    """An endless stream of statements; the same one for the same random source."""

    def __init__(self, source, name):
        self._source = source
        self._name = name
        self._numbers = itertools.count(1)

    def __iter__(self):
        return self

    def __next__(self):
        """Returns the next one: in ten one cascade and one that is rolled back."""
        chance = self._source.random()
        if chance < 0.16:
            return self._cascade()
        if chance < 0.26:
            return f"BEGIN; {self._several()}; ROLLBACK"
        if chance < 0.36:
            return f"BEGIN; {self._several()}; COMMIT"
        if chance < 0.41:
            return (
                f"BEGIN; {self._several()}; SAVEPOINT s; {self._several()};"
                f" ROLLBACK TO SAVEPOINT s; {self._plain()}; COMMIT"
            )
        return self._plain()

    def _several(self):
        count = self._source.randint(1, 6)
        return "; ".join(
            self._cascade() if self._source.random() < 0.1 else self._plain()
            for _ in range(count)
        )

    def _domain(self):
        return self._source.choice(_DOMAINS)

    def _value(self):
        return f"v{next(self._numbers)}.{self._name}"

    def _alias(self, domain):
        return f"a{self._source.randint(1, 12)}@d{domain}.test"

    def _box(self, domain):
        return f"b{self._source.randint(1, 12)}@d{domain}.test"

    def _cascade(self):
        domain = self._domain()
        return self._source.choice(
            (
                f"DELETE FROM virtual_domains WHERE id = {domain}",
                "REPLACE INTO virtual_domains (id, name)"
                f" VALUES ({domain}, 'd{domain}.test')",
                "DELETE d, m FROM virtual_domains d LEFT JOIN virtual_mailboxes m"
                f" ON m.domain_id = d.id WHERE d.id = {domain}",
            )
        )

    def _plain(self):
        return self._source.choice(_PLAIN)(self)

    def insert_domain(self):
        domain = self._domain()
        return (
            f"INSERT IGNORE INTO virtual_domains (id, name)"
            f" VALUES ({domain}, 'd{domain}.test'); INSERT IGNORE INTO"
            " virtual_mailboxes (domain_id, email, password)"
            f" SELECT {domain}, CONCAT('b', seq, '@d{domain}.test'), ''"
            " FROM seq_1_to_6; INSERT IGNORE INTO virtual_aliases"
            f" (domain_id, source, destination) SELECT {domain}, CONCAT('a', seq,"
            f" '@d{domain}.test'), '{self._value()}' FROM seq_1_to_6"
        )

    def rename_domain(self):
        domain = self._domain()
        return (
            f"UPDATE virtual_domains SET name = 'd{self._domain()}.test'"
            f" WHERE id = {domain}"
        )

    def insert_aliases(self):
        domain = self._domain()
        rows = ", ".join(
            f"({domain}, '{self._alias(domain)}', '{self._value()}')"
            for _ in range(self._source.randint(1, 4))
        )
        return (
            "INSERT INTO virtual_aliases (domain_id, source, destination)"
            f" VALUES {rows}"
        )

    def change_value(self):
        alias = self._alias(self._domain())
        return (
            f"UPDATE virtual_aliases SET destination = '{self._value()}'"
            f" WHERE source = '{alias}' ORDER BY id LIMIT 2"
        )

    def change_key(self):
        domain = self._domain()
        return (
            f"UPDATE virtual_aliases SET source = '{self._alias(domain)}'"
            f" WHERE source = '{self._alias(domain)}' ORDER BY id LIMIT 1"
        )

    def delete_alias(self):
        alias = self._alias(self._domain())
        return f"DELETE FROM virtual_aliases WHERE source = '{alias}'"

    def insert_mailbox(self):
        domain = self._domain()
        return (
            "INSERT INTO virtual_mailboxes (domain_id, email, password)"
            f" VALUES ({domain}, '{self._box(domain)}', '{self._value()}')"
            f" ON DUPLICATE KEY UPDATE email = '{self._box(domain)}'"
        )

    def replace_mailbox(self):
        domain = self._domain()
        return (
            "REPLACE INTO virtual_mailboxes (domain_id, email, password)"
            f" VALUES ({domain}, '{self._box(domain)}', '')"
        )

    def change_mailbox(self):
        domain = self._domain()
        return (
            f"UPDATE virtual_mailboxes SET email = '{self._box(domain)}'"
            f" WHERE email = '{self._box(domain)}'"
        )

    def change_password(self):
        box = self._box(self._domain())
        return (
            f"UPDATE virtual_mailboxes SET password = '{self._value()}', quota = 1"
            f" WHERE email = '{box}'"
        )

    def delete_mailbox(self):
        box = self._box(self._domain())
        return f"DELETE FROM virtual_mailboxes WHERE email = '{box}'"


_PLAIN = (
    RandomStatements.insert_domain,
    RandomStatements.insert_domain,
    RandomStatements.rename_domain,
    RandomStatements.insert_aliases,
    RandomStatements.insert_aliases,
    RandomStatements.change_value,
    RandomStatements.change_value,
    RandomStatements.change_key,
    RandomStatements.delete_alias,
    RandomStatements.insert_mailbox,
    RandomStatements.replace_mailbox,
    RandomStatements.change_mailbox,
    RandomStatements.change_password,
    RandomStatements.delete_mailbox,
)


class RandomWriter:
    """A connection and the thread that writes over it.

    `outages` says whether the server may be gone: then the writer connects anew and
    goes on.
    """

    def __init__(self, mariadb, statements, outages=False):
        self._mariadb = mariadb
        self._statements = statements
        self._outages = outages
        self._session = None
        self._thread = None
        self._failure = None
        self.run_count = 0

    def start(self, count):
        """Runs so many statements in the background."""
        self._thread = threading.Thread(target=self._run, args=(count,), daemon=True)
        self._thread.start()

    def wait(self, seconds=120):
        """Waits until they have run; fails if one failed that should not."""
        wait_until(lambda: not self._thread.is_alive(), seconds, "the writer ends")
        if self._failure is not None:
            raise AssertionError(f"a writer failed: {self._failure}")

    @property
    def is_running(self):
        return self._thread.is_alive()

    def close(self):
        if self._session is not None:
            self._session.close()
            self._session = None

    def _run(self, count):
        try:
            for _ in range(count):
                self._run_one(next(self._statements))
                self.run_count += 1
        except Exception as failure:  # for wait() to tell
            self._failure = failure

    def _run_one(self, sql):
        try:
            if self._session is None:
                self._session = SqlSession(self._mariadb)
            self._session.run(sql)
        except SqlError as error:
            # One within a transaction may have ended it, so that it stands for all.
            shuts_down = self._outages and error.code in _SHUTDOWN_ERRORS
            if error.code not in _EXPECTED_ERRORS and not shuts_down:
                raise
        except ConnectionLost:
            self.close()
            if not self._outages:
                raise
            socket = str(self._mariadb.socket)
            wait_until(
                lambda: accepts_unix_connections(socket), 60, "MariaDB runs again"
            )
