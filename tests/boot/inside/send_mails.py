"""Sends a mail to each address of the command line through the machine's smtpd;
prints the replies as JSON."""

import dataclasses
import json
import sys

from support.smtp import send_mails

_SMTP = 25

replies = send_mails(_SMTP, sys.argv[1:])
print(json.dumps([dataclasses.asdict(each) for each in replies]))
