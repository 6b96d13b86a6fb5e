"""Certificates of an authority of the test's own, for servers on 127.0.0.1.

    authority = Authority(folder / "ours")
    authority.file                      # for tls_CAfile
    certificate, key = authority.sign("IP:127.0.0.1")
"""

import os
import pathlib
import subprocess


def _openssl(*arguments):
    result = subprocess.run(
        ["openssl", *map(str, arguments)], capture_output=True, text=True
    )
    if result.returncode != 0:
        raise AssertionError(f"openssl {arguments}: {result.stderr}")


class Authority:
    """`folder` must not exist; every user may read it, MariaDB's above all."""

    def __init__(self, folder):
        self._folder = pathlib.Path(folder)
        self._folder.mkdir()
        os.chmod(self._folder, 0o755)
        self.file = self._folder / "ca.pem"
        self._key = self._folder / "ca.key"
        self._count = 0
        _openssl(
            *("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-subj", f"/CN={self._folder.name}"),
            *("-keyout", self._key, "-out", self.file),
        )

    def sign(self, name):
        """Returns the paths of a certificate for `name`, such as "IP:127.0.0.1" or
        "DNS:db.example.org", and of its key."""
        self._count += 1
        stem = self._folder / f"server-{self._count}"
        certificate, key, request = (
            stem.with_suffix(each) for each in (".pem", ".key", ".csr")
        )
        names = stem.with_suffix(".ext")
        names.write_text(f"subjectAltName = {name}\n")
        _openssl(
            *("req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=server"),
            *("-keyout", key, "-out", request),
        )
        _openssl(
            *("x509", "-req", "-days", "2", "-in", request, "-extfile", names),
            *("-CA", self.file, "-CAkey", self._key, "-CAcreateserial"),
            *("-out", certificate),
        )
        for path in (certificate, key):
            os.chmod(path, 0o644)
        return certificate, key
