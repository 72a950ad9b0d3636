"""The command line: parse, call, map errors; nothing else.

Each file holds the commands of one task and adds them to the group in :mod:`vidcheck.cli.root`.
"""

from vidcheck.cli import analysis, batch, cases, doctor, identify, people, review, sealing
from vidcheck.cli.root import cli, main

__all__ = ["analysis", "batch", "cases", "cli", "doctor", "identify", "main", "people", "review", "sealing"]
