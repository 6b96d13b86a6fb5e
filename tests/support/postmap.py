"""Lookups through Postfix's own client, postmap(1)."""

import dataclasses
import subprocess


@dataclasses.dataclass(frozen=True)
class Outcome:
    """Found with a value, not found, or temporary: what Postfix makes of a reply."""

    kind: str
    value: str = ""

    def __str__(self):
        return f"{self.kind} {self.value}".strip()


NOT_FOUND = Outcome("not found")
TEMPORARY = Outcome("temporary")


def found(value):
    return Outcome("found", value)


def postmap_answers(config, table, keys):
    """Looks many keys up at once; returns the values of those that are found.

    A key is text without a newline, its bytes that are no UTF-8 as surrogates.
    Raises AssertionError when a lookup is temporary.
    """
    result = subprocess.run(
        ["postmap", "-c", config, "-q", "-", table],
        input="".join(f"{key}\n" for key in keys).encode(errors="surrogateescape"),
        capture_output=True,
    )
    # 1: none of them was found. Warnings tell of keys that are not UTF-8 and of
    # empty values.
    complaints = result.stderr.decode(errors="replace")
    if result.returncode not in (0, 1) or "postmap: fatal" in complaints:
        raise AssertionError(
            f"postmap -q - {table}: exit {result.returncode}: {complaints[-500:]}"
        )
    output = result.stdout.decode(errors="surrogateescape")
    answers = {}
    for line in output.split("\n")[:-1]:
        key, _, value = line.rpartition("\t")
        answers[key] = value
    return answers


def postmap_query(config, table, key):
    """Looks `key` up in `table`, such as "tcp:127.0.0.1:12345".

    `config` is a Postfix configuration folder. The key reaches the server as it
    stands. Raises AssertionError when postmap says anything that is no outcome.
    """
    command = ["postmap", "-c", config, "-q", key, table]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True) as process:
        complaints = ""
        for line in process.stderr:
            if "query error" in line:
                # All is said; postmap would now sleep for a second.
                process.kill()
                return TEMPORARY
            complaints += line
        value = process.stdout.read()
    if process.returncode == 0:
        return found(value.removesuffix("\n"))
    if process.returncode == 1 and not value and not complaints:
        return NOT_FOUND
    raise AssertionError(
        f"postmap -q {key} {table}: exit {process.returncode}: {value}{complaints}"
    )
