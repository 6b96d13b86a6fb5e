"""What one lookup costs a server, beside a null server, memcached and Redis."""

from .order import measure
from .report import goals, plots, render, summary

NAME = "lookups"
TITLE = "Lookups"
