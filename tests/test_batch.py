"""Many clips: what is taken up, how it ends, what is kept, and what the tables say."""

from __future__ import annotations

import csv
import errno
import io
import multiprocessing
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import polars as pl
import psutil
import pytest

from tests import batch_example, batch_workers, test_reposts
from tests import media as rendered
from vidcheck import batch, media, store, threads
from vidcheck.batch import index, inputs, planning, tables
from vidcheck.batch.events import find_events
from vidcheck.batch.pool import LocalPool
from vidcheck.batch.records import Job
from vidcheck.batch.work import analyse
from vidcheck.errors import ModelError, UsageError, VidcheckError
from vidcheck.steps import Settings, Step

QUICK = Settings(only=("shots", "clues", "time"))
DOCS = Path(__file__).parent.parent / "docs" / "run-a-batch.md"


# What is asked for


def listed(tmp_path: Path, text: str) -> list[batch.Entry]:
    path = tmp_path / "list.csv"
    path.write_bytes(text.encode("utf-8-sig"))
    return inputs.entries(path, Settings(), not_in=tmp_path / "out")


def test_columns_become_options_of_the_clip(tmp_path: Path) -> None:
    (tmp_path / "a.info.json").write_text('{"id": "7", "timestamp": 1768223280}')
    first, second = listed(
        tmp_path,
        "Clip;place;url;posted;shows_screen;sidecar;case id;notes;shadow_height;shadow_length\n"
        "a.mp4;Banjarmasin;https://example.invalid/v;2026-01-12 21:08 WIB;ya;a.info.json;INS-1;satu, dua;1,5;2\n"
        "sub/b.mp4;;;;;;;;;\n\n",
    )
    time_settings = first.settings.time
    assert (first.path, first.case_id, first.notes, first.line) == (tmp_path / "a.mp4", "INS-1", "satu, dua", 2)
    assert (time_settings.place, time_settings.posted) == ("Banjarmasin", "2026-01-12 21:08 WIB")
    assert time_settings.shows_screen and (time_settings.shadow_height, time_settings.shadow_length) == (1.5, 2.0)
    assert "1768223280" in time_settings.sidecar_info
    assert second.settings == Settings() and second.name == "sub/b.mp4"


def test_every_bad_line_is_named_before_anything_starts(tmp_path: Path) -> None:
    with pytest.raises(batch.ListError) as caught:
        listed(
            tmp_path,
            "clip,place,posted,shows_screen,sidecar\n"
            "a.mp4,Atlantis,,,\n"
            '"b\n.mp4",,yesterday,,\n'
            "c.mp4,,,perhaps,\n"
            ",Banjarmasin,,,\n"
            "d.mp4,,,,absent.json\n"
            "e.mp4,1,2,3,4,5\n",
        )
    lines = [int(re.match(r"line (\d+):", problem)[1]) for problem in caught.value.problems]  # type: ignore[index]
    assert lines == [2, 3, 5, 6, 7, 8]
    assert caught.value.exit_code == 2 and "line 2" in str(caught.value)


@pytest.mark.parametrize("header", ["clip,colour", "place,url", "clip,place,place", "clip,file", ""])
def test_columns_that_cannot_be_meant(tmp_path: Path, header: str) -> None:
    with pytest.raises(batch.ListError, match="line"):
        listed(tmp_path, f"{header}\na.mp4,b\n")


def test_a_folder_is_walked_once_and_leaves_out_what_is_no_upload(tmp_path: Path) -> None:
    clips = tmp_path / "clips"
    (clips / "sub" / ".git").mkdir(parents=True)
    (clips / "out" / "a").mkdir(parents=True)
    for name in ("b.mp4", "a.jpg", "sub/a.mp4", "no-ending", "notes.txt"):
        (clips / name).write_bytes(b"x")
    for name in (".hidden.mp4", "c.mp4.part", "Thumbs.db", "a.info.json", "~$d.mp4", "sub/.git/e.mp4", "out/a/f.jpg"):
        (clips / name).write_bytes(b"x")
    (clips / "sub" / "circle").symlink_to(clips)
    (clips / "gone.mp4").symlink_to(tmp_path / "nowhere")
    names = [entry.name for entry in inputs.entries(clips, Settings(), not_in=clips / "out")]
    assert names == ["a.jpg", "b.mp4", "no-ending", "notes.txt", "sub/a.mp4"]


def test_places_that_cannot_be_meant(tmp_path: Path) -> None:
    for source, out, what in (
        (tmp_path / "absent", tmp_path / "out", "no such folder"),
        (tmp_path, tmp_path / "out", "names no clips"),
        (tmp_path, tmp_path, "cannot be written into"),
    ):
        with pytest.raises(VidcheckError, match=what):
            batch.run(source, out)
        assert not (tmp_path / "out").exists()


def test_a_sidecar_beside_a_clip_is_taken(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"x")
    (tmp_path / "a.info.json").write_text('{"timestamp": 1768223280}')
    (tmp_path / "b.mp4").write_bytes(b"x")
    (tmp_path / "b.info.json").write_text("no json")
    a, b = inputs.entries(tmp_path, Settings(), not_in=tmp_path / "out")
    assert "1768223280" in a.settings.time.sidecar_info and not a.problem
    assert "not JSON" in b.problem


# The whole, once and again


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clips")
    (folder / "sub").mkdir()
    rendered.slideshow(folder / "a.mp4", (1, 2), hold=10, swipe=3)
    rendered.slideshow(folder / "sub" / "a.mp4", (3,), hold=12)
    (folder / "VID_20260112_101500.mp4").write_bytes((folder / "a.mp4").read_bytes())
    (folder / "=cmd|x.mp4").write_bytes(b"\0" * 2000)
    (folder / "notes.txt").write_text("no clip")
    return folder


@pytest.fixture(scope="module")
def out(clips: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("batch") / "out"


@pytest.fixture(scope="module")
def first(clips: Path, out: Path) -> batch.BatchResult:
    return batch.run(clips, out, settings=QUICK, workers=2, workdir=out.parent / "steps")


def by_name(result: batch.BatchResult) -> dict[str, batch.Outcome]:
    return {outcome.name: outcome for outcome in result.outcomes}


def test_one_bad_clip_is_an_outcome_and_not_the_end(first: batch.BatchResult) -> None:
    assert {name: o.status for name, o in by_name(first).items()} == {
        "=cmd|x.mp4": "failed", "VID_20260112_101500.mp4": "done", "a.mp4": "done", "notes.txt": "skipped",
        "sub/a.mp4": "done",
    }  # fmt: skip
    assert "cannot be read" in by_name(first)["=cmd|x.mp4"].error
    assert first.peak_bytes > 20e6


def test_the_same_bytes_are_one_analysis_with_two_names(first: batch.BatchResult, out: Path) -> None:
    found = by_name(first)
    assert found["a.mp4"].folder == found["VID_20260112_101500.mp4"].folder == "VID_20260112_101500"
    assert found["a.mp4"].event == found["VID_20260112_101500.mp4"].event
    assert found["sub/a.mp4"].folder == "a"  # the name whose file says most was taken for the other
    assert all(not store.verify(out / str(o.folder)) for o in first.outcomes if o.folder)


def test_running_again_does_nothing_again(first: batch.BatchResult, clips: Path, out: Path) -> None:
    before = {p: p.stat().st_mtime_ns for p in out.rglob("analysis.json")}
    again = batch.run(clips, out, settings=QUICK, workers=2, workdir=out.parent / "steps")
    assert {o.name for o in again.outcomes if o.reused} == {"VID_20260112_101500.mp4", "a.mp4", "sub/a.mp4"}
    assert {p: p.stat().st_mtime_ns for p in out.rglob("analysis.json")} == before
    assert [replace(o, reused=False, seconds=0.0) for o in again.outcomes] == [
        replace(o, reused=False, seconds=0.0) for o in first.outcomes
    ]


def plan(clips: Path, out: Path, settings: Settings) -> planning.Plan:
    entries = inputs.entries(clips, settings, not_in=out)
    return planning.make_plan(entries, out, lang="en", workdir=None, fingerprint=True, tell=lambda done: None)


def test_what_changed_is_analysed_again_in_its_own_folder(
    first: batch.BatchResult, clips: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(plan(clips, out, QUICK).finished) == 2
    placed = replace(QUICK, time=replace(QUICK.time, place="Banjarmasin"))
    assert not plan(clips, out, placed).finished
    assert {job.folder for job in plan(clips, out, placed).jobs} == {job.folder for job in plan(clips, out, QUICK).jobs}
    monkeypatch.setattr("vidcheck.pipeline.STEPS", tuple(replace(s, version="next") for s in planning_steps()))
    assert not plan(clips, out, QUICK).finished


def planning_steps() -> tuple[Step, ...]:
    from vidcheck.steps import STEPS

    return STEPS


def test_another_name_for_a_finished_clip_makes_no_second_folder(
    first: batch.BatchResult, clips: Path, out: Path
) -> None:
    copy = clips / "IMG_20251224_090000.mp4"  # sorts first and carries a date: it would name a new folder
    copy.write_bytes((clips / "a.mp4").read_bytes())
    try:
        found = plan(clips, out, QUICK)
    finally:
        copy.unlink()
    assert {job.folder for job in found.jobs if len(job.names) == 3} == {"VID_20260112_101500"}


def test_a_clip_that_was_moved_keeps_its_folder(first: batch.BatchResult, clips: Path, out: Path) -> None:
    (clips / "sub").rename(clips / "elsewhere")
    try:
        found = plan(clips, out, QUICK)
    finally:
        (clips / "elsewhere").rename(clips / "sub")
    moved = [n for n, job in enumerate(found.jobs) if job.names == ("elsewhere/a.mp4",)]
    assert [found.jobs[n].folder for n in moved] == ["a"] and set(moved) <= set(found.finished)


def test_a_damaged_case_folder_is_made_again(first: batch.BatchResult, clips: Path, out: Path) -> None:
    page = out / "a" / "report.html"
    kept = page.read_bytes()
    page.write_bytes(kept[:-1])
    try:
        assert len(plan(clips, out, QUICK).finished) == 1
    finally:
        page.write_bytes(kept)


def test_a_folder_of_another_clip_is_never_taken(first: batch.BatchResult, out: Path, tmp_path: Path) -> None:
    other = tmp_path / "clips"
    other.mkdir()
    rendered.slideshow(other / "A.mp4", (7,), hold=5)
    (job,) = plan(other, out, QUICK).jobs
    # the file system may not tell A from a; what lies there belongs to another clip
    assert job.folder in ("A", f"A-{job.sha256[:8]}") and not (out / job.folder).exists()


def test_two_batches_do_not_write_to_one_folder(first: batch.BatchResult, clips: Path, out: Path) -> None:
    from filelock import FileLock

    with FileLock(out / ".batch" / "lock"), pytest.raises(UsageError, match="Another batch"):
        batch.run(clips, out, settings=QUICK)


def test_what_every_clip_would_meet_ends_the_batch(
    clips: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    missing = replace(QUICK, only=(), detect=replace(QUICK.detect, model="no-such-model"))
    with pytest.raises(ModelError):
        batch.run(clips, tmp_path / "out", settings=missing, workers=1)
    job = plan(clips, tmp_path / "out", QUICK).jobs[-1]
    (tmp_path / "out" / job.folder).write_text("in the way")
    assert analyse(job).status == "failed" and not analyse(job).ends_batch  # this clip's trouble alone
    monkeypatch.setattr("vidcheck.reposts.save", no_space)
    worked = analyse(replace(job, folder="elsewhere"))
    assert worked.ends_batch and "No space left" in worked.error


def no_space(path: Path, value: object) -> None:
    full = OSError(errno.ENOSPC, "No space left on device")
    raise store.output_error(path, full) from full


# Workers


def jobs(tmp_path: Path, *names: str) -> list[Job]:
    return [
        Job(tmp_path / name, "0" * 64, (name,), tmp_path, name, "key", Settings(), "en", None, False) for name in names
    ]


def test_a_worker_that_dies_costs_its_clip_one_retry(tmp_path: Path) -> None:
    todo = jobs(tmp_path, "dies-always", "dies-once", *(f"good{n}" for n in range(3)))
    with LocalPool(2, 4_000_000_000, batch_workers.work) as pool:
        ended = list(pool.run(todo))
    assert sorted(f.job.folder for f in ended) == sorted(job.folder for job in todo)  # each exactly once
    how = {f.job.folder: (f.worked.status, f.attempts) for f in ended}
    assert how["dies-always"] == ("failed", 2) and how["dies-once"] == ("done", 2)
    assert all(how[f"good{n}"] == ("done", 1) for n in range(3))
    assert "SIGKILL" in next(f.worked.error for f in ended if f.job.folder == "dies-always")
    # two workers on these processors have half of the threads each
    each = str(max(1, threads.usable() // 2))
    assert f"threads {each}" in next(f.worked.error for f in ended if f.job.folder == "good0")


def test_a_worker_that_grows_too_large_is_ended(tmp_path: Path) -> None:
    with LocalPool(1, 400_000_000, batch_workers.work) as pool:
        ended = {f.job.folder: f.worked for f in pool.run(jobs(tmp_path, "grows", "good"))}
    assert ended["grows"].status == "failed" and "400 MB" in ended["grows"].error
    assert ended["good"].status == "done"


def test_a_worker_is_replaced_when_it_grows_and_not_for_the_models_it_loads(tmp_path: Path) -> None:
    with LocalPool(1, 800_000_000, batch_workers.work) as pool:
        loaded = [f.worked.error.split()[1] for f in pool.run(jobs(tmp_path, *(f"loads{n}" for n in range(3))))]
    assert len(set(loaded)) == 1
    with LocalPool(1, 800_000_000, batch_workers.work) as pool:
        leaking = [f.worked.error.split()[1] for f in pool.run(jobs(tmp_path, *(f"leaks{n}" for n in range(3))))]
    assert len(set(leaking)) == 2  # the second took it over the half; the third went to a fresh one


def test_leaving_the_pool_ends_its_workers(tmp_path: Path) -> None:
    taken: list[Job] = []
    with LocalPool(1, 4_000_000_000, batch_workers.work) as pool:
        pool.started = taken.append
        running = pool.run(jobs(tmp_path, "good", "slow"))
        next(running)
        children = multiprocessing.active_children()
    assert children and not any(child.is_alive() for child in children)


def test_processors_are_shared_out() -> None:
    count = threads.usable()
    shares = [threads.share(n, 2) for n in range(2)]
    if shares[0] is not None and count > 1:
        assert not shares[0] & (shares[1] or frozenset())
        assert sum(len(share or ()) for share in shares) == count
    assert threads.count(2) <= 2


def test_ctrl_c_stops_cleanly_and_the_same_command_goes_on(clips: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    command = [sys.executable, "-m", "vidcheck.cli", "batch", str(clips), "-o", str(out), "--workers", "1",
               "--only", "shots"]  # fmt: skip
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True)
    assert process.stderr is not None
    said = process.stderr.readline()  # the first clip has ended
    children = psutil.Process(process.pid).children(recursive=True)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to the whole group
    said += process.stderr.read()
    process.stderr.close()
    assert process.wait(20) == 130, said
    time.sleep(0.2)
    assert not [child for child in children if child.is_running() and child.status() != "zombie"]
    assert not list(out.glob(".vidcheck-*"))
    again = subprocess.run(command, capture_output=True, text=True, check=False)
    assert again.returncode == 6, again.stderr  # one clip is damaged
    assert again.stdout.strip().endswith("index.html")
    assert len(list(out.glob("*/analysis.json"))) == 2


def test_the_command_says_what_is_wrong_with_a_list(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("clip,place\na.mp4,Atlantis\nb.mp4,Lemuria\n")
    command = [sys.executable, "-m", "vidcheck.cli", "batch", str(path), "-o", str(tmp_path / "out")]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 2
    assert "line 2" in result.stderr and "line 3" in result.stderr and "Traceback" not in result.stderr
    assert not (tmp_path / "out").exists()


# Tables and page


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tables")
    batch_example.save_pictures(folder)
    tables.write_tables(batch_example.example(), folder)
    index.write_index(batch_example.example(), folder, lang="en")
    return folder


def test_csv_holds_no_formula(written: Path) -> None:
    text = (written / tables.RESULTS_CSV).read_bytes().decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert len(rows) == 5 and list(rows[0]) == list(tables.COLUMNS)
    assert not [cell for row in rows for cell in row.values() if cell[:1] in ("=", "+", "@", "\t")]
    assert rows[3]["notes"].startswith("'=HYPERLINK")
    for text in ("=1", "+1", "-1", "@x", "\t=1", " =1", "\r1"):
        assert tables._cell(text).startswith("'")
    assert tables._cell(-1.5) == "-1.5"


def test_failures_are_listed_apart(written: Path) -> None:
    text = (written / tables.FAILURES_CSV).read_bytes().decode("utf-8-sig")
    assert [row["name"] for row in csv.DictReader(io.StringIO(text, newline=""))] == ["rusak.mp4"]


def test_parquet_keeps_types_and_what_was_not_looked_at(written: Path) -> None:
    frame = pl.read_parquet(written / tables.RESULTS_PARQUET)
    assert frame.height == 5 and frame.columns == list(tables.COLUMNS)
    assert frame["latest_utc"].dtype == pl.Datetime("us", "UTC")
    assert frame["people_best"].to_list() == [6, 5, 2, None, None]
    assert frame["korpri_batik_best"].to_list() == [3, 3, 0, None, None]


def queries() -> list[str]:
    return re.findall(r"```sql\n(.*?)```", DOCS.read_text("utf-8"), re.DOTALL)


def test_the_questions_in_the_docs_are_answered(written: Path) -> None:
    assert len(queries()) == 3
    base = sqlite3.connect(written / tables.RESULTS_SQLITE)
    try:
        wearing, texts, events = [base.execute(query).fetchall() for query in queries()]
    finally:
        base.close()
    assert wearing == [("tiktok/kafe siang.mp4", 3, "Banjarmasin", "partly")]
    assert ("tiktok/kafe siang.mp4", "VIRAL DI JAM KERJA") in [row[:2] for row in texts]
    assert events == [(1, 2, 4, 6, 9, "2026-01-12T13:08:00+00:00")]


def test_the_page_escapes_and_forbids(written: Path) -> None:
    page = (written / index.INDEX).read_text("utf-8")
    assert "<script>alert" not in page and "&lt;script&gt;alert" in page
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page)
    assert policy and "default-src" in policy[1] and "unsafe" not in policy[1]
    assert not re.findall(r'(?:src|href)="(?:https?:)?//', page)
    assert page.count("<script>") == 1 and page.count("data:image/jpeg;base64,") == 4
    assert 'href="kafe%20siang/report.html"' in page


def test_the_page_is_in_both_languages(tmp_path: Path) -> None:
    page = index.render(batch_example.example(), tmp_path, lang="id")
    assert '<html lang="id">' in page and "Klip yang diperiksa" in page and "data:image" not in page


def test_people_are_counted_once_for_each_recording() -> None:
    from vidcheck.batch.events import people_of_event

    good, poor = (batch_example.findings(people=batch_example.people(*n)) for n in ((4, 6, 9), (5, 5, 11)))
    count = people_of_event([good, poor])
    assert count is not None and (count.minimum, count.best, count.maximum) == (5, 6, 11)
    assert people_of_event([batch_example.findings(people=None)]) is None
    page = index.render(batch_example.example(), Path("nowhere"), lang="en")
    assert "6 – 8" in page  # 4 + 2 proven, 6 + 2 estimated; the copy adds nobody


def test_an_event_says_what_a_copy_lacks_and_who_bounds_it(tmp_path: Path) -> None:
    frames = test_reposts.handheld(11, seconds=6)
    clips = {"whole": frames, "part": test_reposts.mirrored(frames[: 3 * test_reposts.FPS])}
    done = []
    for name, pictures in clips.items():
        path = tmp_path / f"{name}.mp4"
        media.write_video(path, pictures, fps=test_reposts.FPS)
        job = replace(jobs(tmp_path, name)[0], path=path, sha256=media.sha256_of(path))
        found = batch_example.findings(duration_s=len(pictures) / test_reposts.FPS, has_audio=name == "whole")
        if name == "part":  # the poor copy went up first
            earlier = batch_example.clue(batch_example.UPLOADED - timedelta(hours=3))
            found = replace(found, not_after=(earlier,), people=batch_example.people(5, 5, 5))
        done.append((job, batch.Worked("done", found, "", 0, 1.0, 1)))
    (event,), number_of = find_events(done, compare=True)
    assert number_of == {"whole": 1, "part": 1}
    best, copy = event.copies
    assert (event.best, best.folder, copy.folder) == ("whole", "whole", "part")
    assert copy.mirrored and copy.lacks_audio and not copy.same_bytes and not copy.adds
    assert copy.area == pytest.approx(1.0, abs=0.05)
    ((start, end),) = copy.lacks
    assert 2.5 < start < 4.5 and end == 6.0
    assert all(abs(pair.copy_s - pair.other_s) < 0.5 for pair in copy.evidence)
    assert event.posted_by == batch_example.UPLOADED - timedelta(hours=3) and event.posted_by_folder == "part"
    assert event.people is not None and (event.people.minimum, event.people.best) == (5, 6)
