"""Read the data files shipped in ``vidcheck/facts/data``."""

from __future__ import annotations

import csv
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
