"""The CASE/UCO export: valid by the ontology, the same each time, and silent about what nobody stated."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.report_example import example_analysis
from vidcheck import case_uco, intake, store
from vidcheck.types import Analysis

RECORD = """\
[case]
id = "700/1/2026"
requesting_authority = "Inspektorat Contoh"
request_reference = "ND-1/2026"
question = "Kapan klip ini direkam?"
examiner = "Pemeriksa Contoh"
[receipt]
received_at = 2026-01-13T09:20:00+08:00
received_from = "Kanal aduan"
"""


@pytest.fixture
def analysis() -> Analysis:
    full = example_analysis()
    return replace(full, source=replace(full.source, sha256="ab" * 32))


def nodes(document: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [node for node in document["@graph"] if node["@type"].endswith(f":{kind}")]


def exported(analysis: Analysis, folder: Path, text: str = RECORD) -> dict[str, Any]:
    (folder / store.ANALYSIS).write_bytes(b"{}")
    (folder / intake.CASE_FILE).write_text(text)
    path = case_uco.write_export(analysis, folder)
    document: dict[str, Any] = json.loads(path.read_bytes())
    return document


def test_it_holds_the_file_the_tool_and_every_step(analysis: Analysis, tmp_path: Path) -> None:
    document = exported(analysis, tmp_path)
    names = {node["uco-core:name"] for node in nodes(document, "File")}
    assert names == {analysis.source.path, store.ANALYSIS, intake.CASE_FILE}
    clip = next(node for node in nodes(document, "File") if node["uco-core:name"] == analysis.source.path)
    content = clip["uco-core:hasFacet"][1]
    assert content["uco-observable:hash"][0]["uco-types:hashValue"]["@value"] == "ab" * 32
    actions = {node["uco-core:name"] for node in nodes(document, "InvestigativeAction")}
    assert actions == {"receipt", "report", *(run.step for run in analysis.steps)}
    for run in analysis.steps:
        if run.status != "ok":
            action = next(n for n in nodes(document, "InvestigativeAction") if n["uco-core:name"] == run.step)
            assert "not looked at" in action["uco-core:description"]
    entries = {
        node["uco-core:name"]: node["uco-configuration:usesConfiguration"] for node in nodes(document, "ConfiguredTool")
    }
    shots = {
        entry["uco-configuration:itemName"]
        for entry in entries["vidcheck: shots"]["uco-configuration:configurationEntry"]
    }
    assert shots == {"version", *analysis.steps[0].settings}
    identifiers = [node["@id"] for node in document["@graph"]]
    assert len(identifiers) == len(set(identifiers))
    assert exported(analysis, tmp_path) == document


def test_what_was_not_stated_is_not_there(analysis: Analysis, tmp_path: Path) -> None:
    document = exported(analysis, tmp_path, "")
    for kind in ("Person", "Organization", "Authorization"):
        assert not nodes(document, kind)
    assert "receipt" not in {node["uco-core:name"] for node in nodes(document, "InvestigativeAction")}
    assert "uco-core:name" not in nodes(document, "Investigation")[0]


def test_the_ontology_accepts_it(analysis: Analysis, tmp_path: Path) -> None:
    case_validate = pytest.importorskip("case_utils.case_validate", reason="case-utils is not installed")
    few = replace(analysis, steps=analysis.steps[:2])
    exported(few, tmp_path)
    result = case_validate.validate(str(tmp_path / case_uco.CASE_JSONLD), case_version="case-1.4.0")
    assert result.conforms, result.text
    assert not result.undefined_concepts
