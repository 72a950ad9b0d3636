"""Examples in docstrings run, and say what they say."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import vidcheck


def test_examples_in_docstrings_are_true() -> None:
    attempted = 0
    for module in pkgutil.walk_packages(vidcheck.__path__, "vidcheck."):
        if "_models" in module.name or module.name.endswith("__main__"):
            continue
        failed, tried = doctest.testmod(importlib.import_module(module.name))
        assert not failed, module.name
        attempted += tried
    assert attempted >= 6
