"""Notebooks run as they are committed, and are committed without output."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from vidcheck.types import Analysis

NOTEBOOKS = sorted((Path(__file__).parent.parent / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_notebook_runs(
    path: Path, demo_analysis: Analysis, demo_workdir: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.setenv("VIDCHECK_WORKDIR", str(demo_workdir))  # the demonstration clip is analysed once for all tests
    cells = [c for c in json.loads(path.read_text("utf-8"))["cells"] if c["cell_type"] == "code"]
    assert cells and not any(cell["outputs"] for cell in cells)
    names: dict[str, object] = {}
    for cell in cells:
        exec(compile("".join(cell["source"]), path.name, "exec"), names)
    assert "2025" in capsys.readouterr().out
    analysis = names["analysis"]
    assert isinstance(analysis, Analysis) and analysis.persons == demo_analysis.persons
