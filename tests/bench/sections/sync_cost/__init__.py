"""What mirroring costs: a full sync, a resync, one changed row, and doing nothing."""

from .measuring_order import measure
from .report import goals, render, summary

NAME = "sync"
TITLE = "What mirroring costs"
