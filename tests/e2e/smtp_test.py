"""Mail through smtpd: the replies that a remote client sees and the recipients for
whom the mail arrives are those of mysql: maps, over each protocol, with MariaDB
there or not."""

import unittest

from support.e2e_case import E2eCase
from support.smtp import send_mail

# Recipient, reply, final recipients.
_MAILS = (
    ("user@example.org", "250 2.0.0", ["user@example.org"]),
    ("USER@Example.ORG", "250 2.0.0", ["USER@Example.ORG"]),
    ("user+Ext@example.org", "250 2.0.0", ["user+Ext@example.org"]),
    (
        "info@example.org",
        "250 2.0.0",
        ["elsewhere@remote.invalid", "user@example.org"],
    ),
    (
        "Info+News@example.org",
        "250 2.0.0",
        ["elsewhere+News@remote.invalid", "user+News@example.org"],
    ),
    ("anyone@catchall.test", "250 2.0.0", ["user@example.org"]),
    ("any+One@catchall.test", "250 2.0.0", ["user@example.org"]),
    ("unknown@example.org", "550 5.1.1", []),
    ("unknown+ext@example.org", "550 5.1.1", []),
    ("user@elsewhere.test", "554 5.7.1", []),
)


class SmtpTest(E2eCase):
    def assert_mails(self, postfix):
        # All are on their way before the first has to have arrived.
        answers = [send_mail(postfix.port, recipient) for recipient, *_ in _MAILS]
        for answer, (recipient, reply, final_recipients) in zip(answers, _MAILS):
            with self.subTest(recipient=recipient):
                self.assertEqual(str(answer), reply, answer.text)
                if answer.code == 250:
                    self.assertEqual(
                        postfix.final_recipients(answer), final_recipients
                    )

    def assert_mails_over(self, protocol):
        self.start_postmirror()
        postfix = self.start_postfix(self.site.main_cf(protocol))
        self.assert_mails(postfix)
        self.mariadb.stop()
        self.assert_mails(postfix)
        self.mariadb.start()
        self.mariadb.kill()
        self.assert_mails(postfix)
        self.mariadb.start()
        self.mariadb.freeze()
        self.assert_mails(postfix)

    def test_mysql_is_the_measure(self):
        self.assert_mails(self.start_postfix(self.site.mysql_main_cf()))

    def test_without_postmirror_an_outage_defers_mail(self):
        postfix = self.start_postfix(self.site.mysql_main_cf())
        self.mariadb.kill()
        answer = send_mail(postfix.port, "user@example.org")
        self.assertEqual(str(answer), "451 4.3.0", answer.text)

    def test_mail_flows_over_tcp(self):
        self.assert_mails_over("tcp")

    def test_mail_flows_over_socketmap_inet(self):
        self.assert_mails_over("socketmap-inet")

    def test_mail_flows_over_socketmap_unix(self):
        self.assert_mails_over("socketmap-unix")


if __name__ == "__main__":
    unittest.main()
