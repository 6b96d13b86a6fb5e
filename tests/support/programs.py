"""postmirror's programs, started as an administrator would start them.

They are taken from the folder that POSTMIRROR_BIN names, or one of its children
(default: the release preset's build).
"""

import os
import pathlib
import shutil
import signal
import subprocess

from support.waiting import wait_until

_DEFAULT_BIN = pathlib.Path(__file__).parents[2] / "build" / "release"


def program_path(name):
    """Returns the path of a program, such as "postmirror-proxy"."""
    folder = pathlib.Path(os.environ.get("POSTMIRROR_BIN", _DEFAULT_BIN))
    for path in (folder / name, *sorted(folder.glob(f"*/{name}"))):
        if path.is_file():
            return path
    raise AssertionError(f"{name} is not in {folder}: build it, or set POSTMIRROR_BIN")


def run_program(name, *arguments, timeout=60):
    """Runs a program to its end, returns a CompletedProcess with text."""
    return subprocess.run(
        [program_path(name), *map(str, arguments)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout,
    )


class Daemon:
    """A program that stays: one process at a time, its log in `folder`.

    `user` and `group` run it with these rights and no others; `wrapper` is a
    command that ends in executing its arguments, so that the pid is the daemon's;
    `manager` is the Supervisor that starts it, if it is not to be nobody.
    """

    def __init__(
        self,
        folder,
        name,
        *arguments,
        user=None,
        group=None,
        wrapper=(),
        manager=None,
    ):
        self.name = name
        self.log_file = pathlib.Path(folder) / f"{name}.log"
        if manager is not None:
            wrapper = (*manager.wrapper, *wrapper)
        self._manager = manager
        self._user, self._group = user, group
        binary = program_path(name)
        if user is not None:
            # A build folder below /root is closed to other users.
            binary = shutil.copy2(binary, folder)
        self._command = [str(part) for part in (*wrapper, binary, *arguments)]
        self._process = None

    @property
    def pid(self):
        """The process id of the running daemon. Fails if it has ended."""
        assert self._process is not None, f"{self.name} was not started"
        code = self._process.poll()
        if code is not None:
            raise AssertionError(f"{self.name} ended with {code}:\n{self.log()}")
        return self._process.pid

    def start(self):
        """Starts the daemon; returns at once."""
        assert self._process is None, f"{self.name} runs already"
        rights = {}
        if self._user is not None:
            rights = {"user": self._user, "group": self._group, "extra_groups": []}
        if self._manager is not None:
            rights.update(self._manager.popen_arguments())
        with open(self.log_file, "ab") as log:
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                umask=0o022,
                **rights,
            )

    def reload(self):
        """Sends SIGHUP."""
        os.kill(self.pid, signal.SIGHUP)

    def stop(self):
        """Ends the daemon with SIGTERM and returns its exit status."""
        pid = self.pid
        self._process.send_signal(signal.SIGTERM)
        try:
            code = self._process.wait(20)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self.name} {pid} ignores SIGTERM") from None
        self._process = None
        return code

    def kill(self):
        """Ends the daemon with SIGKILL, if it runs."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(20)
            self._process = None

    def wait_until_dead(self, seconds=30):
        """Waits until the daemon has ended by itself; then it can start again."""
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self.name} lives:\n{self.log()}") from None
        self._process = None

    def freeze(self):
        """Stops the daemon's threads, until thaw."""
        os.kill(self.pid, signal.SIGSTOP)

    def thaw(self):
        """Lets a frozen daemon go on."""
        os.kill(self.pid, signal.SIGCONT)

    def log(self):
        """Returns all that the daemon has logged."""
        if not self.log_file.exists():
            return ""
        return self.log_file.read_text(errors="replace")

    def wait_for_log(self, text, seconds=20):
        """Waits until the log holds `text`; the daemon must be alive."""
        wait_until(
            lambda: self.pid and text in self.log(),
            seconds,
            lambda: f"{self.name} logs {text!r}, but:\n{self.log()}",
        )
