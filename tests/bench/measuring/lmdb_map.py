"""Postfix's own lmdb: maps."""

import pathlib
import subprocess

_TIMEOUT_SECONDS = 900


def make_lmdb_map(path, entries):
    """Makes the map PATH.lmdb of (key, value), as an administrator does: postmap(1)
    on a text file, which goes again. Returns it as main.cf names it."""
    path = pathlib.Path(path)
    # A configuration of its own, so that no installation's settings count.
    config = path.with_suffix(".config")
    config.mkdir()
    (config / "main.cf").write_text("compatibility_level = 3.6\n", encoding="ascii")
    with open(path, "w", encoding="utf-8") as text:
        text.writelines(f"{key} {value}\n" for key, value in entries)
    result = subprocess.run(
        ["postmap", "-c", config, f"lmdb:{path}"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_TIMEOUT_SECONDS,
    )
    if result.returncode != 0 or result.stderr:
        raise AssertionError(f"postmap lmdb:{path}: {result.stderr[-500:]}")
    path.unlink()
    return f"lmdb:{path}"
