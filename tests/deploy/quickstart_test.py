"""deploy/quickstart where things go wrong; that the main job works is a test of its
own. Needs root: a network of its own keeps other servers' ports out of the way."""

import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import unittest

from support.waiting import wait_until

_ROOT = pathlib.Path(__file__).parents[2]
_BUILD_FAILED = 1

# Stands in for cmake(1): tells how it was called, and cannot build.
_CMAKE = """\
#!/bin/sh
echo "$@" >>"$CALLS"
[ "$1" = --build ] || exit 0
echo 'proxy/main.cc:7:1: error: what is this'
seq --format='[%g/99] Building CXX object' 50
exit 1
"""


def programs_in(folder):
    """Returns the command lines of running programs that name the folder."""
    lines = []
    for file in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try:
            lines.append(file.read_text())
        except OSError:
            pass  # it ended meanwhile
    return [line for line in lines if folder in line]


class BuildTest(unittest.TestCase):
    """A copy of the script in a clone without sources."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="postmirror-quickstart-test-")
        self.addCleanup(folder.cleanup)
        self.clone = pathlib.Path(folder.name)
        shutil.copytree(_ROOT / "deploy", self.clone / "deploy")
        self.build = self.clone / "build" / "release"
        self.build.mkdir(parents=True)
        (self.clone / "bin").mkdir()
        cmake = self.clone / "bin" / "cmake"
        cmake.write_text(_CMAKE)
        cmake.chmod(0o755)
        self.calls = self.clone / "calls"

    def run_quickstart(self):
        """Returns what it has said of the failed build, and how cmake was called."""
        environment = {
            "PATH": f"{self.clone}/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "CALLS": self.calls,
        }
        result = subprocess.run(
            ["unshare", "--net", self.clone / "deploy" / "quickstart"],
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
        )
        self.assertEqual(result.returncode, _BUILD_FAILED, result)
        return result.stderr, self.calls.read_text().splitlines()

    def write_cache(self):
        (self.build / "CMakeCache.txt").write_text(
            f"CMAKE_HOME_DIRECTORY:INTERNAL={self.clone}\n"
        )

    def test_interrupted_configure_is_made_up_for(self):
        self.write_cache()
        _, calls = self.run_quickstart()
        self.assertRegex(calls[0], "^--preset release")

    def test_finished_configure_is_kept(self):
        self.write_cache()
        (self.build / "build.ninja").touch()
        _, calls = self.run_quickstart()
        self.assertRegex(calls[0], "^--build")

    def test_failed_build_shows_the_error_far_above_the_end(self):
        said, _ = self.run_quickstart()
        self.assertIn("proxy/main.cc:7:1: error: what is this", said)


class ServeTest(unittest.TestCase):
    """--serve, which needs its ports free."""

    def setUp(self):
        self.process = subprocess.Popen(
            [_ROOT / "deploy" / "quickstart", "--serve"],
            stdout=subprocess.PIPE,
            text=True,
        )
        self.addCleanup(self.process.stdout.close)
        self.addCleanup(self.process.wait)
        self.addCleanup(self.process.terminate)
        self.said = ""
        for line in self.process.stdout:
            self.said += line
            if line.startswith("Ctrl-C"):
                return
        self.fail(self.said)

    def line(self, what):
        """Returns the command that is printed for that."""
        return re.search(rf"^{what}: +(.*)$", self.said, re.MULTILINE)[1]

    def succeeds(self, command):
        return not subprocess.run(command, shell=True, capture_output=True).returncode

    def test_printed_lines_kill_mariadb_and_start_it_again(self):
        select = f"{self.line('Change the tables')} --execute 'SELECT 1'"
        self.assertTrue(self.succeeds(select))
        self.assertTrue(self.succeeds(self.line("Kill MariaDB")))
        wait_until(lambda: not self.succeeds(select), 10, lambda: "MariaDB is gone")
        subprocess.run(self.line("Start it again"), shell=True, check=True)
        wait_until(lambda: self.succeeds(select), 30, lambda: "MariaDB is back")
        wait_until(
            lambda: self.succeeds(self.line("Look at the copy")),
            30,
            lambda: "the copy is confirmed again",
        )
        folder = re.search(r"/tmp/postmirror-quickstart\.\w+", self.said)[0]
        self.process.send_signal(signal.SIGINT)
        self.assertEqual(self.process.wait(30), 0)
        self.assertFalse(pathlib.Path(folder).exists())
        self.assertEqual(programs_in(folder), [])


if __name__ == "__main__":
    unittest.main()
