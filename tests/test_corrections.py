"""Correcting the count on the command line, and decisions that outlive another analysis and show in every report."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests import media as make
from tests.report_example import example_analysis
from tests.review_case import make_case
from tests.test_cli import assert_one_clear_line
from vidcheck import case, case_decisions, cli, decisions, errors, media, pipeline, store, timing
from vidcheck.cli.options import workdir
from vidcheck.decisions import Examiner
from vidcheck.report.html import render_html
from vidcheck.report.view import build
from vidcheck.types import StepRun

WHO = Examiner("Ibu Pemeriksa", "option")


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make.moving_clip(tmp_path_factory.mktemp("corrections") / "clip.mp4", (20, 20))


@pytest.fixture(scope="module")
def master(clip: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A case folder with the example's findings, said to be of the clip."""
    return make_case(clip, tmp_path_factory.mktemp("master") / "clip", "id")


@pytest.fixture
def folder(master: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(master, tmp_path / "out" / "clip"))


def run(*arguments: str | Path) -> str:
    """Run the command in this process; errors come as exceptions."""
    result = CliRunner().invoke(cli.cli, [str(a) for a in arguments], standalone_mode=False)
    if result.exception is not None:
        raise result.exception
    return result.output


def add(folder: Path, words: str) -> None:
    def note(analysis: object, judged: decisions.Judged) -> decisions.Draft:
        return decisions.draft(analysis, judged, "note", "clip", [], note=words)  # type: ignore[arg-type]

    case_decisions.decide(folder, [note], WHO, with_report=False)


# ---------------------------------------------------------------- the command


def test_a_correction_changes_report_and_manifest_and_prints_both_counts(folder: Path, clip: Path) -> None:
    before = json.loads((folder / "analysis.json").read_bytes())
    said = run(
        "people", clip, "--merge", "p2,p3", "--split", "p1@0:05.3", "--drop", "p4", "--because", "pantulan di kaca",
        "--examiner", "Ibu Pemeriksa", "-o", folder.parent,
    )  # fmt: skip
    assert "4 / 5 / 6" in said and "3 / 4 / " in said
    assert str(folder / "report.html") in said
    found = case_decisions.read(folder)
    assert [d.action for d in found.record.decisions] == ["split", "merge", "drop"]
    assert {d.note for d in found.record.decisions} == {"pantulan di kaca"}
    assert {d.examiner for d in found.record.decisions} == {"Ibu Pemeriksa"}
    assert [f.id for f in found.judged.figures] == ["p1.1", "p1.2", "p2+p3", "p5"]
    page = (folder / "report.html").read_text("utf-8")
    assert '<html lang="id">' in page  # the language of the folder stays
    assert "Menurut pemeriksa: paling sedikit 3" in page
    assert "pantulan di kaca" in page
    assert (folder / "report.pdf").read_bytes().startswith(b"%PDF-")
    assert json.loads((folder / "analysis.json").read_bytes()) == before  # the machine's findings stay
    assert store.verify(folder) == ()
    assert "decisions.jsonl" in {item["path"] for item in store.read_manifest(folder)["files"]}


def test_the_last_case_folder_is_known_and_decisions_can_be_withdrawn(folder: Path, clip: Path) -> None:
    with pytest.raises(errors.UsageError, match=r"No case folder of clip\.mp4 is known"):
        run("people", clip, "--drop", "p5")
    case_decisions.remember(workdir(), media.sha256_of(clip), folder)
    run("people", clip, "--drop", "p5", "--lang", "en")
    assert '<html lang="en">' in (folder / "report.html").read_text("utf-8")
    told = json.loads(run("people", clip, "--revoke", "d1", "--json").partition("\n}")[0] + "\n}")
    assert [d["status"] for d in told["decisions"]] == ["withdrawn", "applied"]
    bounds = ("minimum", "best", "maximum")
    assert [told["judged"]["people_count"][b] for b in bounds] == [told["people_count"][b] for b in bounds]
    assert len(told["judged"]["persons"]) == 5
    shutil.rmtree(folder)
    with pytest.raises(errors.UsageError, match="No case folder"):
        run("people", clip, "--drop", "p5")


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--merge", "p3,p4"], "both seen in frame"),
        (["--merge", "p3"], "two persons or more"),
        (["--merge", "p3,,p4"], "no list of ids"),
        (["--split", "p2"], "no person and time"),
        (["--split", "p2@soon"], "no time"),
        (["--split", "p2@9:00"], "does not lie between"),
        (["--split", "p2@s7-t1"], "no track of p2"),
        (["--drop", "p99"], "p99 is not among the persons"),
        (["--revoke", "d4"], "no decision d4"),
        (["--drop", "p5", "--drop", "p5"], "p5 was taken out"),
        (["--drop", "p5", "--examiner", " "], "examiner's name"),
    ],
)
def test_what_cannot_be_meant_writes_nothing(folder: Path, clip: Path, options: list[str], says: str) -> None:
    before = {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    with pytest.raises(errors.UsageError, match=says):
        run("people", clip, "-o", folder.parent, *options)
    assert {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()} == before


def test_options_that_belong_together(folder: Path, clip: Path, tmp_path: Path) -> None:
    with pytest.raises(errors.UsageError, match="belong to a correction"):
        run("people", clip, "--because", "x")
    with pytest.raises(errors.InputError, match="no case folder"):
        run("people", clip, "--drop", "p5", "-o", tmp_path / "elsewhere")
    other = make.moving_clip(tmp_path / "clip.mp4", (5,))
    with pytest.raises(errors.UsageError, match="belongs to another clip"):
        run("people", other, "--drop", "p5", "-o", folder.parent)
    assert "4 / 5 / 6" in run("people", clip, "-o", folder.parent)  # without a correction: only shown
    assert not (folder / decisions.FILE).exists()


def test_errors_are_one_line_with_the_documented_code(folder: Path, clip: Path) -> None:
    def vidcheck(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "vidcheck.cli", *map(str, arguments)],
            capture_output=True, text=True, timeout=300, check=False, env={**os.environ, "COLUMNS": "80"},
        )  # fmt: skip

    assert_one_clear_line(vidcheck("people", clip, "--merge", "p3,p4", "-o", folder.parent), 2)
    add(folder, "salah")
    path = folder / decisions.FILE
    path.write_bytes(path.read_bytes() + path.read_bytes())
    assert_one_clear_line(vidcheck("people", clip, "--drop", "p5", "-o", folder.parent), 3)
    verified = vidcheck("verify", folder)
    assert verified.returncode == 3
    assert "Line 2 of decisions.jsonl does not follow from line 1" in verified.stdout + verified.stderr


def test_a_count_of_another_version_is_not_corrected(folder: Path, clip: Path) -> None:
    whole = json.loads((folder / "analysis.json").read_bytes())
    whole["people_count"]["maximum"] = 40
    (folder / "analysis.json").write_text(json.dumps(whole))
    store.renew_manifest(folder)
    with pytest.raises(errors.UsageError, match="made by another version"):
        run("people", clip, "--drop", "p5", "-o", folder.parent)
    add(folder, "catatan")  # a note mixes nothing


# ---------------------------------------------------------------- the folder is built again


def test_another_analysis_keeps_the_decisions(tmp_path: Path, clip: Path) -> None:
    analysis = pipeline.analyze(clip, pipeline.Settings(only=("shots",)))
    made = case.write_case(analysis, clip, tmp_path, lang="en")
    add(made, "dilihat dua kali")
    kept = (made / decisions.FILE).read_bytes()
    again = case.write_case(analysis, clip, tmp_path, lang="id")
    assert again == made
    assert (made / decisions.FILE).read_bytes() == kept
    assert "dilihat dua kali" in (made / "report.html").read_text("utf-8")
    assert store.verify(made) == ()
    assert list(tmp_path.iterdir()) == [made]
    for tamper in (kept.replace(b"dua", b"tiga"), kept[:-9], b""):
        (made / decisions.FILE).write_bytes(tamper)
        with pytest.raises(errors.InputError, match=r"decisions\.jsonl"):
            case.check_place(tmp_path, clip.name, analysis.source.sha256)  # before anything costly is done
        with pytest.raises(errors.InputError, match=r"decisions\.jsonl"):
            case.write_case(analysis, clip, tmp_path, lang="id")
        assert (made / decisions.FILE).read_bytes() == tamper


# ---------------------------------------------------------------- in the report


def shown(folder: Path, data: bytes, lang: str = "en") -> str:
    (folder / decisions.FILE).write_bytes(data)
    page = render_html(*build(example_analysis(), folder, lang, rechecked=False))
    return " ".join(page.split())


def example_decisions(*steps: tuple[str, str, tuple[str, ...], dict[str, object]]) -> bytes:
    analysis = example_analysis()
    record = decisions.follow(b"", analysis.source.sha256)
    for action, kind, ids, more in steps:
        judged = decisions.apply(analysis, record.decisions)
        made = decisions.draft(analysis, judged, action, kind, ids, **more)  # type: ignore[arg-type]
        record = decisions.extend(record, [made], WHO, "0.1.0")
    return record.data


def test_the_report_sets_decisions_beside_findings(tmp_path: Path) -> None:
    data = example_decisions(
        ("merge", "person", ("p2", "p3"), {"note": "<b>lengan</b>"}),
        ("drop", "person", ("p5",), {"reason": "reflection"}),
        ("confirm", "clothing", ("p1",), {}),
        ("correct", "text", ("t2",), {"value": "VIRAL?"}),
        ("name", "lead", ("l1",), {"value": "Kantor contoh"}),
        ("reject", "clue", ("c1",), {"note": "jam salah setel"}),
        ("note", "frame", (), {"at_s": 2.4, "note": "lihat meja"}),
        ("drop", "person", ("p4",), {}),
        ("revoke", "decision", ("d8",), {"note": "keliru"}),
    )
    english = shown(tmp_path, data)
    assert "At least 4, best estimate 5, at most 6" in english  # the machine's figure stays
    assert "According to the examiner: at least 3, best estimate 3, at most 4." in english
    assert "Everyone, according to the examiner" in english
    assert "&lt;b&gt;lengan&lt;/b&gt;" in english and "<b>lengan</b>" not in english
    assert "person p5: taken out: not a person of its own – a reflection (d2, Ibu Pemeriksa)" in english
    assert "corrected: “VIRAL?” (d4, Ibu Pemeriksa)" in english
    assert "named: “Kantor contoh”" in english
    assert "The examiner rejected time clues c1; the machine&#39;s estimate still holds them." in english
    assert "withdrawn by d9" in english
    assert "intact: 9 decisions, last hash" in english
    assert "(d8, Ibu Pemeriksa)" not in english  # a withdrawn decision stands in the list and nowhere else
    indonesian = shown(tmp_path, data, "id")
    assert "Keputusan pemeriksa" in indonesian
    assert "Menurut pemeriksa: paling sedikit 3, perkiraan terbaik 3, paling banyak 4." in indonesian
    assert "dikeluarkan: bukan orang tersendiri" in indonesian


def test_what_the_examiner_sees_worn_or_carried_stands_beside_the_person_and_changes_no_count(tmp_path: Path) -> None:
    data = example_decisions(("worn", "person", ("p1",), {"note": "tali kartu, tas"}))
    english = shown(tmp_path, data)
    assert "person p1: worn or carried, as the examiner sees it – tali kartu, tas (d1, Ibu Pemeriksa)" in english
    assert "were not looked for by the machine; not named here does not mean not there" in english
    assert "Everyone, according to the examiner" not in english
    indonesian = shown(tmp_path, data, "id")
    assert "dipakai atau dibawa menurut pemeriksa – tali kartu, tas" in indonesian
    assert "tidak dicari mesin; tidak disebut di sini bukan berarti tidak ada" in indonesian


def test_the_time_without_a_rejected_clue_stands_beside_the_machines(tmp_path: Path) -> None:
    example = example_analysis()
    settings = timing.TimeSettings(place="Pontianak")
    machine = timing.estimate(example.clues, settings=settings)
    run = StepRun("time", "ok", "", timing.VERSION, None, asdict(settings), {}, 0.0)
    analysis = replace(example, time_estimate=machine, steps=(*(s for s in example.steps if s.step != "time"), run))
    first = machine.clues_used[0]
    record = decisions.follow(b"", analysis.source.sha256)
    for action in ("reject", "confirm", "reject"):
        judged = decisions.apply(analysis, record.decisions)
        made = decisions.draft(analysis, judged, action, "clue", [first])  # type: ignore[arg-type]
        record = decisions.extend(record, [made], WHO, "0.1.0")
        after = decisions.without_rejected(analysis, decisions.apply(analysis, record.decisions))
        assert (after is None) == (action == "confirm")  # the last word counts
    assert after is not None and after.estimate is not None and after.hours is not None
    assert after.rejected == (first,) and first not in after.estimate.clues_used
    assert (after.estimate.earliest, after.estimate.latest) != (machine.earliest, machine.latest)
    (tmp_path / decisions.FILE).write_bytes(record.data)
    page = " ".join(render_html(*build(analysis, tmp_path, "en", rechecked=False)).split())
    assert f"The examiner rejected time clues {first}. Without them:" in page
    assert "Working hours, according to the examiner" in page
    # An estimate that cannot be repeated is not set against another version's.
    other = replace(analysis, time_estimate=replace(machine, clues_used=("c99",)))
    after = decisions.without_rejected(other, decisions.apply(other, record.decisions))
    assert after == decisions.JudgedTime((first,), None, None)


def test_a_broken_chain_and_lost_persons_show_in_the_report(tmp_path: Path) -> None:
    data = example_decisions(("drop", "person", ("p5",), {}), ("note", "clip", (), {"note": "satu"}))
    broken = shown(tmp_path, data.replace(b'"p5"', b'"p4"'))
    assert "The chain of decisions is broken" in broken
    assert "According to the examiner" not in broken
    none = shown(tmp_path, b"")
    assert "No human decision is on record." in none
    analysis = example_analysis()
    moved = json.loads(store.to_json(analysis))
    for detection in moved["detections"]:
        detection["box_xyxy_px"] = [edge + 150 for edge in detection["box_xyxy_px"]]
    (tmp_path / decisions.FILE).write_bytes(data)
    view, album = build(store.from_json(json.dumps(moved)), tmp_path, "en", rechecked=False)
    page = render_html(view, album)
    assert "Decisions not applied: 1 (d1)" in page
    assert "the persons have changed: p5 is not found again without doubt" in page
