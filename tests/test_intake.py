"""The intake record: read strictly, shown completely, and never part of what is measured."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.report_example import example_analysis
from vidcheck import intake
from vidcheck.errors import InputError, UsageError
from vidcheck.report.view import build

FULL = """\
[case]
id = "700/1/2026"
requesting_authority = "Inspektorat Contoh"
question = "Kapan klip ini direkam?"
examiner = "Pemeriksa Contoh"

[receipt]
received_at = 2026-01-13T09:20:00+08:00
received_from = "Kanal aduan"
original_sha256 = "{original}"

[[working_copy]]
name = "salinan.mp4"
sha256 = "{copy}"
made_at = 2026-01-13T10:00:00+08:00
"""
OTHER = "ab" * 32


def test_a_full_record_is_read() -> None:
    record = intake.parse(FULL.format(original=OTHER.upper(), copy="").encode())
    assert record.case.id == "700/1/2026"
    assert record.receipt.original_sha256 == OTHER
    assert record.receipt.received_at is not None
    assert record.receipt.received_at.utcoffset() == timedelta(hours=8)
    assert record.working_copy[0].name == "salinan.mp4"
    assert record.receipt.notes == ""


@pytest.mark.parametrize("lang", ["id", "en"])
def test_the_template_is_an_empty_record_that_names_every_field(lang: str) -> None:
    text = intake.template(lang)
    assert intake.parse(text.encode()) == intake.Intake()
    for kind in (intake.CaseFacts, intake.Receipt, intake.WorkingCopy):
        for item in fields(kind):
            assert f"{item.name} = " in text
            assert intake.LABELS[item.name].get(lang) in text
    filled = text.replace("# [[", "[[").replace("\n# ", "\n").split("\n[case]", 1)[1]
    record = intake.parse(("[case]" + filled).encode())
    assert record.working_copy[0].made_at == record.receipt.received_at


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[case]\nid = 3\n", "line 2: case.id must be text in quotes"),
        ('[case]\nid = "x"\nnumber = "y"\n', "line 3: case.number is not a field of a case file"),
        ("[receipt]\n\nreceived_at = 2026-01-01T00:00:00\n", "line 3: receipt.received_at needs an offset"),
        ('[receipt]\nreceived_at = "2026-01-01"\n', "line 2: receipt.received_at must be a date and time"),
        ("[receipt]\nreceived_at = 2026-01-01\n", "line 2: receipt.received_at must be a date and time"),
        (
            '[[working_copy]]\nname = "a"\n[[working_copy]]\nsha256 = "zz"\n',
            "line 4: working_copy.1.sha256 is no SHA-256",
        ),
        ("nomor = 1\n", "line 1: nomor is not a field"),
        ("case = 1\n", "line 1: case must be a table"),
        ('[working_copy]\nname = "a"\n', r"line 1: working_copy must be written as \[\[working_copy\]\]"),
        ("[case\n", "line 1"),
    ],
)
def test_what_cannot_be_meant_is_said_in_one_line(text: str, says: str) -> None:
    with pytest.raises(UsageError, match=says) as error:
        intake.parse(text.encode(), "case.toml")
    assert "\n" not in str(error.value)
    assert "vidcheck case template" in str(error.value)


def test_files_that_are_no_text_or_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="not UTF-8"):
        intake.parse(b"\xff\xfe")
    with pytest.raises(UsageError, match="too large"):
        intake.parse(b"#" * 300_000)
    with pytest.raises(InputError, match="Check the path given with --case"):
        intake.read(tmp_path / "gone.toml")
    assert intake.in_folder(tmp_path) is None


def test_the_report_shows_every_field_and_what_is_missing(tmp_path: Path) -> None:
    analysis = example_analysis()
    view, _ = build(analysis, tmp_path, "id", rechecked=False)
    facts = [fact for group in view.intake.groups for fact in group.facts]
    assert len(facts) == len(fields(intake.CaseFacts)) + len(fields(intake.Receipt)) + 1
    assert {(fact.value, fact.tone) for fact in facts} == {("belum diisi", "missing")}
    assert "tidak dapat diperiksa" in view.intake.relation.value

    (tmp_path / intake.CASE_FILE).write_text(FULL.format(original=analysis.source.sha256, copy=OTHER))
    view, _ = build(analysis, tmp_path, "en", rechecked=False)
    shown = {fact.name: fact for group in view.intake.groups for fact in group.facts}
    assert shown["Received on"].value == "Tuesday 13 January 2026, 09:20:00 UTC+08:00"
    assert shown["Notes on receipt"].tone == "missing"
    assert view.intake.relation.value.startswith("the original as received")


@pytest.mark.parametrize(
    ("original", "copy", "says", "tone"),
    [
        (OTHER, "", "DIFFERENT", "warn"),
        (OTHER, "examined", "working copy “salinan.mp4” on record", ""),
        ("", "", "cannot be checked", "missing"),
    ],
)
def test_what_the_examined_file_is_follows_from_hashes(
    tmp_path: Path, original: str, copy: str, says: str, tone: str
) -> None:
    analysis = example_analysis()
    digest = "cd" * 32
    analysis = replace(analysis, source=replace(analysis.source, sha256=digest))
    text = FULL.format(original=original, copy=digest if copy else "")
    (tmp_path / intake.CASE_FILE).write_text(text)
    view, _ = build(analysis, tmp_path, "en", rechecked=False)
    assert says in view.intake.relation.value
    assert view.intake.relation.tone == tone
