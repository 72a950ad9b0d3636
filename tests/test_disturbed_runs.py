"""Runs that are killed, meet a full disk or each other: what was there stays, what is written is whole."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import media as make
from vidcheck import case, case_decisions, decisions, media, pipeline, staging, store
from vidcheck.errors import OutputError
from vidcheck.pipeline import Settings

ROOT = Path(__file__).resolve().parents[1]
QUICK = Settings(only=("shots", "clues"))
_WRITE = """
import sys
from pathlib import Path
from vidcheck import case, pipeline
from vidcheck.errors import VidcheckError
from vidcheck.pipeline import Settings
clip, out = map(Path, sys.argv[1:])
try:
    analysis = pipeline.analyze(clip, Settings(only=("shots", "clues")))
    print(case.write_case(analysis, clip, out, lang="en"))
except VidcheckError as error:
    print(error)
    sys.exit(error.exit_code)
"""


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make.moving_clip(tmp_path_factory.mktemp("clip") / "clip.mp4", (30, 30))


def write(clip: Path, out: Path) -> Path:
    return case.write_case(pipeline.analyze(clip, QUICK), clip, out, lang="en")


def started(clip: Path, out: Path, before: str = "") -> subprocess.Popen[str]:
    command = [sys.executable, "-c", before + _WRITE, str(clip), str(out)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 64 kB in memory, or a skip where nothing can be mounted."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = shutil.which("mount")
    command = [str(mount), "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(place)]
    done = subprocess.run(command, capture_output=True, check=False) if mount else None
    if done is None or done.returncode != 0:
        pytest.skip("no disk can be mounted here")
    yield place
    subprocess.run(["umount", "-l", place], check=True)


def resized(disk: Path, options: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{options}", disk], check=True)


def test_a_full_disk_leaves_nothing_or_all(clip: Path, small_disk: Path) -> None:
    analysis = pipeline.analyze(clip, QUICK)
    outcomes = []
    for kilobytes in (64, 128, 192, 256, 384, 512, 4096):
        resized(small_disk, f"size={kilobytes}k")
        try:
            folder = case.write_case(analysis, clip, small_disk, lang="en")
        except OutputError as error:
            assert error.exit_code == 3 and "No space left" in str(error)
            assert [path.name for path in small_disk.iterdir()] == []
            outcomes.append("full")
        else:
            assert store.verify(folder) == ()
            outcomes.append("written")
            shutil.rmtree(folder)
    assert outcomes[0] == "full" and outcomes[-1] == "written"


def test_a_disk_that_fills_up_keeps_the_case_that_was_there(clip: Path, small_disk: Path) -> None:
    resized(small_disk, "size=4096k")
    folder = write(clip, small_disk)
    before = (folder / store.MANIFEST).read_bytes()
    resized(small_disk, "size=1100k")
    (small_disk / "filler").write_bytes(bytes(os.statvfs(small_disk).f_bavail * os.statvfs(small_disk).f_bsize))
    with pytest.raises(OutputError, match="No space left"):
        write(clip, small_disk)
    assert (folder / store.MANIFEST).read_bytes() == before and store.verify(folder) == ()


def test_a_step_cache_on_a_full_disk_costs_only_the_cache(clip: Path, small_disk: Path) -> None:
    (small_disk / "filler").write_bytes(bytes(os.statvfs(small_disk).f_bavail * os.statvfs(small_disk).f_bsize))
    analysis = pipeline.analyze(clip, QUICK, workdir=small_disk / "steps")
    assert {run.status for run in analysis.steps} == {"ok", "skipped"}
    assert not [path for path in (small_disk / "steps").rglob("*") if path.is_file()]


def test_an_output_folder_that_cannot_be_written(clip: Path, small_disk: Path) -> None:
    resized(small_disk, "ro")
    with pytest.raises(OutputError) as caught:
        write(clip, small_disk / "out")
    assert caught.value.exit_code == 3 and caught.value.remedy
    with started(clip, small_disk) as run:
        assert run.wait(60) == 3


def test_a_clock_set_back_changes_nothing(clip: Path, tmp_path: Path) -> None:
    folder = write(clip, tmp_path)
    expected = store.from_json((folder / store.ANALYSIS).read_bytes())
    ahead = time.time() + 400 * 86400
    for path in (folder, *folder.rglob("*")):
        os.utime(path, (ahead, ahead))  # written by a clock that was a year ahead
    with started(clip, tmp_path, "import time\ntime.time = lambda: 1_000_000_000.0\n") as run:
        assert run.wait(120) == 0
    again = store.from_json((folder / store.ANALYSIS).read_bytes())
    assert (again.shots, again.clues, again.source) == (expected.shots, expected.clues, expected.source)
    assert store.verify(folder) == ()


def test_two_runs_into_one_folder(clip: Path, tmp_path: Path) -> None:
    runs = [started(clip, tmp_path) for _ in range(3)]
    assert [run.wait(180) for run in runs] == [0, 0, 0]
    for run in runs:
        run.communicate()
    assert store.verify(tmp_path / "clip") == ()
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == ["clip"]


def test_two_clips_of_one_name_at_the_same_time(clip: Path, tmp_path: Path) -> None:
    others = []
    for number in range(2):
        (tmp_path / str(number)).mkdir()
        others.append(make.moving_clip(tmp_path / str(number) / "clip.mp4", (20 + number, 20)))
    out = tmp_path / "out"
    runs = [started(other, out) for other in others]
    codes = sorted(run.wait(180) for run in runs)
    said = "".join(run.communicate()[0] for run in runs)
    assert codes == [0, 3] and "does not belong to this clip" in said
    assert store.verify(out / "clip") == ()
    assert case.read_case(out / "clip").source.sha256 in {media.sha256_of(other) for other in others}


def test_decisions_survive_a_kill_between_two_renames(clip: Path, tmp_path: Path) -> None:
    folder = write(clip, tmp_path)
    who = decisions.Examiner("Ibu Pemeriksa", "option")
    note = [lambda analysis, judged: decisions.draft(analysis, judged, "note", "clip", [], note="seen on Monday")]
    case_decisions.decide(folder, note, who)
    kept = (folder / "decisions.jsonl").read_bytes()
    # What is left where the old folder had stepped aside, the new one was not yet there, and the power went.
    aside = tmp_path / ".vidcheck-old-x1y2"
    aside.mkdir()
    folder.rename(aside / "clip")
    half = tmp_path / f".vidcheck-{2**22 + 1}-{staging._machine()}-abc"
    half.mkdir()
    (half / store.ANALYSIS).write_text("{")
    assert write(clip, tmp_path) == folder
    assert (folder / "decisions.jsonl").read_bytes() == kept
    assert not list(tmp_path.glob(".vidcheck-*"))


def test_without_an_exchange_in_one_step_the_old_folder_steps_aside(
    clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staging, "_exchanged", lambda one, other: False)
    folder = write(clip, tmp_path)
    (folder / "own.txt").write_text("mine")
    assert write(clip, tmp_path) == folder
    assert store.verify(folder) == () and not list(tmp_path.glob(".vidcheck-*"))


def test_the_original_is_opened_for_reading_only(clip: Path, tmp_path: Path) -> None:
    strace = shutil.which("strace")
    if strace is None:
        pytest.skip("strace is not here")
    before = (media.sha256_of(clip), clip.stat().st_mtime_ns, clip.stat().st_mode)
    log = tmp_path / "log"
    calls = "trace=open,openat,openat2,creat,truncate,rename,unlink,chmod,fchmodat,utimensat"
    command = [
        strace,
        "-f",
        "-o",
        str(log),
        "-e",
        calls,
        sys.executable,
        "-c",
        _WRITE,
        str(clip),
        str(tmp_path / "out"),
    ]
    subprocess.run(command, check=True, capture_output=True)
    lines = [line for line in log.read_text("utf-8", "replace").splitlines() if f'"{clip}"' in line]
    assert lines and all("open" in line and "O_RDONLY" in line for line in lines)
    assert (media.sha256_of(clip), clip.stat().st_mtime_ns, clip.stat().st_mode) == before


@pytest.mark.skipif(not (ROOT / "benchmarks" / "kill.py").is_file(), reason="the benchmarks are not here")
def test_killed_at_random_moments_and_run_again(clip: Path, tmp_path: Path) -> None:
    sys.path.insert(0, str(ROOT / "benchmarks"))
    import kill

    ground = kill.Ground(tmp_path / "batch", "batch", seconds=0.4)
    said = kill.kill_often(ground, kills=2, seed=7, every=2)
    assert said["faults"] == [] and said["runs_to_the_end"] == 1


def test_a_kill_while_the_case_is_written(clip: Path, tmp_path: Path) -> None:
    folder = write(clip, tmp_path)
    before = (folder / store.MANIFEST).read_bytes()
    with started(clip, tmp_path) as run:
        deadline = time.monotonic() + 60
        while not list(tmp_path.glob(".vidcheck-*")) and time.monotonic() < deadline:
            time.sleep(0.005)
        run.send_signal(signal.SIGKILL)
    assert (folder / store.MANIFEST).read_bytes() == before and store.verify(folder) == ()
    assert write(clip, tmp_path) == folder
    assert not list(tmp_path.glob(".vidcheck-*"))
