"""The manual pages say what the programs do, all of it and nothing else."""

import pathlib
import re
import socket
import subprocess
import tempfile
import unittest

from support.man_page import ManPage, pages
from support.ports import free_port
from support.programs import run_program

_ROOT = pathlib.Path(__file__).parents[2]
_SHIPPED = _ROOT / "deploy" / "postmirror.cf"
# Where tests/run has unpacked it; whoever has it installed needs nothing else.
_UNPACKED_MANDOC = _ROOT / "build/tools/mandoc/usr/bin/mandoc"
_MANDOC = _UNPACKED_MANDOC if _UNPACKED_MANDOC.exists() else "mandoc"
# Each program's page, and the source of its help.
_PROGRAMS = {
    "postmirror-sync": ("postmirror-sync.8", "sync/main.cc"),
    "postmirror-proxy": ("postmirror-proxy.8", "proxy/main.cc"),
    "postmirrorctl": ("postmirrorctl.1", "sync/ctl/main.cc"),
}
_SERVED = "SERVED PARAMETERS"
_SETTINGS = ("ADDRESSES", "LISTENERS", "MIRRORING", "METRICS")
_MAP_FILES = "MAP FILES"
# Of the page, not a fault of it: which manuals are installed here.
_NOT_INSTALLED = "referenced manual not found"


def source(path):
    """Returns the text of a source, string literals that stand together joined."""
    return re.sub(r'"\s*\n\s*"', "", (_ROOT / path).read_text())


def sources(*folders):
    paths = [
        path.relative_to(_ROOT)
        for folder in folders
        for path in sorted((_ROOT / folder).rglob("*.cc"))
    ]
    return "\n".join(source(path) for path in paths)


def braced(text, start):
    """Returns what stands in the first pair of braces behind `start`."""
    return re.search(re.escape(start) + r"[^{]*\{(.*?)\};", text, re.DOTALL)[1]


def source_settings():
    """Returns the names that the programs take in postmirror.cf, served ones first."""
    parameters = braced(source("schema/config/parameter.cc"), "kParameters[]")
    settings = braced(source("schema/config/setting.cc"), "kSettings[]")
    lists = re.findall(r'if \(name == "(\w+)"\)', source("schema/config/config.cc"))
    first = re.compile(r'\{"(\w+)",')
    return set(first.findall(parameters)), {*first.findall(settings), *lists}


def shipped_settings():
    """Returns the value of each entry of deploy/postmirror.cf, commented out or not."""
    values = {}
    name = None
    for line in _SHIPPED.read_text().splitlines():
        if entry := re.fullmatch(r"#?([a-z]\w*) =(.*)", line):
            name, values[entry[1]] = entry[1], entry[2].strip()
        elif name and (more := re.fullmatch(r"#? +((?:tcp|socketmap|mysql):.*)", line)):
            values[name] = f"{values[name]} {more[1].strip()}".strip()
        else:
            name = None
    return values


class PagesTest(unittest.TestCase):
    def test_mandoc_has_no_complaint(self):
        for page in pages():
            with self.subTest(page=page.name):
                lint = subprocess.run(
                    [_MANDOC, "-T", "lint", "-W", "style", page],
                    capture_output=True,
                    text=True,
                )
                complaints = [
                    line
                    for line in lint.stdout.splitlines()
                    if _NOT_INSTALLED not in line
                ]
                self.assertEqual(complaints, [])

    def test_pages_name_each_other_rightly(self):
        ours = {(page.stem, page.suffix[1:]) for page in pages()}
        self.assertEqual(len(ours), 4)
        for page in pages():
            found = re.findall(r"^\.Xr (\S+) (\d)", page.read_text(), re.MULTILINE)
            named = {each for each in found if each[0].startswith("postmirror")}
            self.assertLessEqual(named, ours, page.name)
            self.assertEqual(named, ours - {(page.stem, page.suffix[1:])}, page.name)

    def test_messages_are_those_of_the_programs(self):
        said = sources("proxy", "sync", "schema")
        for page, _ in _PROGRAMS.values():
            messages = ManPage(page).diagnostics()
            self.assertGreater(len(messages), 5)
            for message, pieces in messages.items():
                with self.subTest(page=page, message=message):
                    self.assertGreater(max(map(len, pieces)), 5)
                    for piece in pieces:
                        self.assertTrue(piece in said, piece)

    def test_metrics_are_those_of_the_programs(self):
        for program in ("sync", "proxy"):
            name = re.compile(rf"postmirror_{program}_[a-z_]+")
            page = ManPage(f"postmirror-{program}.8").sections["METRICS"]
            there = set(name.findall(sources(program)))
            self.assertEqual(set(name.findall(page)), there)
            self.assertNotEqual(there, set())

    def test_fields_of_the_json_are_those_of_the_program(self):
        written = re.findall(
            r'\.Set\("(\w+)"',
            source("sync/ctl/status_json.cc"),
        )
        self.assertEqual(ManPage("postmirrorctl.1").names("JSON"), set(written))


class OptionsTest(unittest.TestCase):
    def accepted(self, main):
        """Returns the options that the program's getopt knows."""
        common = re.findall(
            r'\{"(\w+)", (?:required|no)_argument',
            source("schema/runtime/command_line.cc"),
        )
        extra = re.search(r"ParseCommandLine\(argc, argv, \{(.*?)\}\)", source(main))
        return {*common, *re.findall(r"\w+", extra[1] if extra else "")}

    def test_options_are_those_of_the_program(self):
        for program, (page, main) in _PROGRAMS.items():
            with self.subTest(program=program):
                there = self.accepted(main)
                said = run_program(program, "--help").stdout
                self.assertEqual(set(re.findall(r"--(\w+)", said)), there)
                self.assertEqual(ManPage(page).options(), there)
                self.assertEqual(ManPage(page).synopsis_options(), there)

    def test_another_option_is_refused(self):
        for program in _PROGRAMS:
            self.assertEqual(run_program(program, "--verbose").returncode, 64)


class SettingsTest(unittest.TestCase):
    """postmirror.cf(5) beside the programs and deploy/postmirror.cf."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="postmirror-man-test-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.page = ManPage("postmirror.cf.5")
        self.settings = {}
        for section in _SETTINGS:
            self.settings.update(self.page.entries(section))

    def check(self, program, lines):
        config = self.folder / "postmirror.cf"
        config.write_text(lines)
        return run_program(program, "--config", config, "--check")

    def test_names_are_those_of_the_programs(self):
        served, settings = source_settings()
        self.assertEqual(set(self.page.entries(_SERVED)), served)
        self.assertEqual(set(self.settings), settings)
        self.assertGreater(len(served), 5)
        self.assertGreater(len(settings), 15)

    def test_names_are_those_of_the_shipped_file(self):
        self.assertEqual(
            set(shipped_settings()), {*self.page.entries(_SERVED), *self.settings}
        )

    def test_all_names_are_accepted_and_no_others(self):
        lines = "".join(
            f"{name} = mysql:/m.cf\n" for name in self.page.entries(_SERVED)
        )
        for name, default in self.settings.items():
            if default not in ("below", "derived"):
                lines += f"{name} = {default or ''}\n"
        lines += "server_id = 1\nlisten = socketmap:inet:127.0.0.1:1\n"
        result = self.check("postmirror-proxy", lines)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        for name in ("proxy_thread", "hosts", "mirror_query", "myhostnames"):
            with self.subTest(name=name):
                result = self.check("postmirror-proxy", f"{lines}{name} = 1\n")
                self.assertEqual(result.returncode, 78)
                self.assertIn(f'"{name}" is no setting', result.stderr)

    def test_defaults_are_those_of_the_shipped_file(self):
        shipped = shipped_settings()
        for name, value in self.page.entries(_SERVED).items():
            # Those that are there to be uncommented say where their map file is.
            self.assertEqual(value, "")
            self.assertRegex(shipped[name], r"^(mysql:.*)?$")
        for name, value in self.settings.items():
            with self.subTest(name=name):
                if name == "listen":
                    self.assertEqual(shipped[name].split(), self.default_listen())
                elif value == "derived":
                    self.assertEqual(shipped[name], "")
                elif value is not None:
                    self.assertEqual(shipped[name], value)

    def default_listen(self):
        """Returns what stands literally behind `By default those ...`."""
        behind = self.page.sections["LISTENERS"].split("By default those", 1)[1]
        return re.search(r"\.Bd -literal\n(.*?)\.Ed", behind, re.DOTALL)[1].split()

    def test_keys_of_map_files_are_those_of_the_programs(self):
        keys = self.page.entries(_MAP_FILES)
        there = braced(source("schema/config/map_file.cc"), "kNames[]")
        self.assertEqual(set(keys), set(re.findall(r'"(\w+)"', there)))
        known = "".join(f"{name} = {value or ''}\n" for name, value in keys.items())
        # The last entry of a name counts.
        needed = (
            "dbname = d\nquery = SELECT 1 FROM t WHERE k='%s'\n"
            "mirror_query = SELECT k, v FROM t\nmirror_collation = ascii_ci\n"
            "guard = off\n"
            "require_result_set = yes\ntls_verify_cert = yes\n"
        )
        self.assertNotIn("is not known", self.warnings_of_map_file(known + needed))
        self.assertIn(
            ':1: "hots" is not known', self.warnings_of_map_file(f"hots = h\n{needed}")
        )

    def warnings_of_map_file(self, text):
        map_file = self.folder / "map.cf"
        map_file.write_text(text)
        lines = f"virtual_mailbox_domains = mysql:{map_file}\n"
        result = self.check("postmirror-sync", lines)
        self.assertEqual(result.returncode, 0, result)
        return result.stderr

    def test_examples_of_main_cf_ask_what_listens_by_default(self):
        listens = shipped_settings()["listen"].split()
        for page in ("postmirror.cf.5", "postmirror-proxy.8"):
            text = ManPage(page).text
            for port in re.findall(r"socketmap:inet:127\.0\.0\.1:(\d+)", text):
                self.assertIn(f"socketmap:inet:127.0.0.1:{port}", listens)


class ExitCodesTest(unittest.TestCase):
    """What can be had without a server; the page of a program names each code."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="postmirror-man-test-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        map_file = self.folder / "domains.cf"
        map_file.write_text("dbname = d\nquery = SELECT 1 FROM t WHERE k='%s'\n")
        self.config = self.folder / "postmirror.cf"
        self.served = f"virtual_mailbox_domains = mysql:{map_file}\n"
        self.write(f"listen = socketmap:inet:127.0.0.1:{free_port()}\n")

    def write(self, lines):
        self.config.write_text(f"{self.served}store = {self.folder}/store\n{lines}")

    def assert_exit(self, code, program, *arguments):
        result = run_program(program, "--config", self.config, *arguments)
        self.assertEqual(result.returncode, code, result)
        self.assertIn(code, ManPage(_PROGRAMS[program][0]).exit_codes())

    def test_of_all_programs(self):
        for program in _PROGRAMS:
            with self.subTest(program=program):
                self.assert_exit(0, program, "--check")
                self.assert_exit(64, program, "--verbose")
        self.config.write_text("")
        for program in _PROGRAMS:
            with self.subTest(program=program):
                self.assert_exit(78, program, "--check")
        self.write("no_such_setting = 1\n")
        for program in _PROGRAMS:
            with self.subTest(program=program):
                self.assert_exit(78, program, "--check")

    def test_of_an_address_in_use(self):
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
            self.write(f"listen = socketmap:inet:127.0.0.1:{port}\n")
            self.assert_exit(75, "postmirror-proxy")

    def test_of_postmirrorctl(self):
        key = ("virtual_mailbox_domains", "example.org")
        self.assert_exit(2, "postmirrorctl", "status")
        self.assert_exit(75, "postmirrorctl", "lookup", *key)
        self.assert_exit(64, "postmirrorctl", "lookup", "relay_domains", "a")
        self.assert_exit(75, "postmirrorctl", "accept", "--all")
        self.config.unlink()
        self.assert_exit(3, "postmirrorctl", "status")
        self.assert_exit(78, "postmirrorctl", "lookup", *key)


if __name__ == "__main__":
    unittest.main()
