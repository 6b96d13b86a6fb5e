"""What is asked of whom: the cells of the table."""

import dataclasses

from .contenders import MEMCACHED, NULL, OURS, REDIS, TCP_TABLE, TRANSPORTS

SMALL, USUAL, LARGE = 10_000, 1_000_000, 10_000_000

# How keys are asked for, and the load generator's options for it. A miss is tried
# as three keys: as it is, without its extension, and its domain alone.
HITS, MISSES, EXTENDED, HOT = "hits", "misses", "with extension", "hot keys"
OPTIONS = {
    HITS: (),
    MISSES: ("--misses=1", "--extension=+news"),
    EXTENDED: ("--extension=+news",),
    HOT: ("--zipf=0.99", "--first=20000"),
}
# Who does not know what an extension is finds these keys missing.
_ONLY_OURS = {MISSES, EXTENDED}

_ALL = (NULL, OURS, TCP_TABLE, MEMCACHED, REDIS)


@dataclasses.dataclass(frozen=True)
class Cell:
    rows: int
    transport: str
    connections: int
    keys: str
    contenders: tuple = _ALL

    def asks(self, contender):
        """Whether this server is asked here."""
        return (
            contender.transport == self.transport and contender.name in self.contenders
        )


def all_cells(quick):
    """Returns the cells by the number of rows, those of one number together."""
    if quick:
        for transport in TRANSPORTS:
            for keys in OPTIONS:
                yield Cell(SMALL, transport, 10, keys, _contenders(keys))
        return
    for transport in TRANSPORTS:
        for connections in (1, 10, 100, 1000):
            yield Cell(USUAL, transport, connections, HITS)
        for keys in (MISSES, EXTENDED, HOT):
            for connections in (10, 100):
                yield Cell(USUAL, transport, connections, keys, _contenders(keys))
    for rows in (SMALL, LARGE):
        for transport in TRANSPORTS:
            yield Cell(rows, transport, 100, HITS)


def _contenders(keys):
    return (NULL, OURS, TCP_TABLE) if keys in _ONLY_OURS else _ALL
