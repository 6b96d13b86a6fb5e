"""Map files of the field: each is mirrored, by a mirror query that is derived from
its query or by one that its mirror_query line gives, and then answers as mysql:
does with the same file; or its parameter is refused by name."""

import collections
import itertools
import os
import sys
import unittest

from field_corpus import PROJECTS
from field_corpus.field_map import EXACT
from support.mariadb_case import MariaDbCase
from support.ports import accepts_unix_connections
from support.postmap import NOT_FOUND, postmap_query
from support.programs import Daemon, run_program
from support.waiting import wait_until

_CONFIG = 78  # sysexits(3)
_USER, _PASSWORD = "field", "of the field"
_SERVED = (
    "virtual_mailbox_domains",
    "virtual_alias_domains",
    "virtual_mailbox_maps",
    "virtual_alias_maps",
    "relay_recipient_maps",
    "recipient_canonical_maps",
    "smtpd_sender_login_maps",
)

_MAPS = [(project, each) for project in PROJECTS for each in project.maps]
_IN_SCOPE = [(p, m) for p, m in _MAPS if m.parameter in _SERVED]
_OUT_OF_SCOPE = [(p, m) for p, m in _MAPS if m.parameter not in _SERVED]


class FieldTest(MariaDbCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.mariadb.run(
            f"CREATE USER {_USER}@'127.0.0.1' IDENTIFIED BY '{_PASSWORD}';"
            f"GRANT SELECT, SHOW VIEW ON *.* TO {_USER}@'127.0.0.1'",
            database=None,
        )
        for project in PROJECTS:
            cls.mariadb.run(f"CREATE DATABASE {project.name}", database=None)
            cls.mariadb.run(project.schema, project.name)
        (cls.folder / "main.cf").write_text("compatibility_level = 3.6\n")
        # Postfix waits for a file to be two seconds old before it trusts it.
        os.utime(cls.folder / "main.cf", (1, 1))
        cls.serials = itertools.count()

    def write_map(self, project, field_map, mirror_query=""):
        """Writes the map file; a mirror query is a line that Postfix ignores."""
        path = self.folder / f"{project.name}-{field_map.name}.cf"
        text = (
            f"hosts = inet:127.0.0.1:{self.mariadb.port}\n"
            f"user = {_USER}\npassword = {_PASSWORD}\ndbname = {project.name}\n"
            f"query = {field_map.query}\n"
        )
        if mirror_query:
            text += f"mirror_query = {mirror_query}\n"
        path.write_text(text)
        return path

    def write_config(self, **parameters):
        """Writes a postmirror.cf that serves these, on a socket of its own."""
        stem = self.folder / f"postmirror-{next(self.serials)}"
        lines = {
            **{name: f"mysql:{path}" for name, path in parameters.items()},
            "recipient_delimiter": "+",
            "listen": f"socketmap:unix:{stem}.socket",
            "store": self.folder / "store",
        }
        config = stem.with_suffix(".cf")
        config.write_text("".join(f"{k} = {v}\n" for k, v in lines.items()))
        return config

    def start_sync(self, paths):
        """Mirrors all maps, and waits until the store holds them."""
        config = self.write_config(**{EXACT: " mysql:".join(map(str, paths))})
        sync = Daemon(self.folder, "postmirror-sync", "--config", config)
        self.addCleanup(sync.kill)
        sync.start()
        for path in paths:
            sync.wait_for_log(f"map {path}: filled")

    def start_proxy(self, parameter, path):
        """Serves one map, returns the proxy and the table that asks it."""
        config = self.write_config(**{parameter: path})
        socket = str(config.with_suffix(".socket"))
        proxy = Daemon(self.folder, "postmirror-proxy", "--config", config)
        proxy.start()
        self.addCleanup(proxy.kill)
        wait_until(
            lambda: proxy.pid and accepts_unix_connections(socket), 20, proxy.log
        )
        return proxy, f"socketmap:unix:{socket}:{parameter}"

    def assert_refused(self, config, *words):
        result = run_program("postmirror-sync", "--config", config, "--check")
        self.assertEqual(result.returncode, _CONFIG, result)
        for word in words:
            self.assertIn(word, result.stderr)

    def assert_answers_as_mysql(self, project, field_map, path):
        proxy, ours = self.start_proxy(field_map.served_as, path)
        found = 0
        keys = [*project.keys, *field_map.keys]
        for key in (key for key in keys if key not in field_map.without):
            with self.subTest(map=path.name, key=key):
                wanted = postmap_query(self.folder, f"mysql:{path}", key)
                answer = postmap_query(self.folder, ours, key)
                found += wanted != NOT_FOUND
                self.assertEqual(answer.kind, wanted.kind, answer)
                if field_map.ordered:
                    self.assertEqual(answer.value, wanted.value)
                else:
                    self.assertEqual(values_of(answer), values_of(wanted))
        proxy.kill()
        with self.subTest(map=path.name):
            self.assertGreater(found, 0, "no key is found: the rows show nothing")
            self.assertLess(found, len(keys), "every key is found")

    def test_queries_that_cannot_be_derived_are_refused_with_the_reason(self):
        for project, field_map in _IN_SCOPE:
            if not field_map.reason:
                continue
            with self.subTest(project=project.name, map=field_map.name):
                path = self.write_map(project, field_map)
                config = self.write_config(**{EXACT: path})
                self.assert_refused(
                    config, f"{path}:5: ", field_map.reason, '"mirror_query = '
                )

    def test_maps_answer_as_mysql(self):
        paths = [
            self.write_map(project, field_map, field_map.mirror_query)
            for project, field_map in _IN_SCOPE
        ]
        self.start_sync(paths)
        for (project, field_map), path in zip(_IN_SCOPE, paths):
            self.assert_answers_as_mysql(project, field_map, path)

    def test_parameters_that_are_not_served_are_refused_by_name(self):
        for project, field_map in _OUT_OF_SCOPE:
            with self.subTest(project=project.name, map=field_map.name):
                path = self.write_map(project, field_map)
                config = self.write_config(
                    **{EXACT: self.folder / "any.cf", field_map.parameter: path}
                )
                self.assert_refused(
                    config,
                    f'"{field_map.parameter}" is a parameter that postmirror does'
                    " not serve",
                )

    @classmethod
    def tearDownClass(cls):
        for project in PROJECTS:
            print(f"{project.name}: {counts_of(project.maps)}", file=sys.stderr)
        everything = [field_map for _, field_map in _MAPS]
        print(f"all: {counts_of(everything)}", file=sys.stderr)


def values_of(outcome):
    """The values of a lookup, whose order is not specified."""
    return sorted(outcome.value.split(","))


def counts_of(maps):
    """How many maps are mirrored in which way, as text."""
    ways = collections.Counter(
        "out of scope"
        if each.parameter not in _SERVED
        else ("by mirror_query" if each.reason else "by derivation")
        for each in maps
    )
    return f"{len(maps)} maps: " + ", ".join(
        f"{ways[way]} {way}"
        for way in ("by derivation", "by mirror_query", "out of scope")
    )


if __name__ == "__main__":
    unittest.main()
