"""The Debian package: deploy/package builds it, lintian has nothing against it, and
what is in it is what should be. What it does to a system is tested in one that boots."""

import pathlib
import re
import subprocess
import tempfile
import unittest

_ROOT = pathlib.Path(__file__).parents[2]

_FILES = {
    "/etc/apparmor.d/usr.sbin.postmirror-proxy",
    "/etc/apparmor.d/usr.sbin.postmirror-sync",
    "/etc/logcheck/ignore.d.server/postmirror",
    "/etc/postmirror/postmirror.cf",
    "/usr/bin/postmirrorctl",
    "/usr/lib/sysusers.d/postmirror.conf",
    "/usr/lib/tmpfiles.d/postmirror.conf",
    "/usr/sbin/postmirror-proxy",
    "/usr/sbin/postmirror-sync",
    "/usr/share/doc/postmirror/NEWS.Debian.gz",
    "/usr/share/doc/postmirror/OPERATION.md.gz",
    "/usr/share/doc/postmirror/README.Debian.gz",
    "/usr/share/doc/postmirror/README.md.gz",
    "/usr/share/doc/postmirror/changelog.Debian.gz",
    "/usr/share/doc/postmirror/changelog.gz",
    "/usr/share/doc/postmirror/copyright",
    "/usr/share/doc/postmirror/examples/grafana/dashboard.svg",
    "/usr/share/doc/postmirror/examples/grafana/postmirror.json",
    "/usr/share/doc/postmirror/examples/postfix/main.cf",
    "/usr/share/doc/postmirror/examples/postfix/mysql-virtual-alias-maps.cf",
    "/usr/share/doc/postmirror/examples/postmirror.cf",
    "/usr/share/doc/postmirror/examples/prometheus/postmirror.rules.yml",
    "/usr/share/doc/postmirror/examples/prometheus/prometheus.yml",
    "/usr/share/doc/postmirror/examples/sql/grants-binlog.sql",
    "/usr/share/doc/postmirror/examples/sql/grants.sql",
    "/usr/share/man/man1/postmirrorctl.1.gz",
    "/usr/share/man/man5/postmirror.cf.5.gz",
    "/usr/share/man/man8/postmirror-proxy.8.gz",
    "/usr/share/man/man8/postmirror-sync.8.gz",
}
_UNITS = {
    "postmirror-sync.service",
    "postmirror-proxy.service",
    "postmirror-proxy.socket",
}
# Debian 12 has them below /lib, which is the same folder.
_UNIT_FOLDER = re.compile(r"(/usr)?/lib/systemd/system/")


def output(*command):
    return subprocess.run(
        command, check=True, capture_output=True, text=True, timeout=300
    ).stdout


class PackageTest(unittest.TestCase):
    """One build for all of them."""

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="postmirror-package-")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        built = subprocess.run(
            [_ROOT / "deploy" / "package", cls.folder], capture_output=True, text=True
        )
        if built.returncode != 0:
            raise AssertionError(f"deploy/package:\n{built.stdout}{built.stderr}")
        (cls.package,) = cls.folder.glob("postmirror_*.deb")
        cls.said = built.stdout
        cls.control = cls.folder / "control"
        output("dpkg-deb", "--control", cls.package, cls.control)

    def contents(self):
        """Returns {path: (mode as of ls, owner/group)} of all in the package."""
        lines = output("dpkg-deb", "--contents", self.package).splitlines()
        rows = (line.split(maxsplit=5) for line in lines)
        return {row[5].removeprefix("."): (row[0], row[1]) for row in rows}

    def field(self, name):
        return output("dpkg-deb", "--field", self.package, name).strip()

    def script(self, name):
        return (self.control / name).read_text()

    def test_where_it_is_is_said(self):
        self.assertIn(str(self.package), self.said)

    def test_lintian_finds_nothing(self):
        (changes,) = self.folder.glob("postmirror_*.changes")
        lintian = (
            "lintian",
            "--allow-root",
            "--fail-on=error,warning",
            "--tag-display-limit=0",
        )
        found = subprocess.run(
            [*lintian, "-EvIL", "+pedantic", changes], capture_output=True, text=True
        )
        said = found.stdout + found.stderr
        self.assertEqual(found.returncode, 0, said)
        self.assertNotRegex(said, r"(?m)^[EW]: ")

    def test_holds_what_it_should(self):
        paths = set(self.contents())
        self.assertEqual(_FILES - paths, set())
        units = {_UNIT_FOLDER.sub("", path) for path in paths if "/systemd/" in path}
        self.assertLessEqual(_UNITS, units)

    def test_holds_nothing_of_the_sources(self):
        for path in self.contents():
            self.assertNotRegex(
                path, r"\.(a|cc|h|o|cmake)$|/usr/(local|include)/|/tests?/"
            )

    def test_conffiles_are_those_in_etc(self):
        in_etc = {
            path
            for path in self.contents()
            if path.startswith("/etc/") and not path.endswith("/")
        }
        self.assertEqual(set(self.script("conffiles").split()), in_etc)
        self.assertIn("/etc/postmirror/postmirror.cf", in_etc)

    def test_all_of_it_is_roots_and_open_to_read(self):
        for path, (mode, owner) in self.contents().items():
            program = path.startswith(("/usr/bin/", "/usr/sbin/"))
            wanted = "rwxr-xr-x" if program or path.endswith("/") else "rw-r--r--"
            if not mode.startswith("l"):
                self.assertEqual((path, mode[1:], owner), (path, wanted, "root/root"))

    def test_scripts_leave_postfix_alone(self):
        scripts = [self.script(name) for name in ("postinst", "prerm", "postrm")]
        for script in scripts:
            self.assertNotRegex(script, "main.cf|postconf|postfix (reload|restart)")

    def test_users_come_before_folders_and_services(self):
        postinst = self.script("postinst")
        steps = ("systemd-sysusers", "systemd-tmpfiles", "deb-systemd-invoke")
        places = [postinst.index(step) for step in steps]
        self.assertEqual(places, sorted(places))

    def test_an_upgrade_restarts_the_services_and_leaves_the_sockets_open(self):
        for name in ("postinst", "prerm"):
            for line in self.script(name).splitlines():
                if "restart" in line or "_dh_action" in line and "invoke" in line:
                    self.assertNotIn("postmirror-proxy.socket", line)
        # Not stopped before the new programs are there.
        prerm = self.script("prerm")
        stops = re.findall(r"if (.*); *then\n.*deb-systemd-invoke stop", prerm)
        self.assertEqual(len(stops), 2, prerm)
        for condition in stops:
            self.assertIn('[ "$1" = remove ]', condition)

    def test_depends_on_neither_postfix_nor_mariadb(self):
        self.assertNotRegex(self.field("Depends"), "postfix|mariadb-(server|client)")
        self.assertEqual(self.field("Recommends"), "postfix")

    def test_symbols_are_in_a_package_of_their_own(self):
        self.assertEqual(len(list(self.folder.glob("postmirror-dbgsym_*.deb"))), 1)


if __name__ == "__main__":
    unittest.main()
