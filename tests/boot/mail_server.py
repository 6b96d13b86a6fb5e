"""The machine as the ISPmail guide makes it: Postfix and MariaDB of Debian, the guide's
tables with the sample data, map files with the password; mail to virtual recipients
ends in discard(8).

    server = MailServer(machine, folder)      # folder: this tree inside the machine
    server.set_up()
    answers = server.answers()                # of mysql: maps
    server.ask_postmirror()
    server.answers() == answers
"""

import dataclasses
import json
import re

from support.waiting import wait_until

PARAMETERS = ("virtual_mailbox_domains", "virtual_mailbox_maps", "virtual_alias_maps")
_PASSWORD = "b00t-test"
_RECIPIENTS = (
    "info@example.org",  # an alias, three mailboxes
    "contact@example.org",  # an alias of an alias
    "john@example.org",  # a mailbox
    "John+Lists@example.org",  # with an extension
    "any@example.net",  # a catch-all
    "nobody@example.org",  # unknown
)
# By each protocol, and by the unix socket where smtpd and cleanup ask.
_OURS = {
    "virtual_mailbox_domains": "tcp:127.0.0.1:10040",
    "virtual_mailbox_maps": "socketmap:inet:127.0.0.1:10043:virtual_mailbox_maps",
    "virtual_alias_maps": "socketmap:unix:postmirror/maps:virtual_alias_maps",
}
# What asks the maps, in the chroot of the queue folder.
_CHROOTED = ("smtp/inet", "cleanup/unix", "rewrite/unix")


@dataclasses.dataclass(frozen=True)
class Answer:
    """What the client was told, without the queue id, and for whom the mail was."""

    code: int
    text: str
    recipients: tuple


def map_file(parameter):
    """Returns the file name that the guide's map of the parameter has."""
    return f"mysql-{parameter.replace('_', '-')}.cf"


class MailServer:
    def __init__(self, machine, folder):
        self._machine = machine
        self._folder = folder

    def set_up(self):
        """Makes the database, the map files and Postfix's settings."""
        self._fill_database()
        self._write_map_files()
        settings = {
            "myhostname": "mail.machine.test",
            "mydestination": "localhost",
            "recipient_delimiter": "+",
            "inet_interfaces": "loopback-only",
            "virtual_transport": "discard",
            "default_transport": "discard",
        }
        self._machine.run("postconf", *(f"{k} = {v}" for k, v in settings.items()))
        for service in _CHROOTED:
            self._machine.run("postconf", "-F", f"{service}/chroot = y")
        self.ask_mariadb()
        self._machine.run("systemctl", "restart", "postfix")

    def read_over_tcp(self, folder):
        """Has the map files in that folder name MariaDB's port, and its account."""
        hosts = "s|^hosts = .*|hosts = 127.0.0.1|"
        user = rf"s|^user = .*|user = postmirror\npassword = {_PASSWORD}|"
        for name in map(map_file, PARAMETERS):
            self._machine.run("sed", "-i", "-e", hosts, "-e", user, f"{folder}/{name}")

    def ask_mariadb(self):
        """Gives main.cf the mysql: lines of the guide."""
        self._set_maps(
            {each: f"mysql:/etc/postfix/{map_file(each)}" for each in PARAMETERS}
        )

    def ask_postmirror(self):
        """Gives main.cf the lines that ask the proxy."""
        self._set_maps(_OURS)

    def answers(self):
        """Sends a mail to each recipient; returns the Answer of each."""
        program = f"{self._folder}/tests/boot/inside/send_mails.py"
        result = self._machine.run(
            *("env", f"PYTHONPATH={self._folder}/tests", "python3", "-B", program),
            *_RECIPIENTS,
        )
        replies = json.loads(result.stdout)
        return dict(zip(_RECIPIENTS, map(self._answer, replies)))

    def add_alias(self, source, destination):
        """Commits an alias of the first domain in MariaDB."""
        self._run_sql(
            "mailserver",
            "INSERT INTO virtual_aliases (domain_id, source, destination)"
            f" VALUES (1, '{source}', '{destination}')",
        )

    def roots(self, program):
        """Returns the root folders of the processes of a program of Postfix."""
        script = (
            "for each in /proc/[0-9]*; do"
            ' if [ "$(cat $each/comm)" = "$0" ]; then readlink $each/root; fi;'
            " done 2>/dev/null; true"
        )
        return set(self._machine.run("sh", "-c", script, program).stdout.split())

    def main_cf(self):
        return self._machine.run("cat", "/etc/postfix/main.cf").stdout

    def _fill_database(self):
        sql = self._machine.root / self._folder.lstrip("/") / "schema" / "sql"
        self._run_sql("", (sql / "database.sql").read_text())
        for name in ("tables", "sample", "grants"):
            self._run_sql("mailserver", (sql / f"{name}.sql").read_text())
        for host in ("127.0.0.1", "localhost"):
            self._run_sql(
                "mailserver",
                f"SET PASSWORD FOR 'postmirror'@'{host}' = PASSWORD('{_PASSWORD}');",
            )

    def _write_map_files(self):
        for name in map(map_file, PARAMETERS):
            path = f"/etc/postfix/{name}"
            self._machine.run("cp", f"{self._folder}/deploy/postfix/{name}", path)
            # Postfix is in a chroot, and has no account by unix_socket.
            log_on = rf"user = postmirror\npassword = {_PASSWORD}"
            self._machine.run("sed", "-i", f"s/^user = .*/{log_on}/", path)
            self._machine.run("sed", "-i", "s/^hosts = .*/hosts = 127.0.0.1/", path)
            self._machine.run("chown", "root:postfix", path)
            self._machine.run("chmod", "0640", path)

    def _run_sql(self, database, text):
        self._machine.run("mariadb", *database.split(), stdin=text)

    def _set_maps(self, maps):
        self._machine.run("postconf", *(f"{k} = {v}" for k, v in maps.items()))
        if self._machine.succeeds("systemctl", "is-active", "postfix"):
            self._machine.run("systemctl", "reload", "postfix")

    def _answer(self, reply):
        text = f"{reply['enhanced']} {reply['text']}"
        queued = re.search(r"queued as (\w+)", text)
        if not queued:
            return Answer(reply["code"], text, ())
        recipients = self._delivered(queued[1])
        return Answer(reply["code"], text.replace(queued[1], "ID"), recipients)

    def _delivered(self, queue_id):
        """Returns for whom a mail was, once the queue has it no more."""
        log = wait_until(
            lambda: self._log_of(queue_id, "removed"),
            60,
            lambda: f"{queue_id} is delivered:\n{self._log_of(queue_id)}",
        )
        return tuple(sorted(re.findall(r"^\w+: to=<([^>]*)>", log, re.MULTILINE)))

    def _log_of(self, queue_id, with_word=""):
        """Returns the lines of the mail log about a mail; none before the word is
        there."""
        log = self._machine.journal("--boot", "--output=cat", "--facility=mail")
        lines = [line for line in log.splitlines() if line.startswith(f"{queue_id}: ")]
        text = "\n".join(lines)
        return text if with_word in text else ""
