"""Read the data files shipped in ``vidcheck/facts/data``."""

from __future__ import annotations

import csv
import hashlib
import io
from functools import cache
from importlib import resources
from typing import Any


def read_text(name: str) -> str:
    """Return the text of the data file ``name``.

    Raises
    ------
    FileNotFoundError
        If the package was installed without it.
    """
    return resources.files(__package__).joinpath("data", name).read_text(encoding="utf-8")


@cache
def read_yaml(name: str) -> Any:
    """Return the parsed YAML file ``name``; callers do not change it."""
    import yaml

    return yaml.safe_load(read_text(name))


@cache
def read_csv(name: str) -> tuple[dict[str, str], ...]:
    """Return the rows of the CSV file ``name``."""
    return tuple(csv.DictReader(io.StringIO(read_text(name))))


@cache
def tables_version() -> str:
    """Return eight hexadecimal digits that change whenever a table changes; part of the version of the time steps."""
    digest = hashlib.sha256()
    folder = resources.files(__package__).joinpath("data")
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if file.is_file() and file.name.endswith((".yaml", ".csv")):
            digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:8]
