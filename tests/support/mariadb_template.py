"""An empty MariaDB data folder, made once and copied for each server.

mariadb-install-db takes seconds, a copy takes a fraction of one. The template is
kept in the folder that POSTMIRROR_TEST_CACHE names (the build's), else in a
folder of this process that is removed at its end.
"""

import atexit
import fcntl
import os
import pathlib
import shutil
import subprocess
import tempfile

_process_folder = None


def copy_to(datadir):
    """Makes `datadir`, which must not exist, a fresh data folder."""
    folder = _cache_folder()
    # Tests run side by side: the first to come makes the template.
    with open(folder / "lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        template = folder / f"mariadb-{_version()}"
        if not template.exists():
            _install(template)
    subprocess.run(["cp", "-a", template, datadir], check=True)


def _cache_folder():
    global _process_folder
    cache = os.environ.get("POSTMIRROR_TEST_CACHE")
    if cache:
        folder = pathlib.Path(cache)
        folder.mkdir(parents=True, exist_ok=True)
        return folder
    if _process_folder is None:
        _process_folder = pathlib.Path(tempfile.mkdtemp(prefix="postmirror-template-"))
        atexit.register(shutil.rmtree, _process_folder, ignore_errors=True)
    return _process_folder


def _version():
    words = subprocess.run(
        ["mariadbd", "--no-defaults", "--version"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    return words[words.index("Ver") + 1]


def _install(template):
    # Below /tmp, since user mysql cannot reach a build folder below /root.
    with tempfile.TemporaryDirectory(prefix="postmirror-install-") as folder:
        os.chmod(folder, 0o755)
        made = pathlib.Path(folder, "datadir")
        made.mkdir()
        command = [
            "mariadb-install-db",
            "--no-defaults",
            "--force",  # the host's name need not resolve
            "--skip-test-db",
            "--auth-root-authentication-method=normal",
            "--innodb-log-file-size=4M",
            # Whoever loses it with the machine makes it again.
            "--loose-debug-no-sync=1",
            "--innodb-flush-method=fsync",
            f"--datadir={made}",
            f"--tmpdir={folder}",
        ]
        if os.geteuid() == 0:
            command.append("--user=mysql")
            shutil.chown(folder, "mysql")
            shutil.chown(made, "mysql")
        result = subprocess.run(command, capture_output=True, text=True)
        if result.returncode != 0:
            raise AssertionError(f"mariadb-install-db: {result.stdout}{result.stderr}")
        # Renamed into place, so that a template is whole or absent.
        unfinished = template.with_suffix(".unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        subprocess.run(["cp", "-a", made, unfinished], check=True)
        unfinished.rename(template)
