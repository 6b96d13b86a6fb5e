"""Mail through smtpd, as a remote client sees it."""

import dataclasses
import itertools
import os
import smtplib

_numbers = itertools.count(1)


@dataclasses.dataclass(frozen=True)
class SmtpReply:
    """What the client was told: the reply that refused the mail, else the last."""

    sender: str
    code: int
    enhanced: str  # such as "5.1.1"
    text: str

    def __str__(self):
        return f"{self.code} {self.enhanced}"


def send_mail(port, recipient):
    """Sends one mail to `recipient`, returns an SmtpReply."""
    return send_mails(port, [recipient])[0]


def send_mails(port, recipients):
    """Sends one mail to each recipient in one session, returns their SmtpReplies.

    A recipient is sent as it is spelled, quotes included. The sender is never used
    again: smtpd remembers the class of a recipient's domain for a sender and
    recipient, a failure to find it included.
    """
    with smtplib.SMTP("127.0.0.1", port, "client.test.invalid", timeout=60) as client:
        client.ehlo()
        client.command_encoding = "utf-8"
        return [_send(client, recipient) for recipient in recipients]


def _send(client, recipient):
    sender = f"mail{next(_numbers)}.{os.getpid()}@sender.invalid"
    options = [] if recipient.isascii() else ["SMTPUTF8"]
    for step in (
        lambda: client.mail(sender, options),
        lambda: client.docmd("RCPT", f"TO:<{recipient}>"),
        lambda: client.data(f"From: <{sender}>\r\nSubject: test\r\n\r\ntest\r\n"),
    ):
        try:
            code, text = step()
        except smtplib.SMTPDataError as refused:
            code, text = refused.smtp_code, refused.smtp_error
        if code >= 400:
            client.rset()
            break
    words = text.decode("utf-8", "replace").split(" ", 1)
    return SmtpReply(sender, code, words[0], words[-1])
