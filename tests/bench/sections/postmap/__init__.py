"""A lookup as Postfix's own client sees it, through each kind of table."""

from .report import goals, render, summary
from .rounds import measure

NAME = "postmap"
TITLE = "Lookups by postmap"
