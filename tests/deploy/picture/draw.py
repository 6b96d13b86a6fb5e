"""tests/deploy/draw_dashboard, which builds first: the run, then the picture."""

import pathlib
import signal
import sys
import tempfile

from plot import draw
from scene import play


def main():
    # These too shall end the servers and remove the folder.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda got, _: sys.exit(128 + got))
    (file,) = sys.argv[1:]
    with tempfile.TemporaryDirectory(prefix="postmirror-picture-") as folder:
        draw(file, play(pathlib.Path(folder)))
    print(f"{file}: {pathlib.Path(file).stat().st_size} bytes", file=sys.stderr)


if __name__ == "__main__":
    main()
