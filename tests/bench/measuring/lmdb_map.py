"""Postfix's own lmdb: maps."""

import pathlib
import subprocess

_TIMEOUT_SECONDS = 900


def make_lmdb_map(path, database, query):
    """Makes the map PATH.lmdb of the keys and values that the query selects, as an
    administrator does: postmap(1) on a text file, which goes again. Returns it as
    main.cf names it."""
    path = pathlib.Path(path)
    # A configuration of its own, so that no installation's settings count.
    config = path.with_suffix(".config")
    config.mkdir()
    (config / "main.cf").write_text("compatibility_level = 3.6\n", encoding="ascii")
    with open(path, "wb") as text:
        _run([*database.client_command(), "--quick", f"--execute={query}"], text)
    _run(["postmap", "-c", config, f"lmdb:{path}"])
    path.unlink()
    return f"lmdb:{path}"


def _run(command, output=subprocess.DEVNULL):
    result = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.PIPE,
        timeout=_TIMEOUT_SECONDS,
    )
    if result.returncode != 0 or result.stderr:
        said = result.stderr[-500:].decode(errors="replace")
        raise AssertionError(f"{command}: exit {result.returncode}: {said}")
