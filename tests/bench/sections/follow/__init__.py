"""From a commit until a lookup sees it, beside a replica of MariaDB."""

from .report import goals, render, summary
from .scenarios import measure

NAME = "follow"
TITLE = "From commit to visible"
