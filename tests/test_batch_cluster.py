"""A batch over Dask: a real scheduler, two real workers, one of them killed in the middle."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import media as rendered
from vidcheck import batch, store
from vidcheck.batch.records import Job, Worked
from vidcheck.batch.running import Silent
from vidcheck.errors import DependencyError, UsageError
from vidcheck.steps import Settings

pytest.importorskip("distributed")


def start(module: str, *options: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", f"distributed.cli.{module}", *options],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip


@pytest.fixture(scope="module")
def scheduler(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """The address, and two workers without a nanny: one that is killed stays dead."""
    folder = tmp_path_factory.mktemp("dask")
    known = folder / "scheduler.json"
    master = start(
        "dask_scheduler", "--port", "0", "--host", "127.0.0.1", "--no-dashboard", "--scheduler-file", str(known)
    )
    workers = []
    try:
        deadline = time.monotonic() + 60
        while not known.exists() and time.monotonic() < deadline:
            time.sleep(0.2)
        address = str(json.loads(known.read_text())["address"])
        for n in range(2):
            workers.append(
                start("dask_worker", address, "--nthreads", "1", "--no-nanny", "--no-dashboard",
                      "--local-directory", str(folder / str(n)))
            )  # fmt: skip
        from distributed import Client

        with Client(address, set_as_default=False) as client:  # type: ignore[no-untyped-call]
            client.wait_for_workers(2, timeout=60)
        yield address, workers
    finally:
        for process in (*workers, master):
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


class Killer(Silent):
    """Kills one worker a moment after the first clip has ended, when the next are in hand."""

    def __init__(self, victim: subprocess.Popen[bytes]) -> None:
        self.victim: subprocess.Popen[bytes] | None = victim
        self.seen: list[str] = []

    def ended(self, job: Job, worked: Worked) -> None:
        self.seen.append(job.folder)
        if self.victim is not None:
            victim, self.victim = self.victim, None
            threading.Timer(0.3, lambda: (victim.kill(), victim.wait())).start()


def test_every_clip_ends_in_exactly_one_result(
    scheduler: tuple[str, list[subprocess.Popen[bytes]]], tmp_path: Path
) -> None:
    address, workers = scheduler
    clips = tmp_path / "clips"
    clips.mkdir()
    for seed in range(8):
        rendered.slideshow(clips / f"clip{seed}.mp4", (seed,), hold=8)
    (clips / "broken.mp4").write_bytes(b"\0" * 1000)
    watcher = Killer(workers[0])
    out = tmp_path / "out"
    result = batch.run(
        clips, out, settings=Settings(only=("shots",)), scheduler=address, workdir=tmp_path / "steps", watcher=watcher
    )
    assert workers[0].poll() is not None and workers[1].poll() is None
    assert sorted(watcher.seen) == sorted(["broken", *(f"clip{n}" for n in range(8))])
    assert [o.status for o in result.outcomes] == ["failed", *["done"] * 8]
    assert all(not store.verify(out / f"clip{n}") for n in range(8))


def test_what_is_wrong_with_a_scheduler_is_said_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rendered.slideshow(tmp_path / "a.mp4", (1,), hold=3)
    monkeypatch.setattr("vidcheck.batch.cluster._WAIT_S", 1)
    with pytest.raises(UsageError, match="No Dask scheduler answers"):
        batch.run(tmp_path, tmp_path / "out", settings=Settings(only=("shots",)), scheduler="tcp://127.0.0.1:9")
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(DependencyError, match=r"pip install 'vidcheck\[dask\]'"):
        batch.run(tmp_path, tmp_path / "out", settings=Settings(only=("shots",)), scheduler="tcp://127.0.0.1:9")
