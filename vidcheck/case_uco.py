"""Export of a case to CASE/UCO: ``case.jsonld``, which other forensic tools read.

CASE 1.4 on UCO 1.4 (https://caseontology.org): the file, its hashes and provenance, the tool with its libraries, one
investigative action for each step with its settings, and the files that came out. Findings stay in
``analysis.json``: the ontology has no words for "consistent with" and for bounds. Identifiers are UUIDs made of the
clip's hash, so the same analysis gives the same bytes.
"""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Any

from vidcheck import intake, store
from vidcheck.media import sha256_of
from vidcheck.types import Analysis, StepRun

CASE_JSONLD = "case.jsonld"
_SPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://vidcheck.invalid/kb/")
_CONTEXT = {
    "kb": "https://vidcheck.invalid/kb/",
    "case-investigation": "https://ontology.caseontology.org/case/investigation/",
    "uco-action": "https://ontology.unifiedcyberontology.org/uco/action/",
    "uco-configuration": "https://ontology.unifiedcyberontology.org/uco/configuration/",
    "uco-core": "https://ontology.unifiedcyberontology.org/uco/core/",
    "uco-identity": "https://ontology.unifiedcyberontology.org/uco/identity/",
    "uco-observable": "https://ontology.unifiedcyberontology.org/uco/observable/",
    "uco-tool": "https://ontology.unifiedcyberontology.org/uco/tool/",
    "uco-types": "https://ontology.unifiedcyberontology.org/uco/types/",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
_STATUS = {"ok": "done", "skipped": "skipped, not looked at", "failed": "failed, not looked at"}

Node = dict[str, Any]


def write_export(analysis: Analysis, folder: Path) -> Path:
    """Write ``case.jsonld`` into a case folder, over the files that lie in it.

    Raises
    ------
    OutputError
        Where it cannot be written.
    """
    path = folder / CASE_JSONLD
    data = json.dumps(export(analysis, folder, intake.in_folder(folder)), indent=2, ensure_ascii=False)
    store.write_atomic(path, data.encode() + b"\n")
    return path


def export(analysis: Analysis, folder: Path, record: intake.Intake | None) -> Node:
    """Return the JSON-LD document of a case folder and its intake record."""
    return _Export(analysis, record or intake.Intake()).document(folder)


class _Export:
    """One document in the making."""

    def __init__(self, analysis: Analysis, record: intake.Intake) -> None:
        self._analysis = analysis
        self._record = record
        self._graph: list[Node] = []

    def _id(self, kind: str, *parts: str) -> str:
        name = "\n".join((self._analysis.source.sha256, kind, *parts))
        return f"kb:{kind}-{uuid.uuid5(_SPACE, name)}"

    def _add(self, kind: str, type_: str, *parts: str, **fields: Any) -> Node:
        node = {"@id": self._id(kind, *parts), "@type": type_, **{k.replace("__", ":"): v for k, v in fields.items()}}
        node = {key.replace("_", "-", 1) if key.startswith(("uco_", "case_")) else key: v for key, v in node.items()}
        self._graph.append({key: value for key, value in node.items() if value not in ("", [], None)})
        return {"@id": node["@id"]}

    def document(self, folder: Path) -> Node:
        """Build everything and return it."""
        source, case, receipt = self._analysis.source, self._record.case, self._record.receipt
        clip = self._file(source.path, source.sha256, source.size_bytes)
        tool = self._tool()
        examiner = None
        if case.examiner:
            role = " ".join((case.examiner, case.examiner_role)).strip()
            examiner = self._add(
                "person", "uco-identity:Person", uco_core__name=case.examiner, uco_core__description=role
            )
        authority = None
        if case.requesting_authority:
            authority = self._add("organization", "uco-identity:Organization", uco_core__name=case.requesting_authority)
        provenance = self._add(
            "provenance-record",
            "case-investigation:ProvenanceRecord",
            uco_core__description="The file examined",
            case_investigation__exhibitNumber=case.id,
            uco_core__object=[clip],
        )
        actions = [provenance]
        if receipt != intake.Receipt():
            actions.append(self._received(clip, provenance))
        for run in self._analysis.steps:
            actions.append(self._step(run, clip, tool, examiner))
        results = [
            self._file(p.relative_to(folder).as_posix(), sha256_of(p), p.stat().st_size)
            for p in sorted(folder.rglob("*"))
            if p.is_file() and p.name not in (CASE_JSONLD, store.MANIFEST, *store.SEALS)
        ]
        actions.append(
            self._add(
                "investigative-action",
                "case-investigation:InvestigativeAction",
                "report",
                uco_core__name="report",
                uco_core__description="Pictures, analysis and report written into the case folder",
                uco_action__instrument=[tool],
                uco_action__performer=examiner,
                uco_action__object=[clip],
                uco_action__result=results,
            )
        )
        self._add(
            "investigation",
            "case-investigation:Investigation",
            uco_core__name=case.id,
            uco_core__description=case.question,
            case_investigation__relevantAuthorization=self._authorization(authority),
            uco_core__object=[clip, tool, *actions, *(node for node in (examiner, authority) if node)],
        )
        return {"@context": _CONTEXT, "@graph": self._graph}

    def _authorization(self, authority: Node | None) -> list[Node]:
        case, receipt = self._record.case, self._record.receipt
        if not (case.request_reference or receipt.legal_basis):
            return []
        return [
            self._add(
                "authorization",
                "case-investigation:Authorization",
                case_investigation__authorizationIdentifier=case.request_reference,
                uco_core__description="; ".join(filter(None, (case.requesting_authority, receipt.legal_basis))),
            )
        ]

    def _received(self, clip: Node, provenance: Node) -> Node:
        receipt = self._record.receipt
        words = [("from", receipt.received_from), ("by", receipt.received_how), ("as", receipt.original_name)]
        words += [("kept at", receipt.original_kept_at), ("notes:", receipt.notes)]
        time = None
        if receipt.received_at is not None:
            time = {"@type": "xsd:dateTime", "@value": receipt.received_at.isoformat()}
        return self._add(
            "investigative-action",
            "case-investigation:InvestigativeAction",
            "receipt",
            uco_core__name="receipt",
            uco_core__description="Received " + ", ".join(f"{name} {value}" for name, value in words if value),
            uco_action__startTime=time,
            uco_action__object=[clip],
            uco_action__result=[provenance],
        )

    def _file(self, name: str, sha256: str, size_bytes: int) -> Node:
        hash_ = {
            "@id": self._id("hash", name),
            "@type": "uco-types:Hash",
            "uco-types:hashMethod": "SHA256",
            "uco-types:hashValue": {"@type": "xsd:hexBinary", "@value": sha256},
        }
        size = {"@type": "xsd:integer", "@value": str(size_bytes)}
        facets = [
            {
                "@id": self._id("file-facet", name),
                "@type": "uco-observable:FileFacet",
                "uco-observable:fileName": name.rsplit("/", 1)[-1],
                "uco-observable:filePath": name,
                "uco-observable:sizeInBytes": size,
            },
            {
                "@id": self._id("content-data-facet", name),
                "@type": "uco-observable:ContentDataFacet",
                "uco-observable:sizeInBytes": size,
                "uco-observable:hash": [hash_],
            },
        ]
        return self._add("file", "uco-observable:File", name, uco_core__name=name, uco_core__hasFacet=facets)

    def _tool(self) -> Node:
        versions = self._analysis.tool
        libraries = ", ".join(f"{name} {version}" for name, version in sorted(versions.items()) if name != "vidcheck")
        return self._add(
            "tool",
            "uco-tool:AnalyticTool",
            uco_core__name="vidcheck",
            uco_tool__version=versions.get("vidcheck", ""),
            uco_core__description=f"With {libraries}",
        )

    def _step(self, run: StepRun, clip: Node, tool: Node, examiner: Node | None) -> Node:
        values = {"version": run.version, "model_sha256": run.weights_sha256 or "", **run.settings}
        entries = [
            {
                "@id": self._id("configuration-entry", run.step, name),
                "@type": "uco-configuration:ConfigurationEntry",
                "uco-configuration:itemName": name,
                "uco-configuration:itemValue": json.dumps(value, ensure_ascii=False),
            }
            for name, value in values.items()
            if value != ""
        ]
        configured = self._add(
            "configured-tool",
            "uco-tool:ConfiguredTool",
            run.step,
            uco_core__name=f"vidcheck: {run.step}",
            uco_configuration__isConfigurationOf=tool,
            uco_configuration__usesConfiguration={
                "@id": self._id("configuration", run.step),
                "@type": "uco-configuration:Configuration",
                "uco-configuration:configurationEntry": entries,
            },
        )
        words = "; ".join(filter(None, (_STATUS[run.status], run.method, run.error.en if run.error else "")))
        return self._add(
            "investigative-action",
            "case-investigation:InvestigativeAction",
            run.step,
            uco_core__name=run.step,
            uco_core__description=words,
            uco_action__instrument=[configured],
            uco_action__performer=examiner,
            uco_action__object=[clip],
        )
