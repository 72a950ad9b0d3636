"""Human decisions: the chain, what they do to the findings, and that they hold on to what was seen."""

from __future__ import annotations

import multiprocessing
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from tests.report_example import example_analysis
from vidcheck import case_decisions, decisions, report, staging, store
from vidcheck.decisions import Draft, Examiner, Judged, Record
from vidcheck.decisions.anchors import basis_of
from vidcheck.errors import InputError, OutputError, UsageError
from vidcheck.types import Analysis, Detection, OverlayText, Person, Track

WHO = Examiner("Ibu Pemeriksa", "option")
SHA = "3f1c" * 16


@pytest.fixture(scope="module")
def analysis() -> Analysis:
    return example_analysis()


def decide(analysis: Analysis, record: Record, *steps: dict[str, object]) -> Record:
    """Add decisions one after the other, as the command line and the review page do."""
    for step in steps:
        judged = decisions.apply(analysis, record.decisions)
        made = decisions.draft(analysis, judged, **step)  # type: ignore[arg-type]
        record = decisions.extend(record, [made], WHO, "0.1.0")
        decisions.check(analysis, record.decisions)
    return record


def person(action: str, *ids: str, **more: object) -> dict[str, object]:
    return {"action": action, "kind": "person", "ids": ids, **more}


def finding(action: str, kind: str, name: str, **more: object) -> dict[str, object]:
    return {"action": action, "kind": kind, "ids": [name], **more}


def empty() -> Record:
    return decisions.follow(b"", SHA)


def judge(analysis: Analysis, *steps: dict[str, object]) -> Judged:
    return decisions.apply(analysis, decide(analysis, empty(), *steps).decisions)


# ---------------------------------------------------------------- the chain


@pytest.fixture(scope="module")
def three(analysis: Analysis) -> Record:
    return decide(
        analysis,
        empty(),
        person("merge", "p2", "p3", note="sama:\nlihat lengan"),
        finding("reject", "lead", "l1"),
        finding("note", "clip", "", note="x") | {"ids": []},
    )


def test_the_file_reads_back_as_it_was_written(three: Record) -> None:
    again = decisions.follow(three.data, SHA)
    assert again == three
    assert again.broken is None
    assert [d.id for d in again.decisions] == ["d1", "d2", "d3"]
    assert three.data.count(b"\n") == 3
    first = again.decisions[0]
    assert (first.examiner, first.examiner_from, first.note) == ("Ibu Pemeriksa", "option", "sama:\nlihat lengan")
    assert first.utc == first.local and first.utc.utcoffset() == timedelta(0)


def _change(data: bytes) -> bytes:
    return data.replace(b"lihat lengan", b"lihat kerah")


def _delete(data: bytes) -> bytes:
    lines = data.splitlines(keepends=True)
    return b"".join(lines[:1] + lines[2:])


def _delete_first(data: bytes) -> bytes:
    return b"".join(data.splitlines(keepends=True)[1:])


def _reorder(data: bytes) -> bytes:
    one, two, three = data.splitlines(keepends=True)
    return one + three + two


def _cut(data: bytes) -> bytes:
    return data[:-20]


def _no_end(data: bytes) -> bytes:
    return data[:-1]


def _junk(data: bytes) -> bytes:
    return data + b'{"id": "d4"}\n'


@pytest.mark.parametrize(
    ("tamper", "says"),
    [
        (_change, "Line 2 of decisions.jsonl does not follow from line 1"),
        (_delete, "Line 2"),
        (_delete_first, "Line 1 of decisions.jsonl does not begin this clip's chain"),
        (_reorder, "Line 2"),
        (_cut, "Line 3 of decisions.jsonl is cut off"),
        (_no_end, "Line 3"),
        (_junk, "Line 4"),
    ],
)
def test_tampering_breaks_the_chain(three: Record, tamper: Callable[[bytes], bytes], says: str) -> None:
    found = decisions.follow(tamper(three.data), SHA)
    assert found.broken is not None
    assert says in found.broken.en
    with pytest.raises(InputError, match="untouched copy"):
        decisions.extend(found, [], WHO, "0.1.0")


def test_the_chain_belongs_to_one_clip(three: Record) -> None:
    assert decisions.follow(three.data, "00" * 32).broken is not None


def test_a_missing_last_line_shows_in_the_manifest(three: Record, tmp_path: Path) -> None:
    (tmp_path / decisions.FILE).write_bytes(three.data)
    store.write_manifest(tmp_path, {"path": "clip.mp4", "sha256": SHA, "size_bytes": 1})
    assert decisions.intact(tmp_path, SHA) == three
    (tmp_path / decisions.FILE).write_bytes(b"".join(three.data.splitlines(keepends=True)[:2]))
    assert decisions.read(tmp_path, SHA).broken is None
    with pytest.raises(InputError, match="not what the manifest says"):
        decisions.intact(tmp_path, SHA)
    (tmp_path / decisions.FILE).unlink()
    with pytest.raises(InputError, match="not what the manifest says"):
        decisions.intact(tmp_path, SHA)


def test_time_and_zone_are_kept(analysis: Analysis) -> None:
    moment = datetime(2026, 1, 13, 9, 20, 5, tzinfo=timezone(timedelta(hours=8), "WITA"))
    draft = Draft("note", (decisions.record.Target("clip", ""),), note="x")
    made = decisions.extend(empty(), [draft], WHO, "0.1.0", moment)
    only = decisions.follow(made.data, SHA).decisions[0]
    assert only.utc == datetime(2026, 1, 13, 1, 20, 5, tzinfo=UTC)
    assert only.local.utcoffset() == timedelta(hours=8)
    assert only.zone == "WITA"


def test_who_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VIDCHECK_EXAMINER", raising=False)
    monkeypatch.setenv("LOGNAME", "operator3")
    assert decisions.examiner("  Budi \n Contoh ") == Examiner("Budi Contoh", "option")
    assert decisions.examiner(None) == Examiner("operator3", "login")
    monkeypatch.setenv("VIDCHECK_EXAMINER", "Ani")
    assert decisions.examiner(None) == Examiner("Ani", "environment")
    for bad in ("", "  ", "x" * 201):
        with pytest.raises(UsageError):
            decisions.examiner(bad)


def test_half_a_character_does_not_break_the_file(analysis: Analysis) -> None:
    made = decide(analysis, empty(), finding("note", "lead", "l1", note="a\udce9b"))
    assert decisions.follow(made.data, SHA).decisions[0].note == "a?b"


# ---------------------------------------------------------------- what decisions do


def test_without_decisions_the_figures_are_the_machines(analysis: Analysis) -> None:
    judged = decisions.apply(analysis, ())
    assert [figure.person for figure in judged.figures] == list(analysis.persons)
    assert not judged.changes_counts


def test_a_merge_makes_one_person_and_keeps_both_findings(analysis: Analysis) -> None:
    before = decisions.apply(analysis, ())
    judged = judge(analysis, person("merge", "p2", "p3"))
    assert [figure.id for figure in judged.figures] == ["p1", "p2+p3", "p4", "p5"]
    merged = judged.figures[1]
    assert merged.person.tracks == ("s0-t2", "s1-t1")
    assert [item.label for item in merged.findings] == ["korpri_batik", "pdh_khaki"]
    assert (merged.label, merged.label_by) == ("unclear", "none")  # they differ, nobody has confirmed one
    assert merged.person.joined_because is not None and "(d1)" in merged.person.joined_because.en
    assert before.people_count is not None and judged.people_count is not None
    assert judged.people_count.best == before.people_count.best - 1
    assert judged.people_count.maximum == before.people_count.maximum - 1
    assert judged.people_count.minimum == before.people_count.minimum
    assert judged.clothing_counts["korpri_batik"].best == 1
    assert "pdh_khaki" not in judged.clothing_counts
    assert judged.outcomes[0].bears_on == (("person", "p2"), ("person", "p3"))
    assert analysis == example_analysis()  # the machine's findings stay


def test_a_confirmed_label_counts_after_a_merge(analysis: Analysis) -> None:
    merge = person("merge", "p2", "p3")
    chosen = finding("confirm", "clothing", "p2+p3", value="pdh_khaki")
    for steps in ([merge, chosen], [finding("confirm", "clothing", "p3"), merge]):
        judged = judge(analysis, *steps)
        assert (judged.figures[1].label, judged.figures[1].label_by) == ("pdh_khaki", "examiner")
        assert judged.clothing_counts["pdh_khaki"].best == 1
    with pytest.raises(UsageError, match="not clear which clothing label"):
        judge(analysis, merge, finding("confirm", "clothing", "p2+p3", value="civilian"))
    with pytest.raises(UsageError, match="not clear which clothing label"):
        judge(analysis, merge, finding("confirm", "clothing", "p2+p3"))


def test_persons_with_one_label_keep_it_when_merged(analysis: Analysis) -> None:
    same = replace(
        analysis,
        clothing=tuple(replace(o, label="korpri_batik") if o.person == "p3" else o for o in analysis.clothing),
    )
    assert judge(same, person("merge", "p2", "p3")).figures[1].label == "korpri_batik"


def test_two_people_in_one_frame_are_not_one(analysis: Analysis) -> None:
    with pytest.raises(UsageError, match=r"p3 and p4 are both seen in frame \d+ \(6\.\d\d s\)"):
        judge(analysis, person("merge", "p3", "p4"))


def test_a_split_by_time_and_by_track(analysis: Analysis) -> None:
    judged = judge(analysis, person("split", "p1", at_s=5.3))
    assert [figure.id for figure in judged.figures][:2] == ["p1.1", "p1.2"]
    assert [figure.person.tracks for figure in judged.figures][:2] == [("s0-t1",), ("s1-t2",)]
    assert judged.people_count is not None and judged.people_count.best == 6
    by_track = judge(analysis, person("split", "p1", at_track="s1-t2"))
    assert [f.tracks for f in by_track.figures] == [f.tracks for f in judged.figures]
    within = judge(analysis, person("split", "p2", at_s=3.0))
    first, second = within.figures[1], within.figures[2]
    assert (first.person.tracks, second.person.tracks) == (("s0-t2.1",), ("s0-t2.2",))
    boxes = analysis.detections
    assert max(boxes[p].frame.time_s for p in first.tracks[0].detections) < 3.0
    assert min(boxes[p].frame.time_s for p in second.tracks[0].detections) >= 3.0
    assert len(first.tracks[0].detections) + len(second.tracks[0].detections) == len(analysis.tracks[1].detections)


def test_a_split_takes_clothing_only_where_its_pictures_are(analysis: Analysis) -> None:
    first, second = judge(analysis, person("split", "p1", at_s=5.3)).figures[:2]
    # The finding used pictures of both halves, at 2.4 s and 8.1 s: it holds for neither.
    assert (first.label, second.label) == ("unclear", "unclear")
    assert first.findings == second.findings == ()
    observed = tuple(
        replace(o, crops=tuple(c for c in o.crops if c.frame.time_s < 5)) if o.person == "p1" else o
        for o in analysis.clothing
    )
    first, second = judge(replace(analysis, clothing=observed), person("split", "p1", at_s=5.3)).figures[:2]
    assert (first.label, second.label) == ("korpri_batik", None)


@pytest.mark.parametrize(
    ("step", "says"),
    [
        (person("merge", "p1"), "two persons or more"),
        (person("merge", "p1", "p1"), "two persons or more"),
        (person("merge", "p1", "p77"), "p77 is not among the persons. Persons now: p1, p2, p3, p4, p5."),
        (person("split", "p2", at_s=0.1), r"p2 is seen from 1.00 s to 4.\d\d s; 0.10 s does not lie between"),
        (person("split", "p2", at_s=99), "does not lie between"),
        (person("split", "p2"), "needs a time"),
        (person("split", "p2", at_track="s9-t9"), "s9-t9 is no track of p2. Its tracks: s0-t2."),
        (person("split", "p2", at_track="s0-t2"), "does not lie between"),
        (person("drop", "p1", "p2"), "exactly one"),
        (person("reject", "p1"), "cannot be made"),
        (person("note", "p1"), "A note without words"),
        (person("worn", "p1", note=" "), "A note without words"),
        (finding("worn", "lead", "l1", note="lencana"), "cannot be made"),
        (finding("confirm", "text", "t99"), "no finding 't99'"),
        (finding("correct", "text", "t1"), "needs the right text"),
        (finding("correct", "clothing", "p1", value="batik"), "no clothing label 'batik'"),
        (finding("revoke", "decision", "d9"), "no decision d9"),
        (finding("note", "frame", "", at_s=99.0, note="x"), "no time 99.0"),
        (finding("note", "lead", "l1", note="x" * 4001), "at most 4000"),
    ],
)
def test_what_cannot_be_meant_is_refused(analysis: Analysis, step: dict[str, object], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        judge(analysis, step)


def test_a_dropped_person_is_not_counted(analysis: Analysis) -> None:
    before = decisions.apply(analysis, ()).people_count
    judged = judge(analysis, person("drop", "p4", reason="reflection"))
    after = judged.people_count
    assert before is not None and after is not None
    assert (after.minimum, after.best, after.maximum) == (before.minimum - 1, before.best - 1, before.maximum - 1)
    assert [figure.id for figure in judged.dropped] == ["p4"]
    assert "civilian" not in judged.clothing_counts
    with pytest.raises(UsageError, match="p4 was taken out"):
        judge(analysis, person("drop", "p4"), person("split", "p4", at_s=8))


def test_confirming_a_joined_person_closes_the_upper_bound(analysis: Analysis) -> None:
    before = decisions.apply(analysis, ()).people_count
    after = judge(analysis, person("confirm", "p1")).people_count
    assert before is not None and after is not None
    assert (after.best, after.maximum) == (before.best, before.maximum - 1)


def test_clothing_rejected_and_corrected(analysis: Analysis) -> None:
    judged = judge(analysis, finding("reject", "clothing", "p1"))
    assert judged.figures[0].label == "unclear"
    assert judged.clothing_counts["korpri_batik"].best == 1
    judged = judge(analysis, finding("correct", "clothing", "p5", value="batik_other"))
    assert judged.clothing_counts["batik_other"].best == 1
    assert judged.outcomes[0].bears_on == (("clothing", "p5"),)


def test_a_decision_is_withdrawn_by_another(analysis: Analysis) -> None:
    steps = [person("merge", "p2", "p3"), person("drop", "p2+p3"), finding("revoke", "decision", "d1")]
    judged = judge(analysis, *steps)
    assert [o.status for o in judged.outcomes] == ["withdrawn", "not_applied", "applied"]
    assert judged.outcomes[1].why is not None and "p2+p3 is no longer there" in judged.outcomes[1].why.en
    assert len(judged.figures) == 5
    judged = judge(analysis, *steps, finding("revoke", "decision", "d3"))  # withdrawing the withdrawal
    assert [o.status for o in judged.outcomes] == ["applied", "applied", "withdrawn", "applied"]
    assert len(judged.figures) == 3
    with pytest.raises(UsageError, match="withdrawn already"):
        judge(analysis, *steps, finding("revoke", "decision", "d1"))


# ---------------------------------------------------------------- after another analysis


def again(analysis: Analysis, shift_px: float = 3.0, rename: bool = True) -> Analysis:
    """The analysis as another detector would give it: boxes a little off, other ids."""
    moved = tuple(
        Detection(d.frame, tuple(v + shift_px for v in d.box_xyxy_px), d.label, 0.7)  # type: ignore[arg-type]
        for d in analysis.detections
    )
    if not rename:
        return replace(analysis, detections=moved)
    names = {p.id: f"p{len(analysis.persons) - n}" for n, p in enumerate(analysis.persons)}
    tracks = {t.id: f"{t.id}0" for t in analysis.tracks}
    return replace(
        analysis,
        detections=moved,
        tracks=tuple(Track(tracks[t.id], t.shot, t.detections) for t in analysis.tracks),
        persons=tuple(
            Person(names[p.id], tuple(tracks[t] for t in p.tracks), p.best_shots, p.joined_because)
            for p in reversed(analysis.persons)
        ),
        clothing=tuple(replace(o, person=names[o.person]) for o in analysis.clothing),
    )


def test_decisions_find_their_persons_again(analysis: Analysis) -> None:
    record = decide(
        analysis,
        empty(),
        person("split", "p2", at_s=3.0),
        person("merge", "p2.1", "p3"),
        person("drop", "p5"),
        finding("confirm", "clothing", "p1"),
    )
    other = again(analysis)
    assert basis_of(other) != basis_of(analysis)
    judged = decisions.apply(other, record.decisions)
    assert [o.status for o in judged.outcomes] == ["matched"] * 4
    assert {figure.id for figure in judged.figures} == {"p2", "p4.1+p3", "p4.2", "p5"}
    assert [figure.id for figure in judged.dropped] == ["p1"]
    assert judged.outcomes[2].bears_on == (("person", "p1"),)
    confirmed = judged.figure("p5")
    assert confirmed is not None and confirmed.label_by == "examiner"


def test_a_decision_on_other_persons_is_not_applied(analysis: Analysis) -> None:
    record = decide(analysis, empty(), person("drop", "p3"), finding("confirm", "clothing", "p1"))
    far = again(analysis, shift_px=120.0, rename=False)
    judged = decisions.apply(far, record.decisions)
    assert [o.status for o in judged.outcomes] == ["not_applied", "not_applied"]
    assert judged.outcomes[0].why is not None and "the persons have changed" in judged.outcomes[0].why.en
    assert len(judged.figures) == 5
    # p3 now holds a track that the examiner never saw in it.
    p3 = replace(analysis.persons[2], tracks=("s1-t1", "s0-t2"))
    grown = replace(analysis, persons=(analysis.persons[0], p3, *analysis.persons[3:]))
    assert decisions.apply(grown, record.decisions).outcomes[0].status == "not_applied"
    # The machine now finds other clothing on the same person.
    changed = replace(
        again(analysis),
        clothing=tuple(replace(o, label="civilian") for o in again(analysis).clothing),
    )
    why = decisions.apply(changed, record.decisions).outcomes[1].why
    assert why is not None and "clothing of p5 has changed" in why.en


def test_without_the_people_step_nothing_is_misapplied(analysis: Analysis) -> None:
    record = decide(analysis, empty(), person("drop", "p3"), finding("reject", "text", "t1"))
    none = replace(analysis, detections=(), tracks=(), persons=(), people_count=None, clothing=(), clothing_counts={})
    judged = decisions.apply(none, record.decisions)
    assert [o.status for o in judged.outcomes] == ["not_applied", "applied"]
    assert judged.people_count is None and judged.clothing_counts == {}


def test_texts_leads_clues_and_light_are_found_by_what_they_say(analysis: Analysis) -> None:
    record = decide(
        analysis,
        empty(),
        finding("correct", "text", "t2", value="VIRAL!"),
        finding("name", "lead", "l1", value="Kantor contoh"),
        finding("reject", "clue", "c1"),
    )
    text = next(item for item in analysis.overlays if item.id == "t2")

    def with_text(changed: OverlayText) -> Analysis:
        return replace(analysis, overlays=tuple(changed if item.id == "t2" else item for item in analysis.overlays))

    moved = with_text(replace(text, id="t40", box_xyxy_px=tuple(v + 1 for v in text.box_xyxy_px)))  # type: ignore[arg-type]
    judged = decisions.apply(moved, record.decisions)
    assert judged.outcomes[0].bears_on == (("text", "t40"),)
    assert judged.outcomes[0].status == "matched"
    assert [o.status for o in judged.outcomes[1:]] == ["applied", "applied"]
    reread = decisions.apply(with_text(replace(text, text="VIRAL")), record.decisions)
    assert reread.outcomes[0].status == "not_applied"
    regraded = replace(analysis, clues=tuple(replace(c, grade="weak") for c in analysis.clues))
    assert decisions.apply(regraded, record.decisions).outcomes[2].status == "not_applied"


# ---------------------------------------------------------------- in a case folder


@pytest.fixture(scope="module")
def master(analysis: Analysis, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A case folder with the example analysis and no pictures."""
    made = tmp_path_factory.mktemp("master") / "clip"
    made.mkdir()
    store.write_atomic(made / store.ANALYSIS, store.to_json(analysis))
    report.write_report(analysis, made, lang="id")
    store.write_manifest(made, {"path": analysis.source.path, "sha256": SHA, "size_bytes": 1})
    return made


@pytest.fixture
def folder(master: Path, tmp_path: Path) -> Path:
    """A case folder of its own."""
    return Path(shutil.copytree(master, tmp_path / "out" / "clip"))


def note(words: str) -> case_decisions.Proposal:
    return lambda analysis, judged: decisions.draft(analysis, judged, "note", "clip", [], note=words)


def test_all_decisions_or_none(folder: Path) -> None:
    before = {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    bad = [note("first"), lambda a, j: decisions.draft(a, j, "merge", "person", ["p3", "p4"])]
    with pytest.raises(UsageError, match="both seen in frame"):
        case_decisions.decide(folder, bad, WHO)
    assert {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()} == before
    done = case_decisions.decide(folder, [note("first"), note("second")], WHO)
    assert [d.id for d in done.record.decisions] == ["d1", "d2"]
    assert store.verify(folder) == ()
    assert [p.name for p in folder.parent.iterdir()] == ["clip"]  # no lock, no stage
    assert "Keputusan pemeriksa" in (folder / "report.html").read_text("utf-8")  # its language stays
    assert case_decisions.read(folder).record == done.record


def test_nobody_decides_on_what_they_have_not_seen(folder: Path) -> None:
    seen = case_decisions.read(folder).record.head
    case_decisions.decide(folder, [note("one")], WHO, with_report=False, head=seen)
    with pytest.raises(UsageError, match="Another decision was added meanwhile"):
        case_decisions.decide(folder, [note("two")], WHO, with_report=False, head=seen)


def test_nothing_is_built_on_an_altered_folder(folder: Path) -> None:
    (folder / "report.html").write_text("changed")
    with pytest.raises(InputError, match=r"altered: report\.html"):
        case_decisions.decide(folder, [note("x")], WHO)
    (folder / "report.html").unlink()
    with pytest.raises(InputError, match=r"missing: report\.html"):
        case_decisions.decide(folder, [note("x")], WHO)


def _write(folder: Path, name: str, count: int) -> None:
    for number in range(count):
        case_decisions.decide(folder, [note(f"{name} {number}")], Examiner(name, "option"), with_report=False)


def test_two_processes_add_decisions_at_once(folder: Path) -> None:
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_write, args=(folder, name, 8)) for name in ("Ani", "Budi")]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    assert [writer.exitcode for writer in writers] == [0, 0]
    found = case_decisions.read(folder).record
    assert len(found.decisions) == 16
    assert {d.note for d in found.decisions} == {f"{name} {n}" for name in ("Ani", "Budi") for n in range(8)}
    assert store.verify(folder) == ()


def test_a_lock_that_is_held_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(staging, "_LOCK_S", 0.1)
    with (
        staging.locked(folder),
        pytest.raises(OutputError, match="being written by another vidcheck"),
    ):
        case_decisions.decide(folder, [note("x")], WHO)
