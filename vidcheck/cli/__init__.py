"""The command line: parse, call, map errors; nothing else.

Each file holds the commands of one task and adds them to the group in :mod:`vidcheck.cli.root`.
"""

from vidcheck.cli import analysis, cases
from vidcheck.cli.root import cli, main

__all__ = ["analysis", "cases", "cli", "main"]
