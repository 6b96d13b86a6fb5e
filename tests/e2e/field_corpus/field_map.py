"""What the corpus is made of: map files, by the shape of their query, and the
tables that they ask."""

import dataclasses

# A parameter that is asked for exact keys: postmap -q then asks both sides the
# same, without an address search on ours.
EXACT = "virtual_mailbox_domains"


@dataclasses.dataclass(frozen=True)
class FieldMap:
    """One map file, and what postmirror is expected to make of it.

    `parameter` is the one of main.cf that names it. `reason` is why its query is
    refused, empty where a mirror query is derived; `mirror_query` then is the cure.
    `served_as` is the parameter under which the answers are compared; `keys` are
    asked besides those of the project, `without` are not asked. `ordered`: the
    query says in which order the values come.
    """

    parameter: str
    name: str
    query: str
    reason: str = ""
    mirror_query: str = ""
    served_as: str = EXACT
    keys: tuple = ()
    without: tuple = ()
    ordered: bool = False


@dataclasses.dataclass(frozen=True)
class Project:
    """The tables of one project in a database of its own, with rows that exercise
    its map files, and the keys that each map is asked for."""

    name: str
    schema: str
    keys: tuple
    maps: tuple
