"""postmirror's package in a Debian 13 that boots: installed, configured, restarted,
upgraded and reloaded under load, without MariaDB, rebooted, removed, purged. One
machine lives through it, so that the tests are steps, in their order; the first that
fails ends it. tests/boot/run makes what they need and calls them.
"""

import json
import os
import pathlib
import signal
import sys
import unittest

import inventory
import services
from lookup_load import LookupLoad
from machine import Machine
from mail_server import PARAMETERS, MailServer, map_file
from services import SERVICES, UNITS
from support.waiting import wait_until

_JOURNAL = pathlib.Path(__file__).parents[2] / "build" / "boot-journal.log"
_FOLDER = pathlib.Path(os.environ.get("POSTMIRROR_BOOT", "/nonexistent"))
# Inside the machine.
_TREE = "/opt/postmirror/tree"
_PACKAGES = "/opt/postmirror/packages"
_CONFIG = "/etc/postmirror/postmirror.cf"
_SOCKET = "/var/spool/postfix/postmirror/maps"
_STORE = "/var/lib/postmirror"
_MAIL_FACILITY = "2"  # syslog(3)
_MOST_EXPOSED = 1.5  # `systemd-analyze security`, of 10


class BootTest(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        # As Ctrl-C does, so that the machine is put away.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        cls.machine = Machine(_FOLDER, _FOLDER / "machine")
        cls.addClassCleanup(cls._keep_journal)
        cls.addClassCleanup(cls.machine.close)
        cls.server = MailServer(cls.machine, _TREE)
        cls.machine.boot()

    @classmethod
    def _keep_journal(cls):
        _JOURNAL.write_text(cls.machine.journal("--output=short-iso"))

    def setUp(self):
        print(file=sys.stderr)  # unittest has begun a line with the test's name

    def note(self, text):
        """Says in the log what was seen."""
        for line in text.splitlines():
            print(f"    {line}", file=sys.stderr, flush=True)

    def run_inside(self, *command):
        return self.machine.run(*command).stdout.strip()

    def run_in_shell(self, line):
        return self.run_inside("sh", "-c", line)

    def assert_active(self, *units):
        for unit in units:
            self.assertEqual(
                services.shown(self.machine, unit, "ActiveState"),
                "active",
                self.machine.run("systemctl", "status", unit, check=False).stdout,
            )

    def assert_booted(self, *units):
        """Nothing has failed, and these units are active."""
        failed = self.run_inside("systemctl", "--failed", "--plain", "--no-legend")
        self.assertEqual(failed, "")
        self.assert_active(*units)
        self.note(f"booted, {self.machine.system_state()}")

    def assert_answers_as_before(self):
        self.assertEqual(self.server.answers(), self.answers)

    def wait_for_status(self, code):
        """Waits until `postmirrorctl status` ends with this exit code."""

        def status():
            return self.machine.run("postmirrorctl", "status", check=False)

        wait_until(
            lambda: status().returncode == code,
            60,
            lambda: f"status ends with {code}: {status()}",
        )
        self.note(status().stdout)

    def assert_log_says(self, service, *words):
        """Waits for an entry with all of the words; returns it."""

        def entry():
            for each in services.log(self.machine, service):
                if all(word in each["MESSAGE"] for word in words):
                    return each
            return None

        return wait_until(entry, 20, f"{service} logs {words}")

    def test_01_debian_boots(self):
        self.assert_booted("mariadb.service", "postfix.service")

    def test_02_mail_is_answered_by_mysql_maps(self):
        self.server.set_up()
        type(self).answers = self.server.answers()
        codes = [answer.code for answer in self.answers.values()]
        self.assertEqual(codes, [250, 250, 250, 250, 250, 550])
        self.assertEqual(
            self.answers["info@example.org"].recipients,
            ("jane@example.org", "john@example.org", "kerstin@example.org"),
        )
        self.assertEqual(self.server.roots("smtpd"), {"/var/spool/postfix"})
        for recipient, answer in self.answers.items():
            self.note(f"{recipient}: {answer.code} {answer.text} {answer.recipients}")

    def test_03_installs_unconfigured(self):
        type(self).files = inventory.files(self.machine)
        type(self).accounts = inventory.accounts(self.machine)
        main_cf = self.server.main_cf()
        self.run_inside("apt-get", "-y", "install", f"{_PACKAGES}/first.deb")
        self.assertEqual(self.server.main_cf(), main_cf)
        self.assert_active(*UNITS)
        for service in SERVICES:
            status = services.shown(self.machine, service, "StatusText")
            self.assertIn(_CONFIG, status)
            self.assert_log_says(service, _CONFIG)
            self.note(f"{service}: {status}")
        checked = self.machine.run("postmirror-sync", "--check", check=False)
        self.assertEqual(checked.returncode, 78, checked)
        for port in (10040, 10041, 10042):
            reply = self.reply(port, "example.org")
            self.assertRegex(reply, "^400 ")
        self.assert_answers_as_before()

    def test_04_serves_the_parameters_that_were_moved(self):
        """As the README has it."""
        grants = "/usr/share/doc/postmirror/examples/sql/grants.sql"
        self.machine.run("mariadb", "mailserver", stdin=self.run_inside("cat", grants))
        rights = "-o root -g _postmirror-sync -m 0640"
        self.run_in_shell(f"install {rights} /etc/postfix/mysql-*.cf /etc/postmirror/")
        hosts = "s|^hosts.*|hosts = unix:/run/mysqld/mysqld.sock|"
        user = "s/^user.*/user = _postmirror-sync/"
        self.run_in_shell(
            f"sed -i -e '{hosts}' -e '{user}' -e '/^password/d' /etc/postmirror/mysql-*.cf"
        )
        names = "|".join(PARAMETERS)
        self.run_inside("sed", "-i", "-E", rf"s/^# ?(({names}) =)/\1/", _CONFIG)
        self.run_inside("postmirror-sync", "--check")
        self.run_inside("systemctl", "reload", *SERVICES)
        self.wait_for_status(0)
        lookup = ("postmirrorctl", "lookup", "virtual_alias_maps")
        value = self.run_inside(*lookup, "contact@example.org")
        self.assertEqual(value, "info@example.org")
        self.server.ask_postmirror()
        self.assert_answers_as_before()
        self.assertEqual(self.server.roots("smtpd"), {"/var/spool/postfix"})

    def test_05_rights_are_no_wider_than_needed(self):
        sync, proxy, store = "_postmirror-sync", "_postmirror-proxy", "_postmirror"
        watchers = "_postmirror-status"
        self.assertEqual(
            [services.accounts_of(self.machine, each)[:2] for each in SERVICES],
            [(sync, store), (proxy, store)],
        )
        map_path = f"/etc/postmirror/{map_file(PARAMETERS[0])}"
        for path, expected in {
            "/etc/postmirror": "755 root:root directory",
            _CONFIG: "644 root:root regular file",
            map_path: f"640 root:{sync} regular file",
            _STORE: f"2750 {sync}:{store} directory",
            f"{_STORE}/v1/lock.mdb": f"660 {sync}:{store} regular file",
            f"{_STORE}-status": f"2750 {sync}:{watchers} directory",
            f"{_STORE}-status/sync.status": f"640 {sync}:{watchers} regular file",
            "/run/postmirror": f"2750 {proxy}:{watchers} directory",
            "/run/postmirror/status": f"660 {proxy}:{watchers} socket",
            "/var/spool/postfix/postmirror": f"750 {proxy}:postfix directory",
            _SOCKET: "666 root:root socket",
        }.items():
            with self.subTest(path=path):
                found = self.run_inside("stat", "-c", "%a %U:%G %F", path)
                self.assertEqual(found, expected)

    def test_06_password_is_read_by_sync_alone(self):
        for parameter in PARAMETERS:
            read = ("cat", f"/etc/postmirror/{map_file(parameter)}")
            sync, group, further = services.accounts_of(self.machine, "postmirror-sync")
            self.assertIn("dbname", self.run_as(sync, group, further, *read).stdout)
            proxy = services.accounts_of(self.machine, "postmirror-proxy")
            refused = self.run_as(*proxy, *read)
            self.assertIn("Permission denied", refused.stderr)
            self.assertEqual(refused.stdout, "")

    def test_06_who_watches_sees_and_changes_nothing(self):
        watcher = ("nobody", "nogroup", ["_postmirror-status"])
        seen = self.run_as(*watcher, "postmirrorctl", "status")
        self.assertEqual(seen.returncode, 0, seen)
        for path in (f"{_STORE}/v1/lock.mdb", f"{_STORE}/v1/data.mdb"):
            refused = self.run_as(*watcher, "cat", path)
            self.assertIn("Permission denied", refused.stderr)
        blind = self.run_as("nobody", "nogroup", [], "postmirrorctl", "status")
        self.assertEqual(blind.returncode, 3, blind)
        self.assertIn("_postmirror-status", blind.stdout)

    def run_as(self, user, group, further, *command):
        """Runs a command inside with a service's rights."""
        groups = f"--groups={','.join(further)}" if further else "--clear-groups"
        rights = (f"--reuid={user}", f"--regid={group}", groups)
        return self.machine.run("setpriv", *rights, *command, check=False)

    def test_07_hardened(self):
        for service in SERVICES:
            exposure = services.exposure(self.machine, service)
            self.note(f"{service}: exposure {exposure}")
            self.assertLess(exposure, _MOST_EXPOSED)

    def test_08_metrics_are_served(self):
        """From now on, so that what follows is done with them."""
        addresses = [f"127.0.0.1:{port}" for port in (9940, 9941)]
        lines = "sync_metrics_listen = {}\nproxy_metrics_listen = {}\n"
        config = self.run_inside("cat", _CONFIG) + "\n" + lines.format(*addresses)
        self.machine.run("tee", _CONFIG, stdin=config)
        self.run_inside("systemctl", "reload", *SERVICES)
        for service, address in zip(SERVICES, addresses):
            name = f"{service.replace('-', '_')}_build_info"
            wait_until(
                lambda: name in services.metrics(self.machine, address),
                20,
                f"{service} serves {name} at {address}",
            )

    def test_09_users_are_told_apart_over_the_unix_socket(self):
        """At the package's socket Postfix and root alone arrive. At one that is open no
        room is made at the limit by two who hold half of it each, but for Postfix and
        root; were all of them one user to the proxy, he would make room for all."""
        limit, path = 20, "/run/postmirror-open/maps"
        config = self.run_inside("cat", _CONFIG) + "\n"
        lines = f"listen = socketmap:unix:{_SOCKET} socketmap:unix:{path}\n"
        lines += f"client_limit = {limit}\n"
        edit = ("systemctl", "edit", "--stdin", "--drop-in=open", UNITS[-1])
        self.machine.run(*edit, stdin=f"[Socket]\nListenStream={path}\n")
        self.restart_proxy(config + lines)
        # The machine has no Dovecot.
        self.run_inside("useradd", "--system", "--no-create-home", "dovecot")
        program = f"{_TREE}/tests/boot/inside/users.py"
        users = ("nobody", "dovecot", "postfix", "root")
        said = self.run_inside("python3", "-B", program, path, limit, *users)
        self.run_inside("userdel", "dovecot")
        self.run_inside("systemctl", "revert", UNITS[-1])
        self.restart_proxy(config)
        self.note(said)
        answered = json.loads(said)
        let_in = {"nobody": "EACCES", "dovecot": "EACCES", "postfix": True, "root": True}
        self.assertEqual(answered["packages"], let_in)
        self.assertEqual(answered["first"], dict.fromkeys(users, True))
        then = {"nobody": False, "dovecot": False, "postfix": True, "root": True}
        self.assertEqual(answered["then"], then)

    def restart_proxy(self, config):
        self.machine.run("tee", _CONFIG, stdin=config)
        self.run_inside("systemctl", "restart", UNITS[-1], "postmirror-proxy")

    def test_10_mail_is_answered_without_mariadb(self):
        self.run_inside("systemctl", "stop", "mariadb")
        self.assert_answers_as_before()

    def test_11_restarts_reloads_and_an_upgrade_disturb_no_lookup(self):
        load = LookupLoad(self.machine, f"{_TREE}/tests/boot/inside/lookups.py")
        with load:
            for verb in ("restart", "reload"):
                for service in ("postmirror-proxy", "postmirror-sync"):
                    command = ("systemctl", verb, service)
                    self.disturb(load, [service], verb == "restart", *command)
            command = ("dpkg", "--install", f"{_PACKAGES}/second.deb")
            self.disturb(load, SERVICES, True, *command)
        version = self.run_inside("dpkg-query", "--show", "-f${Version}", "postmirror")
        self.assertTrue(version.endswith("+upgrade"), version)
        self.assert_active(*UNITS)
        self.assert_answers_as_before()

    def disturb(self, load, disturbed, ends, *command):
        """Runs a command amidst lookups, which ends the services' processes or not."""
        pids = self.pids(disturbed)
        what = " ".join(command)
        self.note(load.assert_undisturbed(what, lambda: self.run_inside(*command)))
        for old, new in zip(pids, self.pids(disturbed)):
            self.assertEqual(old != new, ends, what)

    def pids(self, names):
        return [services.main_pid(self.machine, each) for each in names]

    def test_12_killed_proxy_comes_back(self):
        pid = services.main_pid(self.machine, "postmirror-proxy")
        kill = ("systemctl", "kill", "--kill-whom=main", "--signal=KILL")
        self.run_inside(*kill, "postmirror-proxy")
        wait_until(
            lambda: services.main_pid(self.machine, "postmirror-proxy") not in (0, pid),
            30,
            "systemd starts the proxy again",
        )
        self.assertEqual(self.reply(10040, "example.org"), "200 1")
        self.assert_answers_as_before()

    def test_13_wrong_configuration_is_not_taken_over(self):
        pids = self.pids(SERVICES)
        right = self.run_inside("cat", _CONFIG) + "\n"
        line = right.count("\n") + 1
        self.machine.run("tee", _CONFIG, stdin=right + "max_shrink = much\n")
        self.run_inside("systemctl", "reload", *SERVICES)
        for service in SERVICES:
            entry = self.assert_log_says(service, f"{_CONFIG}:{line}:", "max_shrink")
            self.note(f"{service}: <{entry['PRIORITY']}> {entry['MESSAGE']}")
            self.assertEqual(entry["PRIORITY"], "3")
            self.assertEqual(entry["SYSLOG_FACILITY"], _MAIL_FACILITY)
            self.assertEqual(entry["_SYSTEMD_UNIT"], f"{service}.service")
        self.assert_answers_as_before()
        self.machine.run("tee", _CONFIG, stdin=right)
        self.run_inside("systemctl", "reload", *SERVICES)
        self.assertEqual(self.pids(SERVICES), pids)

    def assert_follows(self, alias):
        """A new alias in MariaDB is answered."""
        value = "john@example.org"
        self.server.add_alias(alias, value)
        wait_until(
            lambda: self.reply(10042, alias) == f"200 {value}",
            60,
            lambda: f"{alias} is answered, but {self.reply(10042, alias)}",
        )

    def reply(self, port, key):
        return services.tcp_table_reply(self.machine, port, key)

    def test_14_boots_without_mariadb(self):
        self.run_inside("systemctl", "mask", "mariadb.service")
        self.machine.reboot()
        self.assert_booted("postfix.service", *UNITS)
        self.assertEqual(services.shown(self.machine, "mariadb", "LoadState"), "masked")
        self.assert_answers_as_before()
        self.note(services.shown(self.machine, "postmirror-sync", "StatusText"))

    def test_15_boots_with_mariadb(self):
        self.run_inside("systemctl", "unmask", "mariadb.service")
        self.machine.reboot()
        self.assert_booted("postfix.service", "mariadb.service", *UNITS)
        self.assert_follows("socket@example.org")
        self.wait_for_status(0)
        self.assert_answers_as_before()

    def test_16_follows_over_tcp_with_a_password(self):
        socket = "/run/mysqld/mysqld.sock"
        self.assertIn(socket, self.run_inside("postmirrorctl", "status"))
        self.server.read_over_tcp("/etc/postmirror")
        self.run_inside("systemctl", "reload", "postmirror-sync")
        self.assert_log_says("postmirror-sync", "127.0.0.1", "TCP without TLS")
        self.assert_follows("tcp@example.org")
        status = self.run_inside("postmirrorctl", "status")
        self.assertIn("127.0.0.1", status)
        self.assertNotIn(socket, status)

    def test_17_removed(self):
        """The way back, as the README has it, and then the package."""
        self.server.ask_mariadb()
        names = ("postmirror-proxy.socket", "postmirror-proxy", "postmirror-sync")
        self.run_inside("systemctl", "disable", "--now", *names)
        self.assert_answers_as_before()
        self.run_inside("apt-get", "-y", "remove", "postmirror")
        for unit in UNITS:
            state = {"ActiveState": "inactive", "LoadState": "not-found"}
            for name, value in state.items():
                self.assertEqual(services.shown(self.machine, unit, name), value)
        for path in (_CONFIG, _STORE, f"{_STORE}-status"):
            self.assertTrue(self.machine.succeeds("test", "-e", path))
        self.assert_active("postfix.service")
        self.assert_answers_as_before()

    def test_18_purged(self):
        """Nothing stays but the administrator's files, which no group reads now."""
        self.run_inside("apt-get", "-y", "purge", "postmirror")
        mine = {f"/etc/postmirror/{map_file(each)}" for each in PARAMETERS}
        left = inventory.files(self.machine) ^ self.files
        self.assertEqual(left, mine | {"/etc/postmirror"})
        for path in mine:
            owner = self.run_inside("stat", "-c", "%a %U:%G", path)
            self.assertEqual(owner, "640 root:root")
        self.assertEqual(inventory.accounts(self.machine) ^ self.accounts, set())
        self.machine.reboot()
        self.assert_booted("postfix.service", "mariadb.service")
        self.assert_answers_as_before()


if __name__ == "__main__":
    unittest.main()
