#!/usr/bin/env python3
"""The floors hold, and the rules are seen to fail where they are broken.

    floors_test.py --source DIR --build DIR [unittest's arguments]
"""

import argparse
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

import floors

SOURCE = BUILD = None


class FloorsTest(unittest.TestCase):
    """This house."""

    def test_floors_include_downwards_only(self):
        self.assertEqual(floors.floor_violations(SOURCE), [])

    def test_foreign_headers_stay_in_their_room(self):
        self.assertEqual(floors.foreign_header_violations(SOURCE), [])

    def test_rooms_form_no_cycle(self):
        self.assertEqual(floors.room_cycle_violations(SOURCE), [])

    def test_a_program_has_no_two_types_of_one_name(self):
        self.assertEqual(floors.type_name_violations(SOURCE), [])

    def test_every_floor_has_sources(self):
        for floor in floors.FLOORS:
            self.assertTrue(floors.sources(SOURCE, floor), floor)

    def test_proxy_links_no_database(self):
        self.assertEqual(floors.link_violations(BUILD), [])

    def test_sync_links_the_database(self):
        # Else the rule above would look for a library by the wrong name.
        sync = floors.program(BUILD, "postmirror-sync")
        self.assertIn("libmariadb.so.3", floors.needed_libraries(sync))


class BrokenHouse(unittest.TestCase):
    """A house in a fresh folder, to be broken in one place."""

    def setUp(self):
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="floors-"))
        self.addCleanup(shutil.rmtree, self.root)
        self.write("schema/store/outcome.h", "")
        self.write("schema/search/search.cc", '#include "schema/store/outcome.h"\n')
        self.write("schema/store/store.cc", '#include <lmdb.h>\n#include <string>\n')
        self.write("proxy/worker.h", '#include "absl/time/time.h"\n')
        self.write("sync/mariadb/reader.cc", "#include <mysql.h>\n#include <unistd.h>\n")

    def write(self, path, text):
        path = self.root / path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def assert_one(self, violations, *parts):
        self.assertEqual(len(violations), 1, violations)
        for part in parts:
            self.assertIn(part, violations[0])


class BrokenIncludeTest(BrokenHouse):

    def test_an_unbroken_house_passes(self):
        self.assertEqual(floors.floor_violations(self.root), [])
        self.assertEqual(floors.foreign_header_violations(self.root), [])
        self.assertEqual(floors.room_cycle_violations(self.root), [])
        self.assertEqual(floors.type_name_violations(self.root), [])

    def test_schema_including_proxy_is_seen(self):
        self.write("schema/key/key.h", '#include "proxy/worker.h"\n')
        self.assert_one(floors.floor_violations(self.root), "schema/key/key.h", "proxy/worker.h")

    def test_proxy_including_sync_is_seen(self):
        self.write("proxy/worker.cc", '  #  include "sync/mariadb/reader.h"\n')
        self.assert_one(floors.floor_violations(self.root), "proxy/worker.cc")

    def test_sync_including_proxy_is_seen(self):
        self.write("sync/loop.cc", "#include <proxy/worker.h>\n")
        self.assert_one(floors.floor_violations(self.root), "sync/loop.cc")

    def test_a_test_of_proxy_including_sync_is_seen(self):
        self.write("tests/proxy/worker_test.cc", '#include "sync/loop.h"\n')
        self.assert_one(floors.floor_violations(self.root), "tests/proxy/worker_test.cc")

    def test_mysql_outside_its_room_is_seen(self):
        self.write("sync/loop.cc", "#include <mysql.h>\n")
        self.assert_one(floors.foreign_header_violations(self.root), "sync/loop.cc", "mysql.h")

    def test_lmdb_in_a_header_is_seen(self):
        self.write("schema/store/environment.h", "#include <lmdb.h>\n")
        self.assert_one(floors.foreign_header_violations(self.root), "environment.h", "lmdb.h")

    def test_icu_outside_its_room_is_seen(self):
        self.write("proxy/fold.cc", "#include <unicode/ucasemap.h>\n")
        self.assert_one(floors.foreign_header_violations(self.root), "proxy/fold.cc")

    def test_an_unknown_library_is_seen(self):
        self.write("proxy/event.cc", "#include <uv.h>\n")
        self.assert_one(floors.foreign_header_violations(self.root), "proxy/event.cc", "uv.h")

    def test_a_cycle_of_rooms_is_seen(self):
        self.write("schema/store/reader.h", '#include "schema/search/search.h"\n')
        self.assert_one(floors.room_cycle_violations(self.root),
                        "schema/search -> schema/store -> schema/search")


    def test_two_types_of_one_name_are_seen(self):
        self.write("sync/map.h", "class Map;\n\nstruct Map {\n};\n")
        self.write("sync/ctl/map.h", "class Map final : public Table {\n};\n")
        self.assert_one(floors.type_name_violations(self.root), "sync/map.h", "Map",
                        "sync/ctl/map.h")

    def test_the_proxy_and_sync_may_have_types_of_one_name(self):
        self.write("sync/map.h", "struct Map {\n};\n")
        self.write("proxy/map.h", "struct Map {\n};\n")
        self.assertEqual(floors.type_name_violations(self.root), [])


class BrokenLinkTest(BrokenHouse):
    """Real archives and a real program, made by the compiler."""

    def setUp(self):
        super().setUp()
        self.build = self.root / "build"
        self.build.mkdir()
        self.archive("schema", "int Outcome() { return 1; }")
        self.archive("sync", "int Outcome(); int Snapshot() { return Outcome(); }")
        self.archive("proxy", "int Outcome(); int Answer() { return Outcome(); }")
        self.program("int Answer(); int main() { return Answer(); }", [])

    def compile(self, text, output, *options):
        source = self.build / "source.cc"
        source.write_text(text)
        subprocess.run(["g++", *options, "-o", str(output), str(source),
                        *(str(a) for a in getattr(self, "link_line", []))], check=True)

    def archive(self, floor, text):
        member = self.build / f"{floor}.o"
        self.compile(text, member, "-c")
        archive = floors.archive(self.build, floor)
        archive.parent.mkdir(exist_ok=True)
        archive.unlink(missing_ok=True)
        subprocess.run(["ar", "qc", str(archive), str(member)], check=True)

    def program(self, text, libraries):
        self.link_line = [floors.archive(self.build, floor)
                          for floor in ("proxy", "sync", "schema")] + libraries
        proxy = floors.program(self.build, "postmirror-proxy")
        proxy.parent.mkdir(exist_ok=True)
        self.compile(text, proxy)
        self.link_line = []

    def test_an_unbroken_house_passes(self):
        self.assertEqual(floors.link_violations(self.build), [])

    def test_proxy_linking_the_database_is_seen(self):
        self.program("int Answer(); int main() { return Answer(); }",
                     ["-Wl,--no-as-needed", "-lmariadb"])
        self.assert_one(floors.link_violations(self.build), "postmirror-proxy links libmariadb")

    def test_the_proxy_floor_needing_sync_is_seen(self):
        self.archive("proxy", "int Snapshot(); int Answer() { return Snapshot(); }")
        self.assert_one(floors.link_violations(self.build), "libpostmirror_proxy.a needs",
                        "Snapshot")

    def test_schema_calling_the_database_is_seen(self):
        self.archive("schema", 'extern "C" int mysql_ping(void*); '
                               "int Outcome() { return mysql_ping(nullptr); }")
        self.assert_one(floors.link_violations(self.build), "libpostmirror_schema.a needs",
                        "mysql_ping")

    def test_sync_inside_the_proxy_is_seen(self):
        self.program("int Answer(); int Snapshot(); int main() { return Answer() + Snapshot(); }",
                     [])
        self.assert_one(floors.link_violations(self.build), "postmirror-proxy holds", "Snapshot")

    def test_a_missing_program_is_no_pass(self):
        floors.program(self.build, "postmirror-proxy").unlink()
        with self.assertRaises(subprocess.CalledProcessError):
            floors.link_violations(self.build)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--source", required=True)
    parser.add_argument("--build", required=True)
    options, rest = parser.parse_known_args()
    SOURCE, BUILD = pathlib.Path(options.source), pathlib.Path(options.build)
    unittest.main(argv=sys.argv[:1] + rest)
