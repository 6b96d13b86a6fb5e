"""A MariaDB with a mail server's tables of any size."""

from support.mariadb import SYNCED_OPTIONS, MariaDb

# Each commit's redo log is on the disk before its OK.
DURABLE_OPTIONS = (
    *SYNCED_OPTIONS,
    "--innodb-buffer-pool-size=512M",
    "--innodb-log-file-size=256M",
)
# The binlog is written, not synced.
BINLOG_OPTIONS = (
    "--log-bin=mail-bin",
    "--binlog-format=ROW",
    "--sync-binlog=0",
    "--server-id=1",
)

# A hundred aliases a domain, ten of them for each mailbox; every source is unique.
_DOMAIN = (
    "CONCAT(ELT(1+({n})%6,'mail','shop','club','praxis','office','web'), {n},"
    " '.example')"
)
_ROWS = """
INSERT INTO virtual_domains (id, name)
  SELECT seq, {domain} FROM seq_1_to_{domains};
INSERT INTO virtual_mailboxes (id, domain_id, email, password)
  SELECT seq, {domain_id}, CONCAT('user', seq, '@', {domain_of_row}), ''
  FROM seq_1_to_{mailboxes};
INSERT INTO virtual_aliases (id, domain_id, source, destination)
  SELECT seq, {domain_id},
    CONCAT(ELT(1+seq%8,'anna','jan','info','maria','peter','sales','lena','tom'), '.',
           ELT(1+seq DIV 8%7,'meyer','smith','rossi','novak','larsen','weber','ito'),
           seq, '@', {domain_of_row}),
    CONCAT('user', 1+seq%{mailboxes}, '@', {domain_of_row})
  FROM seq_1_to_{rows};
"""


def filling(rows):
    """Returns the SQL that fills the guide's empty tables with so many aliases."""
    domains, mailboxes = rows // 100, rows // 10
    domain_id = f"1+seq%{domains}"
    return _ROWS.format(
        rows=rows,
        domains=domains,
        mailboxes=mailboxes,
        domain=_DOMAIN.format(n="seq"),
        domain_id=domain_id,
        domain_of_row=_DOMAIN.format(n=f"({domain_id})"),
    )


class Database(MariaDb):
    """With a binlog that postmirror may follow, durable, filled at its start."""

    def __init__(self, folder, rows):
        super().__init__(folder, (*DURABLE_OPTIONS, *BINLOG_OPTIONS))
        self.rows = rows

    def start(self):
        super().start()
        self.load_schema()
        # Not in the binlog: nobody is to read it.
        self.run(f"SET SESSION sql_log_bin = 0; {filling(self.rows)}")
        self.grant_binlog()

    def entries(self):
        """Returns all aliases as (key, value)."""
        return self.run("SELECT source, destination FROM virtual_aliases")
