"""A Postfix instance of the test's own: real programs, private folders, no
system service. Needs root.

    postfix = Postfix(folder, sink, {"virtual_alias_maps": "tcp:127.0.0.1:12345"})
    postfix.start()
    reply = send_mail(postfix.port, "info@example.org")
    postfix.final_recipients(reply)
    postfix.close()

Every transport ends in the sink. No service is chrooted, so that a relative unix
socket path begins at the queue folder, as it does in a chroot.
"""

import os
import pathlib
import shutil
import signal
import subprocess

from support.ports import accepts_connections, free_port
from support.waiting import wait_until

# maillog_file needs the postlog service in master.cf: without it, master hangs
# on a log socket that nobody reads.
_MAIN_CF = {
    "compatibility_level": "3.6",
    "myhostname": "mail.test.invalid",
    "mydestination": "localhost.test.invalid",
    "inet_interfaces": "127.0.0.1",
    "inet_protocols": "ipv4",
    "mynetworks": "",
    "alias_maps": "",
    "local_recipient_maps": "",
    "recipient_delimiter": "+",
    "smtpd_peername_lookup": "no",
    "smtpd_relay_restrictions": "reject_unauth_destination",
    # One session may hold any number of refused mails, and none is slowed down.
    "smtpd_error_sleep_time": "0",
    "smtpd_hard_error_limit": "1000",
    "smtpd_junk_command_limit": "1000",
    "in_flow_delay": "0",
}

_TRANSPORTS = (
    "default_transport",
    "local_transport",
    "relay_transport",
    "virtual_transport",
)

_MASTER_CF = """\
127.0.0.1:{port} inet n - n - - smtpd
pickup   unix       n - n 60  1 pickup
cleanup  unix       n - n -   0 cleanup
qmgr     unix       n - n 300 1 qmgr
rewrite  unix       - - n -   - trivial-rewrite
bounce   unix       - - n -   0 bounce
defer    unix       - - n -   0 bounce
trace    unix       - - n -   0 bounce
proxymap unix       - - n -   - proxymap
error    unix       - - n -   - error
retry    unix       - - n -   - error
lmtp     unix       - - n -   - lmtp
anvil    unix       - - n -   1 anvil
postlog  unix-dgram n - n -   1 postlogd
"""

# In the order in which a mail passes them, so that none is missed on its way.
_QUEUES = ("maildrop", "incoming", "active", "deferred")

# The queue folder as postfix-files(5) describes it: folder, mode, group postdrop.
_FOLDERS = (
    *((name, 0o700, False) for name in ("incoming", "active", "deferred", "hold")),
    *((name, 0o700, False) for name in ("bounce", "defer", "trace", "flush")),
    *((name, 0o700, False) for name in ("corrupt", "saved", "private")),
    ("public", 0o710, True),
    ("maildrop", 0o730, True),
)


class Postfix:
    def __init__(self, folder, sink, parameters):
        self.folder = pathlib.Path(folder)
        self.config = self.folder / "etc"
        self.spool = self.folder / "spool"
        self.log_file = self.folder / "log"
        self.port = free_port()
        self._sink = sink
        for path in (self.config, self.spool, self.folder / "data"):
            path.mkdir(parents=True, exist_ok=True)
        shutil.chown(self.folder / "data", "postfix")
        self._make_queue_folders()
        self._write_main_cf(parameters)
        (self.config / "master.cf").write_text(_MASTER_CF.format(port=self.port))

    def start(self):
        """Starts the mail system and waits until smtpd answers."""
        # Skips the checks of an installation (postfix-script).
        (self.spool / "quick-start").touch()
        result = self._postfix("start")
        if result.returncode != 0:
            raise AssertionError(f"postfix start: {result.stderr}\n{self.log()}")
        wait_until(lambda: accepts_connections(self.port), 20, "smtpd listens")

    def close(self):
        """Ends the mail system with all its processes."""
        pid_file = self.spool / "pid" / "master.pid"
        if not pid_file.exists():
            return
        master = int(pid_file.read_text())
        try:
            os.killpg(master, signal.SIGKILL)
        except ProcessLookupError:
            return
        wait_until(lambda: not _group_runs(master), 20, "postfix is gone")

    def final_recipients(self, reply):
        """Returns for whom an accepted mail arrived, once none of it is under way.

        Mail that cannot be delivered stays in the queue and fails the test.
        """
        wait_until(
            self._queue_is_empty,
            60,
            lambda: f"mail from {reply.sender} is delivered:\n{self.log()}",
        )
        return self._sink.recipients(reply.sender)

    def service_pids(self, program):
        """Returns the processes of a program that master has started, such as
        "proxymap"."""
        master = int((self.spool / "pid" / "master.pid").read_text())
        return [
            pid
            for pid, name, state, parent, _ in _processes()
            if (name, parent) == (program, master) and state != "Z"
        ]

    def log(self):
        """Returns the end of the mail log."""
        if not self.log_file.exists():
            return ""
        return self.log_file.read_text(errors="replace")[-4000:]

    def _write_main_cf(self, parameters):
        transport = f"lmtp:inet:127.0.0.1:{self._sink.port}"
        lines = {
            **_MAIN_CF,
            **dict.fromkeys(_TRANSPORTS, transport),
            "queue_directory": self.spool,
            "data_directory": self.folder / "data",
            "maillog_file": self.log_file,
            "maillog_file_prefixes": self.folder,
            **parameters,
        }
        path = self.config / "main.cf"
        path.write_text("".join(f"{k} = {v}\n" for k, v in lines.items()))
        # Postfix waits for a file to be two seconds old before it trusts it.
        os.utime(path, (1, 1))

    def _make_queue_folders(self):
        (self.spool / "pid").mkdir()
        for name, mode, for_postdrop in _FOLDERS:
            path = self.spool / name
            path.mkdir()
            shutil.chown(path, "postfix", "postdrop" if for_postdrop else None)
            path.chmod(mode)

    def _queue_is_empty(self):
        return not any(
            files for queue in _QUEUES for _, _, files in os.walk(self.spool / queue)
        )

    def _postfix(self, command):
        # The output goes to a file, as the daemons inherit it and would keep a
        # pipe open.
        with open(self.folder / "output", "w+", encoding="utf-8") as output:
            result = subprocess.run(
                ["postfix", "-c", self.config, command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
            output.seek(0)
            result.stderr = output.read()
        return result


def _group_runs(group):
    """Says whether a process of the group lives; a zombie does not."""
    return any(
        process_group == group and state != "Z"
        for _, _, state, _, process_group in _processes()
    )


def _processes():
    """Gives each process as its id, name, state, parent and process group."""
    for path in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            stat = path.read_text()
        except OSError:
            continue
        # proc(5): the id, the name in parentheses, then state, ppid, pgrp.
        pid, _, rest = stat.partition(" (")
        name, _, rest = rest.rpartition(") ")
        state, parent, group = rest.split()[:3]
        yield int(pid), name, state, int(parent), int(group)
