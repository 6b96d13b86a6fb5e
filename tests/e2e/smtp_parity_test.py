"""Two Postfix on the same tables, one with mysql: maps, one with ours: a remote
client sees the same replies, and each mail arrives for the same recipients.

Each test is one way to write main.cf; what it says stands in postmirror.cf as well.
The whole list of recipients is sent under each, over each way to us.
"""

import concurrent.futures
import unittest

from support.e2e_case import E2eCase
from support.parity_rows import PARITY_SQL, RECIPIENTS, UTF8_RECIPIENTS
from support.site import ALIASES, GUIDE_MAPS, MAILBOXES, MapFile
from support.smtp import send_mails

_WAYS = {
    # The queue folder with the unix socket belongs to "postfix".
    "socketmap-unix": "postfix",
    "tcp": "postfix-tcp",
    # Through proxymap(8), with an absolute path.
    "proxy-socketmap": "postfix-proxy",
}

_MAIN_CF = {
    "recipient_delimiter": "+",
    "myhostname": "mail.test.invalid",
    "myorigin": "origin.test",
    "mydestination": "$myhostname, localhost.test.invalid, Local.test, [127.0.0.1]",
}


def _more_aliases(kind, lines=""):
    query = f"SELECT destination FROM more_aliases WHERE kind='{kind}' AND source='%s'"
    return MapFile(kind, query, lines)


_EMAIL2EMAIL = MapFile(
    "email2email", "SELECT email FROM virtual_mailboxes WHERE email='%s'"
)
_FOLDERS = MapFile("folders", "SELECT folder FROM folders WHERE email='%s'")
_LIMITED = _more_aliases("limited", "expansion_limit = 2")
_FILTERED = _more_aliases("filtered", "domain = example.org, Filtered.test")
_FORMATTED = _more_aliases("formatted", "result_format = %u.%d@formatted.test")
_CANONICAL_MAPS = "recipient_canonical_maps"
_CANONICAL = _more_aliases("canonical")


class _SmtpParityCase(E2eCase):
    # What main.cf and postmirror.cf say, beside _MAIN_CF.
    main_cf = {}
    recipients = RECIPIENTS + UTF8_RECIPIENTS

    def setUp(self):
        self.settings = {**_MAIN_CF, **self.main_cf}
        super().setUp()
        self.mariadb.run(PARITY_SQL)

    def assert_parity(self, witnesses):
        """Every recipient fares as with mysql:, and the witnesses as stated: were
        what the test is about without effect, they would tell."""
        self.start_postmirror()
        oracle = self.start(self.site.mysql_main_cf(), "postfix-mysql")
        ours = [self.start(self.site.main_cf(way), _WAYS[way]) for way in _WAYS]
        with concurrent.futures.ThreadPoolExecutor() as pool:
            measure, *answers = pool.map(self.fates, [oracle, *ours])
        for recipient, fate in witnesses.items():
            with self.subTest(witness=recipient):
                self.assertEqual(measure[recipient], fate)
        for way, fates in zip(_WAYS, answers):
            for recipient, fate in fates.items():
                with self.subTest(way=way, recipient=recipient):
                    self.assertEqual(fate, measure[recipient])

    def fates(self, postfix):
        """Returns for each recipient the reply's codes with the final recipients, or
        with the text of a refusal."""
        replies = send_mails(postfix.port, self.recipients)
        fates = [_fate(postfix, reply) for reply in replies]
        return dict(zip(self.recipients, fates))

    def start(self, maps, name):
        return self.start_postfix({**self.settings, **maps}, name)


def _fate(postfix, reply):
    if reply.code != 250:
        return [str(reply), reply.text]
    return [str(reply), *postfix.final_recipients(reply)]


def _delivered(*final_recipients):
    return ["250 2.0.0", *final_recipients]


def _unknown(recipient):
    reason = "Recipient address rejected: User unknown in virtual mailbox table"
    return ["550 5.1.1", f"<{recipient}>: {reason}"]


class GuideParityTest(_SmtpParityCase):
    maps = {
        ALIASES: [GUIDE_MAPS[ALIASES], _EMAIL2EMAIL, _LIMITED, _FILTERED, _FORMATTED],
        MAILBOXES: [GUIDE_MAPS[MAILBOXES], _FOLDERS],
    }

    def test_maps_of_every_kind_behind_those_of_the_guide(self):
        self.assert_parity(
            {
                "Sales+News@example.org": _delivered("user+News@example.org"),
                "Real+Ext@catchall.test": _delivered("real+Ext@catchall.test"),
                "both@example.org": _delivered("alias@remote.invalid"),
                "in@filtered.test": _delivered("in@remote.invalid"),
                "format@example.org": _delivered("Bob.a@formatted.test"),
                "jose@example.org": _delivered("josé@example.org"),
                "three@limited.test": [
                    "451 4.3.0",
                    "<three@limited.test>: Temporary lookup failure",
                ],
                "folder+Ext@example.org": _delivered("folder+Ext@example.org"),
                "null.folder@example.org": _unknown("null.folder@example.org"),
                "owner-list@example.org": _unknown("owner-list@example.org"),
            }
        )


class MapOrderParityTest(_SmtpParityCase):
    main_cf = {"recipient_delimiter": "+-"}
    maps = {ALIASES: [_EMAIL2EMAIL, GUIDE_MAPS[ALIASES]]}

    def test_two_delimiters_and_mailboxes_before_aliases(self):
        self.assert_parity(
            {
                "sales-News@example.org": _delivered("user-News@example.org"),
                "user-a+B@example.org": _delivered("user-a+B@example.org"),
                "both@example.org": _delivered("Both@example.org"),
                "owner-list@example.org": _unknown("owner-list@example.org"),
            }
        )


class NotPropagatedParityTest(_SmtpParityCase):
    main_cf = {
        "recipient_delimiter": "-+",
        "propagate_unmatched_extensions": "canonical",
        "owner_request_special": "no",
    }
    maps = {_CANONICAL_MAPS: [_CANONICAL]}

    def test_extensions_are_kept_by_canonical_maps_only(self):
        self.assert_parity(
            {
                "Sales+News@example.org": _delivered("User@example.org"),
                "AtDomain+Ext@example.org": _delivered("AtDomain@other.test"),
                "Old+Ext@example.org": _delivered("user+Ext@example.org"),
                "Real+Ext@catchall.test": _delivered("user@example.org"),
                "owner-list@example.org": _delivered("owner@remote.invalid"),
            }
        )


class NoDelimiterParityTest(_SmtpParityCase):
    main_cf = {"recipient_delimiter": "", "smtputf8_enable": "no"}
    recipients = RECIPIENTS

    def test_no_extensions_and_no_utf8(self):
        self.assert_parity(
            {
                "Sales+News@example.org": _unknown("Sales+News@example.org"),
                "SALES+SPECIAL@example.org": _delivered("mixed@example.org"),
            }
        )


if __name__ == "__main__":
    unittest.main()
