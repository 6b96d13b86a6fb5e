"""--check of the three programs: 0 for what is good, 78 and a line "FILE:LINE: why"
for what is not; without a server."""

import pathlib
import re
import tempfile
import unittest

from support.ports import free_port
from support.programs import run_program
from support.site import ALIASES, MAILBOXES, QUERIES, Site

_CONFIG = 78  # sysexits(3)
_PROGRAMS = ("postmirror-sync", "postmirror-proxy", "postmirrorctl")


class CheckTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="postmirror-e2e-")
        self.addCleanup(folder.cleanup)
        # Nobody listens on the socket: --check asks no server.
        self.site = Site(
            pathlib.Path(folder.name), free_port(), hosts="unix:/nowhere/socket"
        )

    def check(self, program):
        return run_program(program, "--config", self.site.config, "--check")

    def assert_accepted(self, *programs):
        for program in programs:
            with self.subTest(program=program):
                result = self.check(program)
                self.assertEqual(result.returncode, 0, result)
                self.assertEqual(result.stderr, "")

    def assert_refused(self, path, *words, programs=_PROGRAMS, line=True):
        """Each program exits with 78 and a line that names the file, and the line
        where there is one, and holds the words."""
        for program in programs:
            with self.subTest(program=program, words=words):
                result = self.check(program)
                self.assertEqual(result.returncode, _CONFIG, result)
                where = re.compile(re.escape(str(path)) + (r":\d+: " if line else ""))
                told = [
                    text
                    for text in result.stderr.splitlines()
                    if where.search(text) and all(word in text for word in words)
                ]
                self.assertTrue(told, result.stderr)

    def assert_setting_refused(self, name, value, *words):
        self.site.write_config({name: value})
        self.assert_refused(self.site.config, *words)

    def test_good_configuration(self):
        self.assert_accepted(*_PROGRAMS)

    def test_help_and_version(self):
        for program in _PROGRAMS:
            for option in ("--help", "--version"):
                with self.subTest(program=program, option=option):
                    result = run_program(program, option)
                    self.assertEqual(result.returncode, 0, result)
                    self.assertIn("postmirror", result.stdout)

    def test_unknown_option(self):
        for program in _PROGRAMS:
            with self.subTest(program=program):
                self.assertEqual(run_program(program, "--chekc").returncode, 64)

    def test_unknown_name(self):
        self.assert_setting_refused("max_shrnk", "50%", "max_shrnk")

    def test_value_out_of_range(self):
        self.assert_setting_refused("max_shrink", "200%", "max_shrink")

    def test_bad_time(self):
        self.assert_setting_refused("read_timeout", "soon", "read_timeout")

    def test_name_given_twice(self):
        with open(self.site.config, "a", encoding="ascii") as config:
            config.write("recipient_delimiter = -\n")
        self.assert_refused(self.site.config, "recipient_delimiter")

    def test_recipient_delimiter_not_stated(self):
        self.site.write_config({"recipient_delimiter": None})
        self.assert_refused(
            self.site.config, "postconf recipient_delimiter", line=False
        )

    def test_empty_recipient_delimiter(self):
        self.site.write_config({"recipient_delimiter": ""})
        self.assert_accepted(*_PROGRAMS)

    def test_listen_for_a_parameter_that_is_not_defined(self):
        self.assert_setting_refused(
            "listen", "tcp:127.0.0.1:10040:canonical_maps", "canonical_maps"
        )

    def test_listen_that_is_no_endpoint(self):
        self.assert_setting_refused("listen", "udp:127.0.0.1:10040", "udp")

    def test_line_of_the_wrong_element_of_a_list(self):
        port = free_port()
        self.site.write_config(
            {"listen": f"\n  socketmap:inet:127.0.0.1:{port}\n  udp:127.0.0.1:1"}
        )
        lines = self.site.config.read_text().splitlines()
        wrong = 1 + lines.index("  udp:127.0.0.1:1")
        for program in _PROGRAMS:
            self.assertIn(f"{self.site.config}:{wrong}: ", self.check(program).stderr)

    def test_other_table_type(self):
        self.assert_setting_refused(ALIASES, "hash:/etc/aliases", "hash:")

    def test_undefined_name_in_a_value(self):
        self.assert_setting_refused(ALIASES, "mysql:$nowhere/a.cf", "nowhere")

    def test_change_source_that_is_none(self):
        self.assert_setting_refused("change_source", "trigger", "trigger")

    def test_configuration_that_is_not_there(self):
        self.site.config.unlink()
        self.assert_refused(self.site.config, line=False)

    def test_all_faults_are_told_at_once(self):
        self.site.write_config({"max_shrnk": "50%", "read_timeout": "soon"})
        self.assert_refused(self.site.config, "max_shrnk")
        self.assert_refused(self.site.config, "read_timeout")

    def test_map_file_that_is_not_there(self):
        self.site.map_files[ALIASES].unlink()
        self.assert_refused(
            self.site.map_files[ALIASES],
            programs=["postmirror-sync", "postmirrorctl"],
            line=False,
        )
        # And where postmirror.cf names it.
        self.assert_refused(
            self.site.config,
            str(self.site.map_files[ALIASES]),
            programs=["postmirror-sync", "postmirrorctl"],
        )
        # It runs as a user who cannot read them.
        self.assert_accepted("postmirror-proxy")

    def test_query_that_cannot_be_derived(self):
        path = self.site.map_files[MAILBOXES]
        text = path.read_text()
        query = "SELECT 1 FROM virtual_mailboxes WHERE email LIKE '%s'"
        path.write_text(text.replace(QUERIES[MAILBOXES], query))
        self.assert_refused(path, "mirror_query", programs=["postmirror-sync"])
        path.write_text(
            path.read_text() + "mirror_query = SELECT email, 1 FROM virtual_mailboxes\n"
        )
        self.assert_accepted("postmirror-sync")

    def test_unknown_name_in_a_map_file(self):
        path = self.site.map_files[ALIASES]
        path.write_text(path.read_text() + "expansion_limits = 10\n")
        result = self.check("postmirror-sync")
        self.assertIn("expansion_limits", result.stderr)

    def test_password_is_never_shown(self):
        path = self.site.map_files[ALIASES]
        path.write_text(path.read_text() + "expansion_limit = many\n")
        self.assert_refused(path, "expansion_limit", programs=["postmirror-sync"])
        password = re.search("^password = (.*)$", path.read_text(), re.MULTILINE)[1]
        self.assertNotIn(password, self.check("postmirror-sync").stderr)

    def test_daemons_do_not_start_with_a_bad_configuration(self):
        self.site.write_config({"max_shrnk": "50%"})
        for program in ("postmirror-sync", "postmirror-proxy"):
            with self.subTest(program=program):
                result = run_program(program, "--config", self.site.config)
                self.assertEqual(result.returncode, _CONFIG, result)


if __name__ == "__main__":
    unittest.main()
