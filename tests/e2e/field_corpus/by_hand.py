"""The queries of the ISPmail guide as administrators change them by hand."""

from field_corpus.field_map import FieldMap, Project
from field_corpus.ispmail import KEYS, TABLES

PROJECT = Project(
    "by_hand",
    TABLES,
    KEYS,
    (
        FieldMap(
            "virtual_alias_maps",
            "first_two",
            "SELECT destination FROM virtual_aliases WHERE source='%s'"
            " ORDER BY destination DESC LIMIT 2",
            ordered=True,
        ),
        FieldMap(
            "virtual_alias_maps",
            "oldest",
            "SELECT destination AS d FROM virtual_aliases v WHERE v.source='%s'"
            " ORDER BY v.id LIMIT 1;",
            ordered=True,
        ),
        FieldMap(
            "virtual_alias_maps",
            "with_copies",
            "SELECT email FROM virtual_users WHERE email='%s' UNION ALL"
            " SELECT destination FROM virtual_aliases WHERE '%s'=source",
        ),
        FieldMap(
            "smtpd_sender_login_maps",
            "first_of_each",
            "(SELECT email FROM virtual_users WHERE email='%s') UNION"
            " (SELECT destination FROM virtual_aliases WHERE source='%s'"
            " ORDER BY id DESC LIMIT 1)",
        ),
        FieldMap(
            "smtpd_sender_login_maps",
            "first_of_all",
            "SELECT email FROM virtual_users WHERE email='%s' UNION"
            " SELECT destination FROM virtual_aliases WHERE source='%s' LIMIT 1",
            reason="LIMIT behind a UNION",
            # A destination is taken where there is no mailbox.
            mirror_query="SELECT email, MIN(email) FROM virtual_users GROUP BY email"
            " UNION ALL SELECT source, destination FROM virtual_aliases"
            " WHERE id IN (SELECT MIN(id) FROM virtual_aliases GROUP BY source)"
            " AND source NOT IN (SELECT email FROM virtual_users)",
        ),
        FieldMap(
            "virtual_alias_maps",
            "once_each",
            "SELECT DISTINCT destination FROM virtual_aliases WHERE source='%s'",
            reason="DISTINCT would merge the rows of all keys",
            mirror_query="SELECT DISTINCT source, destination FROM virtual_aliases",
        ),
    ),
)
