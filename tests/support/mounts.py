"""Mounts for the tests: a full disk, a read-only store. Needs root.

They are made in a mount namespace of the test's own process, so that none is left
on the machine, however the test ends.
"""

import ctypes
import os
import subprocess

_CLONE_NEWNS = 0x00020000  # sched.h

_entered = False


def enter_private_mounts():
    """Gives this process, and what it starts from now on, mounts of its own."""
    global _entered
    if _entered:
        return
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_CLONE_NEWNS) != 0:
        raise OSError(ctypes.get_errno(), "unshare(CLONE_NEWNS)")
    subprocess.run(["mount", "--make-rprivate", "/"], check=True)
    _entered = True


class SmallDisk:
    """A file system of `size` bytes, mounted on `folder`."""

    def __init__(self, folder, size):
        enter_private_mounts()
        self._folder = folder
        self._filler = folder / "filler"
        folder.mkdir()
        options = f"size={size},mode=0755"
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], check=True
        )

    def fill(self):
        """Leaves no block free."""
        with open(self._filler, "ab", buffering=0) as filler:
            try:
                while filler.write(bytes(4096)):
                    pass
            except OSError:
                pass
        free = os.statvfs(self._folder).f_bavail
        assert free == 0, f"{free} blocks are free"

    def make_room(self):
        """Takes back what fill() took."""
        self._filler.unlink()

    def close(self):
        subprocess.run(["umount", "--lazy", self._folder], check=True)


def read_only_wrapper(folder):
    """Returns a command that executes its arguments where `folder` is mounted
    read-only, as under ReadOnlyPaths= of a systemd unit."""
    script = (
        'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && shift && exec "$@"'
    )
    return ["unshare", "--mount", "sh", "-c", script, "sh", folder]


def make_writable(pid, folder):
    """Takes the read-only mount back, in the mount namespace of that process."""
    subprocess.run(
        ["nsenter", f"--target={pid}", "--mount"]
        + ["mount", "-o", "remount,bind,rw", folder],
        check=True,
    )
