"""A root folder with the users and the folders that the package makes, by sysusers.d and
tmpfiles.d, as they are in the tree. Needs root.

    root = SystemRoot(folder)
    root.add_postfix()  # its group is this machine's; else as without Postfix
    root.make_users()
    root.make_folders()
    root.path / "var/lib/postmirror"
"""

import grp
import pathlib
import subprocess

_DEPLOY = pathlib.Path(__file__).parents[2] / "deploy"
# An access list names its groups as this system knows them, whatever --root= says.
_WITH_ITS_USERS = """
for file in passwd group; do mount --bind "$0/etc/$file" "/etc/$file"; done
exec "$@"
"""


class SystemRoot:
    def __init__(self, folder):
        self.path = pathlib.Path(folder)
        (self.path / "etc").mkdir(parents=True, exist_ok=True)

    def add_postfix(self):
        """Postfix is installed: there is its group."""
        with (self.path / "etc/group").open("a") as file:
            file.write(f"postfix:x:{grp.getgrnam('postfix').gr_gid}:\n")

    def make_users(self):
        configuration = _DEPLOY / "sysusers/postmirror.conf"
        self._run("systemd-sysusers", f"--root={self.path}", configuration)

    def make_folders(self, code=0):
        """As the installation and each boot do; returns what was said. Where a line
        cannot be applied, that ends with 65, and goes on with the others."""
        configuration = _DEPLOY / "tmpfiles/postmirror.conf"
        tmpfiles = ("systemd-tmpfiles", f"--root={self.path}", "--create")
        inside = ("unshare", "--mount", "sh", "-ec", _WITH_ITS_USERS, self.path)
        return self._run(*inside, *tmpfiles, configuration, code=code)

    def ids(self, user, group):
        """Returns the numbers of both."""
        return int(self.entries("passwd")[user][2]), int(
            self.entries("group")[group][2]
        )

    def entries(self, file):
        """Returns the lines of passwd or group by name, each a list of fields."""
        lines = (self.path / "etc" / file).read_text().splitlines()
        return {fields[0]: fields for fields in (line.split(":") for line in lines)}

    def _run(self, *command, code=0):
        result = subprocess.run(command, capture_output=True, text=True, timeout=60)
        assert result.returncode == code, result
        return result.stdout + result.stderr
