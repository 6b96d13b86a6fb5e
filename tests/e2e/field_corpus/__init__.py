"""Map files as they are found on mail servers, by the shape of their queries."""

from field_corpus import (
    by_hand,
    froxlor,
    iredmail,
    ispmail,
    mailcow,
    modoboa,
    postfixadmin,
)

PROJECTS = (
    ispmail.NEW,
    ispmail.OLD,
    by_hand.PROJECT,
    postfixadmin.PROJECT,
    iredmail.PROJECT,
    mailcow.PROJECT,
    modoboa.PROJECT,
    froxlor.PROJECT,
)
