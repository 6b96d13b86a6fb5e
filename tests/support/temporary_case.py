"""The fixture for faults of the store: every lookup is temporary and smtpd says
451; afterwards, in the same proxy process, every answer is right."""

from support.e2e_case import E2eCase
from support.postmap import NOT_FOUND, TEMPORARY, found
from support.site import ALIASES, DOMAINS, MAILBOXES, PROTOCOLS
from support.smtp import send_mail

# A key that is in the map and one that is not: neither may be answered.
_KEYS = (
    (DOMAINS, "example.org", found("1")),
    (DOMAINS, "elsewhere.test", NOT_FOUND),
    (MAILBOXES, "user@example.org", found("1")),
    (MAILBOXES, "unknown@example.org", NOT_FOUND),
    (ALIASES, "info@example.org", found("user@example.org,elsewhere@remote.invalid")),
    (ALIASES, "unknown@example.org", NOT_FOUND),
)
# Keys that nobody has asked for before, of either kind.
_FRESH_KEYS = (
    (DOMAINS, "catchall.test"),
    (DOMAINS, "fresh.test"),
    (MAILBOXES, "fresh@example.org"),
    (ALIASES, "catch@catchall.test"),
    (ALIASES, "fresh@example.org"),
)


class TemporaryCase(E2eCase):
    # A store that was lost is filled again at the next reconcile.
    settings = {"reconcile_interval": "200ms"}

    def setUp(self):
        super().setUp()
        self._postfixes = []
        self._proxy_pid = None

    def start_proxy(self):
        """Starts the proxy, whose process has to live through the test, and a
        Postfix for each protocol."""
        self.site.start_proxy()
        self._proxy_pid = self.site.proxy.pid
        self._postfixes = [
            self.start_postfix(self.site.main_cf("socketmap-unix")),
            self.start_postfix(self.site.main_cf("tcp"), "postfix-tcp"),
        ]

    def start_all(self):
        """Starts sync too, and waits until everything is answered rightly."""
        self.site.sync.start()
        self.start_proxy()
        self.assert_heals()

    def wait_for_temporary(self):
        """Waits until a fault that has just been made is noticed. Until then, as
        ever, nothing is answered wrongly."""
        for parameter in (DOMAINS, MAILBOXES, ALIASES):
            self.wait_for_lookup(parameter, "any@any.test", TEMPORARY)

    def assert_temporary(self):
        """Nothing is found and nothing is not found."""
        for parameter, key, _ in _KEYS:
            self.assert_lookup(parameter, key, TEMPORARY)
        for recipient in ("user@example.org", "unknown@example.org"):
            self.assert_replies(recipient, "451 4.3.0")
        self.assert_same_proxy()

    def assert_temporary_but_kept(self):
        """The same, but that what was asked before may be answered as before: the
        proxy keeps that as long as the store is at the same moment."""
        for parameter, key, outcome in _KEYS:
            for protocol in PROTOCOLS:
                with self.subTest(protocol=protocol, parameter=parameter, key=key):
                    got = self.lookup(parameter, key, protocol)
                    self.assertIn(got, (TEMPORARY, outcome))
        for parameter, key in _FRESH_KEYS:
            self.assert_lookup(parameter, key, TEMPORARY)
        self.assert_replies("fresh@example.org", "451 4.3.0")
        self.assert_same_proxy()

    def assert_heals(self):
        """Without a restart of the proxy, every answer is right again. REQUIRES: the
        proxy answers from no store that it is about to close."""
        self.wait_until_answering()
        self.assert_right()

    def assert_right(self):
        """Every answer is right now."""
        self.assert_lookups(_KEYS)
        self.assert_replies("user@example.org", "250 2.0.0")
        self.assert_replies("info@example.org", "250 2.0.0")
        self.assert_replies("unknown@example.org", "550 5.1.1")
        self.assert_same_proxy()

    def assert_replies(self, recipient, reply):
        """smtpd gives this reply, over each protocol."""
        for postfix in self._postfixes:
            with self.subTest(postfix=postfix.folder.name, recipient=recipient):
                answer = send_mail(postfix.port, recipient)
                self.assertEqual(str(answer), reply, answer.text)

    def assert_same_proxy(self):
        self.assertEqual(self.site.proxy.pid, self._proxy_pid)
