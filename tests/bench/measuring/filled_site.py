"""A postmirror that has mirrored a database and answers."""

import contextlib
import json

from support.postmap import NOT_FOUND
from support.site import ALIASES, Site
from support.socketmap import SocketmapClient
from support.waiting import wait_until

_FILL_SECONDS = 600

# An operator's time-outs, not the tests' short ones; and no guard, since more is
# changed within an hour than it lets pass.
_SETTINGS = {"connect_timeout": None, "read_timeout": None, "max_shrink": "100%"}


@contextlib.contextmanager
def filled_site(folder, database, settings=None):
    """Gives a Site in `folder` whose daemons run, once every map is filled."""
    site = Site(folder, database.port, {**_SETTINGS, **(settings or {})})
    try:
        site.sync.start()
        site.start_proxy()
        wait_until(
            lambda: _is_filled(site) and proxy_answers(site),
            _FILL_SECONDS,
            lambda: f"filled and answered:\n{site.logs()}",
        )
        yield site
    finally:
        site.close()


def proxy_answers(site):
    """Says whether the proxy has the store open, for which it looks about once a
    second."""
    with SocketmapClient(site.unix_socket) as client:
        key = "nobody@bench.invalid"
        return client.ask(ALIASES, [key]) == {key: NOT_FOUND}


def _is_filled(site):
    assert site.sync.pid and site.proxy.pid
    maps = json.loads(site.ctl("status", "--json").stdout)["maps"]
    return maps and all(each["state"] == "filled" for each in maps)
