"""A Debian machine with systemd as PID 1, below this kernel: namespaces and a cgroup
of its own, no virtual hardware. Needs root.

    machine = Machine(folder, root)       # root: a folder that holds a Debian
    machine.boot()
    machine.run("systemctl", "stop", "mariadb").stdout
    machine.reboot()
    machine.close()

It ends with this process, however that ends, and so do its mounts: they belong to
its own mount namespace.
"""

import atexit
import os
import pathlib
import pty
import signal
import subprocess
import threading

from support.mounts import enter_private_mounts
from support.waiting import wait_until

_HERE = pathlib.Path(__file__).parent
_BOOT_SECONDS = 180
_NAMESPACES = ("mount", "pid", "cgroup", "uts", "ipc", "net")
# What a shell of the machine's root would have.
_ENVIRONMENT = (
    "PATH=/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME=/root",
    "LC_ALL=C.UTF-8",
    "DEBIAN_FRONTEND=noninteractive",
)
# How the kernel ends PID 1 of a pid namespace that calls reboot(2).
_REBOOTED = -signal.SIGHUP


class Machine:
    """Use it from one thread."""

    def __init__(self, folder, root):
        self.root = pathlib.Path(root)
        self._folder = pathlib.Path(folder)
        self._cgroup = self._make_cgroup()
        self._unshare = None
        self._pid = None  # of the machine's PID 1
        self._console = self._folder / "console.log"
        atexit.register(self.close)

    def boot(self):
        """Starts the machine, and waits until systemd has started what it will."""
        master, terminal = pty.openpty()
        self._unshare = subprocess.Popen(
            self._boot_command(),
            stdin=terminal,
            stdout=terminal,
            stderr=terminal,
            start_new_session=True,
        )
        os.close(terminal)
        # Not waited for by the end of this process, which first ends the machine.
        self._reader = threading.Thread(
            target=self._keep_console, args=(master,), daemon=True
        )
        self._reader.start()
        self._pid = wait_until(self._systemd_pid, 30, self._why_not("runs systemd"))
        wait_until(
            lambda: self.system_state() in ("running", "degraded"),
            _BOOT_SECONDS,
            self._why_not("has booted"),
        )

    def reboot(self):
        """Reboots as an administrator would, and waits as boot() does."""
        self.run("systemctl", "reboot")
        code = self._unshare.wait(_BOOT_SECONDS)
        self._end()
        if code != _REBOOTED:
            raise AssertionError(f"the machine ended with {code}, not by a reboot")
        self.boot()

    def close(self):
        """Ends the machine with all that runs in it, if it runs."""
        if self._pid is not None:
            _kill(self._pid)
        if self._unshare is not None:
            # Before systemd was seen: its end takes the machine along.
            if self._pid is None:
                self._unshare.kill()
            self._unshare.wait()
        self._end()
        _remove_cgroups(self._cgroup)
        atexit.unregister(self.close)

    def command(self, *command):
        """Returns the command line that runs a command inside, as root."""
        assert self._pid is not None, "the machine does not run"
        namespaces = [f"--{name}" for name in _NAMESPACES]
        return [
            *("nsenter", f"--target={self._pid}", *namespaces, "--root", "--wd"),
            *("env", "--ignore-environment", *_ENVIRONMENT),
            *map(str, command),
        ]

    def run(self, *command, check=True, stdin="", seconds=120):
        """Runs a command inside to its end, returns a CompletedProcess with text."""
        result = subprocess.run(
            self.command(*command),
            input=stdin,
            capture_output=True,
            text=True,
            timeout=seconds,
        )
        if check and result.returncode != 0:
            raise AssertionError(
                f"{command} ended with {result.returncode}:\n"
                f"{result.stdout}{result.stderr}"
            )
        return result

    def succeeds(self, *command):
        """Says whether a command inside ends with 0."""
        return self.run(*command, check=False).returncode == 0

    def system_state(self):
        """Returns what `systemctl is-system-running` says, such as "running"."""
        return self.run("systemctl", "is-system-running", check=False).stdout.strip()

    def journal(self, *options):
        """Returns lines of the journal of all boots, running or not."""
        command = ("journalctl", "--no-pager", "--quiet", *options)
        if self._pid is None:
            command = ("chroot", self.root, *command)
            return subprocess.run(command, capture_output=True, text=True).stdout
        return self.run(*command).stdout

    def console(self):
        """Returns the end of what was written to the console."""
        if not self._console.exists():
            return ""
        return self._console.read_text(errors="replace")[-4000:]

    def _boot_command(self):
        # It moves itself into the cgroup, so that this is the root of what the
        # machine sees.
        script = 'echo $$ >"$0" && exec "$@"'
        namespaces = [f"--{name}" for name in _NAMESPACES]
        return [
            *("setpriv", "--pdeathsig=KILL"),
            *("sh", "-c", script, self._cgroup / "cgroup.procs"),
            *("unshare", *namespaces, "--fork", "--kill-child"),
            *(_HERE / "become_pid_1", self.root),
        ]

    def _make_cgroup(self):
        """Returns a fresh cgroup of the whole machine's unified hierarchy."""
        enter_private_mounts()
        hierarchy = self._folder / "cgroup"
        hierarchy.mkdir()
        subprocess.run(["mount", "-t", "cgroup2", "cgroup2", hierarchy], check=True)
        cgroup = hierarchy / f"postmirror-boot-{os.getpid()}"
        cgroup.mkdir()
        return cgroup

    def _systemd_pid(self):
        code = self._unshare.poll()
        if code is not None:
            raise AssertionError(f"the machine ended with {code}:\n{self.console()}")
        parent = self._unshare.pid
        children = pathlib.Path(f"/proc/{parent}/task/{parent}/children")
        for child in children.read_text().split():
            # Not before it has exec'ed, in its own root: what is run inside until
            # then would be a program of ours.
            if _name_of(child) == "systemd":
                return int(child)
        return None

    def _why_not(self, what):
        return lambda: f"the machine {what}; its console:\n{self.console()}"

    def _keep_console(self, master):
        with open(self._console, "ab", buffering=0) as log:
            while True:
                try:
                    log.write(os.read(master, 65536))
                except OSError:  # nobody has the terminal open any more
                    break
        os.close(master)

    def _end(self):
        """Forgets a machine that has ended."""
        if self._unshare is not None:
            self._reader.join()
        self._unshare = None
        self._pid = None


def _name_of(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""  # it has ended


def _kill(pid):
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def _remove_cgroups(top):
    """Removes a cgroup and those below it; none holds a process any more."""
    for folder, _, _ in os.walk(top, topdown=False):
        os.rmdir(folder)
