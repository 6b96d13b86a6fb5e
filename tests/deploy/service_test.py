"""What is installed for systemd, AppArmor and Debian's package: that it is valid, that
its parts say the same, and that it is as strict as it is said to be."""

import os
import pathlib
import re
import subprocess
import tempfile
import unittest

from support.programs import program_path, run_program
from support.system_root import SystemRoot
from support.unit_file import UnitFile

_ROOT = pathlib.Path(__file__).parents[2]
_DEPLOY = _ROOT / "deploy"
_SERVICES = ("postmirror-sync.service", "postmirror-proxy.service")
_UNITS = (*_SERVICES, "postmirror-proxy.socket")
# `systemd-analyze security`: of ten, less is better.
_MAX_EXPOSURE = 1.5
_QUEUE = "var/spool/postfix/postmirror"  # the folder of the unix socket
_KERNEL_FEATURES = "--kernel-features=/etc/apparmor.d/abi/3.0"


def run(*command):
    """Runs a command to its end, returns a CompletedProcess with text."""
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


class UnitsTest(unittest.TestCase):
    def test_are_clean_for_systemd(self):
        with tempfile.TemporaryDirectory() as folder:
            files = [self.write_unit(folder, name) for name in _UNITS]
            result = run("systemd-analyze", "verify", "--man=no", *files)
        self.assertEqual((result.returncode, result.stderr), (0, ""))

    def write_unit(self, folder, name):
        """Returns a copy of the unit that starts the program that was built."""
        program = program_path(name.split(".")[0])
        file = pathlib.Path(folder, name)
        text = UnitFile(name).text
        file.write_text(text.replace(f"/usr/sbin/{program.name}", str(program)))
        return file

    def test_services_are_barely_exposed(self):
        for name in _SERVICES:
            path = UnitFile(name).path
            result = run("systemd-analyze", "security", "--offline=true", path)
            level = re.search(r"exposure level for \S+: ([\d.]+)", result.stdout)
            self.assertTrue(level, result)
            self.assertLess(float(level[1]), _MAX_EXPOSURE, result.stdout)

    def test_only_the_proxy_is_there_before_postfix(self):
        postfix = ["postfix.service", "postfix@-.service"]
        self.assertEqual(UnitFile("postmirror-sync.service").words("Before"), [])
        for name in ("postmirror-proxy.service", "postmirror-proxy.socket"):
            self.assertEqual(UnitFile(name).words("Before"), postfix)

    def test_none_needs_mariadb(self):
        for name in _UNITS:
            unit = UnitFile(name)
            for key in ("Requires", "Requisite", "Wants", "BindsTo", "PartOf"):
                self.assertNotIn("mariadb", " ".join(unit.values(key)))
        self.assertIn("mariadb.service", UnitFile(_SERVICES[0]).words("After"))

    def test_the_proxy_can_tell_users_apart(self):
        unit = UnitFile("postmirror-proxy.service")
        self.assertEqual(unit.values("PrivateUsers"), [])

    def test_the_proxy_may_have_its_clients_at_each_socket(self):
        limit = UnitFile("postmirror-proxy.service").values("LimitNOFILE")
        sockets = UnitFile("postmirror-proxy.socket").values("ListenStream")
        clients = int(self.setting("client_limit"))
        self.assertGreater(int(limit[0]), clients * len(sockets) + 1000)

    def memory(self, name):
        """Returns MemoryMax= of a unit in MiB."""
        value = UnitFile(name).values("MemoryMax")[0]
        self.assertRegex(value, r"^\dG$")
        return int(value[:-1]) * 1024

    def setting(self, name):
        """Returns the default that postmirror.cf shows."""
        commented = (_DEPLOY / "postmirror.cf").read_text()
        return re.search(rf"^#{name} = (.+)$", commented, re.MULTILINE)[1]

    def test_sync_may_have_a_map_as_large_as_it_may_be(self):
        limit = self.setting("map_memory_limit")
        self.assertRegex(limit, r"^\dG$")
        # A first fill takes as much again: schema/README.md.
        needed = 2 * int(limit[:-1]) * 1024
        self.assertGreaterEqual(self.memory("postmirror-sync.service"), needed)

    def test_the_proxy_may_have_clients_that_do_not_read(self):
        sockets = UnitFile("postmirror-proxy.socket").values("ListenStream")
        clients = int(self.setting("client_limit")) * len(sockets)
        # postmirror-proxy(8), for each client and for each thread.
        needed = clients * 60_000 // 2**20 + 8 * (64 + 32)
        self.assertGreaterEqual(self.memory("postmirror-proxy.service"), needed)

    def test_the_sockets_are_the_default_of_listen(self):
        commented = (_DEPLOY / "postmirror.cf").read_text()
        listed = re.search(r"^#listen =\n((?:# +\S+\n)+)", commented, re.MULTILINE)[1]
        entries = re.findall(r"(?:tcp|inet):([\d.]+:\d+)|unix:(\S+)", listed)
        self.assertEqual(len(entries), 5)
        self.assertEqual(
            UnitFile("postmirror-proxy.socket").values("ListenStream"),
            [inet or unix for inet, unix in entries],
        )


class UsersTest(unittest.TestCase):
    """sysusers.d and tmpfiles.d, in an empty root."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = SystemRoot(folder.name)
        self.root.make_users()

    def test_users_cannot_log_on(self):
        users = self.root.entries("passwd")
        self.assertEqual(set(users), {"_postmirror-sync", "_postmirror-proxy"})
        for fields in users.values():
            self.assertEqual(fields[5:], ["/nonexistent", "/usr/sbin/nologin"])

    def test_the_proxys_only_group_is_the_stores(self):
        groups = self.root.entries("group")
        self.assertEqual(
            set(groups), {"_postmirror", "_postmirror-status", "_postmirror-sync"}
        )
        proxy = self.root.entries("passwd")["_postmirror-proxy"]
        self.assertEqual(proxy[3], groups["_postmirror"][2])
        # Nobody else is in any of them.
        self.assertEqual({fields[3] for fields in groups.values()}, {""})
        others = [
            name
            for name, fields in self.root.entries("passwd").items()
            if fields[3] == groups["_postmirror"][2] and name != "_postmirror-proxy"
        ]
        self.assertEqual(others, [])

    def assert_folders(self, *folders):
        sync, proxy, store = "_postmirror-sync", "_postmirror-proxy", "_postmirror"
        watchers = "_postmirror-status"
        for path, user, group, mode in (
            ("var/lib/postmirror", sync, store, 0o2750),
            ("var/lib/postmirror-status", sync, watchers, 0o2750),
            ("run/postmirror", proxy, watchers, 0o2750),
            *folders,
        ):
            status = os.stat(self.root.path / path)
            self.assertEqual(oct(status.st_mode & 0o7777), oct(mode))
            owners = (status.st_uid, status.st_gid)
            self.assertEqual(owners, self.root.ids(user, group))

    def test_folders_are_open_as_far_as_needed(self):
        self.root.add_postfix()
        self.root.make_folders()
        self.assert_folders((_QUEUE, "_postmirror-proxy", "postfix", 0o750))

    def test_an_open_folder_of_sockets_is_closed(self):
        """That of an older release, or of the socket unit without Postfix."""
        folder = self.root.path / _QUEUE
        folder.mkdir(parents=True)
        folder.chmod(0o755)
        said = self.root.make_folders(code=65)
        self.assertIn("Failed to resolve group 'postfix'", said)
        # The others are made, and Postfix, to be installed, gets in.
        self.assert_folders()
        self.assertEqual(oct(folder.stat().st_mode & 0o7777), "0o755")
        self.root.add_postfix()
        self.root.make_folders()
        self.assert_folders((_QUEUE, "_postmirror-proxy", "postfix", 0o750))

    def test_without_postfix_the_socket_unit_makes_an_open_folder(self):
        self.assertNotIn("postfix", self.root.entries("group"))
        self.root.make_folders(code=65)
        self.assertFalse((self.root.path / _QUEUE).exists())
        unit = UnitFile("postmirror-proxy.socket")
        self.assertEqual(unit.values("DirectoryMode"), ["0755"])

    def test_units_may_write_these_folders_and_leave_no_core(self):
        for name, folder in zip(_SERVICES, ("/var/lib/postmirror-status", "/run/postmirror")):
            unit = UnitFile(name)
            self.assertIn(f"-{folder}", unit.words("ReadWritePaths"))
            self.assertEqual(unit.values("LimitCORE"), ["0"])

    def test_no_document_puts_another_user_into_the_stores_group(self):
        for path in (_ROOT / "README.md", *_DEPLOY.rglob("*")):
            if path.is_file():
                self.assertNotRegex(
                    path.read_text(), r"(adduser|usermod|gpasswd -a).* _postmirror\b(?!-)"
                )

    def test_units_run_as_these_users(self):
        for name in _SERVICES:
            unit = UnitFile(name)
            self.assertEqual(unit.values("User"), [f"_{name.split('.')[0]}"])
            self.assertEqual(unit.values("Group"), ["_postmirror"])
        groups = [UnitFile(name).values("SupplementaryGroups") for name in _SERVICES]
        self.assertEqual(groups, [["_postmirror-sync"], []])


class ProfilesTest(unittest.TestCase):
    def profiles(self):
        return sorted((_DEPLOY / "apparmor").iterdir())

    def test_are_valid(self):
        self.assertEqual(len(self.profiles()), 2)
        for profile in self.profiles():
            # As for a kernel that has AppArmor, whether or not this one has.
            result = run(
                "apparmor_parser", "-QT", "--Werror", _KERNEL_FEATURES, profile
            )
            self.assertEqual((result.returncode, result.stderr), (0, ""))

    def test_only_complain_and_take_local_additions(self):
        for profile in self.profiles():
            text = profile.read_text()
            self.assertRegex(text, r"profile \S+ \S+ flags=\([^)]*complain[^)]*\) \{")
            self.assertIn(f"include if exists <local/{profile.name}>", text)


class DebianTest(unittest.TestCase):
    """deploy/debian beside what it repeats."""

    def read(self, name):
        return (_DEPLOY / "debian" / name).read_text()

    def test_versions_are_one(self):
        packaged = re.match(r"postmirror \(([\d.]+)-\d+\) ", self.read("changelog"))[1]
        project = re.search(
            r"project\(postmirror VERSION ([\d.]+) ",
            (_ROOT / "CMakeLists.txt").read_text(),
        )[1]
        self.assertEqual(packaged, project)
        for name in ("postmirror-sync", "postmirror-proxy", "postmirrorctl"):
            said = run_program(name, "--version").stdout
            self.assertEqual(said, f"{name} {project}\n")

    def test_build_dependencies_are_those_of_the_build(self):
        table = (_DEPLOY / "packages.sh").read_text()
        libraries = re.findall(r"^(\S+-dev) +build ", table, re.MULTILINE)
        control = self.read("control")
        self.assertEqual(
            sorted(re.findall(r"^ (\S+-dev),$", control, re.MULTILINE)),
            sorted(libraries),
        )

    def test_scripts_leave_postfix_alone(self):
        for name in ("preinst", "postinst", "prerm", "postrm", "rules"):
            if (_DEPLOY / "debian" / name).exists():
                self.assertNotRegex(self.read(name), "main.cf|postconf|postfix reload")

    def test_scripts_are_clean(self):
        result = run("sh", "-n", _DEPLOY / "debian" / "postrm")
        self.assertEqual((result.returncode, result.stderr), (0, ""))

    def test_the_postmirror_cf_of_the_package_serves_nothing_yet(self):
        served = re.findall(
            r"^(#?)\w+ = mysql:", (_DEPLOY / "postmirror.cf").read_text(), re.MULTILINE
        )
        self.assertEqual(served, ["#", "#", "#"])


if __name__ == "__main__":
    unittest.main()
