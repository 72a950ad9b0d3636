"""The decoder's own process: what happens when it crashes, hangs or grows, and what it cannot reach."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import psutil
import pytest

from tests import media as make
from vidcheck import isolation, media, pipeline
from vidcheck.errors import DecoderFailed, TookTooLong, TooLarge
from vidcheck.isolation import IsolatedClip
from vidcheck.pipeline import Settings
from vidcheck.shared_reading import SharedClip
from vidcheck.steps import Found
from vidcheck.types import FrameRef

pytestmark = pytest.mark.skipif(not isolation.is_possible(), reason="no process can be handed a descriptor here")


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make.moving_clip(tmp_path_factory.mktemp("clip") / "clip.mp4", (60, 60))


def opened(path: Path, limits: media.Limits | None = None) -> IsolatedClip:
    clip = media.open_clip(path, limits)
    assert isinstance(clip, IsolatedClip)
    return clip


def process_of(clip: IsolatedClip) -> int:
    assert clip._process is not None
    return clip._process._process.pid


def test_frames_are_those_of_this_process(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened(path) as apart:
        there = [(f.ref, f.bgr.copy(), f.gray.copy(), f.small_gray(80).copy()) for f in apart.frames()]
        source = apart.source
        some = [frame.bgr for frame in apart.read([there[70][0], there[3][0]])]
    monkeypatch.setenv(isolation.ENV_VAR, "here")
    with media.open_clip(path) as clip:
        assert not isinstance(clip, IsolatedClip)
        here = [(f.ref, f.bgr, f.gray, f.small_gray(80)) for f in clip.frames()]
        assert clip.source == source
    assert len(there) == len(here) == 120
    for one, other in zip(there, here, strict=True):
        assert one[0] == other[0]
        assert all(np.array_equal(a, b) for a, b in zip(one[1:], other[1:], strict=True))
    assert np.array_equal(some[0], there[3][1]) and np.array_equal(some[1], there[70][1])


@pytest.mark.parametrize("other_px", [8, 64])
def test_another_width_asked_for_meanwhile_garbles_no_picture(
    path: Path, monkeypatch: pytest.MonkeyPatch, other_px: int
) -> None:
    with opened(path) as clip:
        refs = [frame.ref for frame in clip.frames()]
        expected = [(frame.small_gray(other_px).copy(), frame.small_gray(32).copy()) for frame in clip.read(refs)]
        ask = IsolatedClip._ask

        def interrupted(self: IsolatedClip, header: dict, descriptor: int | None = None):  # type: ignore[no-untyped-def,type-arg]
            answer = ask(self, header, descriptor)
            self.gray_width = other_px  # as a thread does that still holds an earlier frame
            return answer

        seen = []
        for frame in clip.read(refs):
            seen.append((frame.small_gray(other_px).copy(), frame.small_gray(32).copy()))
            monkeypatch.setattr(IsolatedClip, "_ask", interrupted)
        for got, true in zip(seen, expected, strict=True):
            assert all(np.array_equal(a, b) for a, b in zip(got, true, strict=True))


def test_a_crash_keeps_the_frames_before_it_and_says_so(path: Path) -> None:
    with opened(path) as clip:
        seen = []
        for frame in clip.frames():
            seen.append(frame)
            if len(seen) == 20:
                os.kill(process_of(clip), signal.SIGSEGV)
        assert 20 <= len(seen) < 60
        assert clip.source.frames_decoded == len(seen)
        assert "crashed" in clip.source.decode_errors[0].message
        assert "not looked at" in clip.source.decode_errors[0].message
        again = [FrameRef(f.ref.index, f.ref.pts, f.ref.time_s) for f in seen[5:8]]
        assert [frame.ref for frame in clip.read(again)] == again  # another process has taken over
        assert next(clip.frames()).bgr.shape == (180, 320, 3)


def test_a_hang_is_ended(path: Path) -> None:
    with opened(path, media.Limits(max_stall_s=1.0)) as clip:
        frames = clip.frames()
        next(frames)
        os.kill(process_of(clip), signal.SIGSTOP)
        began = time.monotonic()
        rest = list(frames)
        assert time.monotonic() - began < 10 and len(rest) < 40
        assert "hung" in clip.source.decode_errors[0].message


def test_a_file_that_always_kills_the_decoder_is_a_clear_error(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(isolation, "_START", "import os; os.abort()")
    monkeypatch.setattr(isolation, "_idle", [])
    with pytest.raises(DecoderFailed) as caught:
        media.open_clip(path)
    assert caught.value.exit_code == 3 and "signal 6" in str(caught.value) and caught.value.remedy


def test_a_crash_costs_its_step_and_not_the_run(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def lighting(found: Found) -> None:
        assert isinstance(found.clip, SharedClip) and isinstance(found.clip.original, IsolatedClip)
        for frame in found.clip.read([found["shots"][0].best]):
            os.kill(process_of(found.clip.original), signal.SIGSEGV)
            assert frame.bgr.size

    broken = [replace(step, run=lighting) if step.name == "lighting" else step for step in pipeline.STEPS]
    monkeypatch.setattr(pipeline, "STEPS", tuple(broken))
    analysis = pipeline.analyze(path, Settings(only=("shots", "lighting", "credentials", "clues")))
    status = {run.step: run.status for run in analysis.steps}
    assert status["lighting"] == "failed" and status["shots"] == status["clues"] == status["credentials"] == "ok"
    run = analysis.step("lighting")
    assert run is not None and run.error is not None and "the decoder" in run.error.en


def test_too_little_memory_is_told_with_the_way_out(tmp_path: Path) -> None:
    import cv2

    photo = tmp_path / "large.png"
    cv2.imwrite(str(photo), np.zeros((9000, 9000, 3), np.uint8))
    with pytest.raises(TooLarge) as caught:
        media.open_clip(photo, media.Limits(max_memory_bytes=3e8))
    assert "--limit memory=" in caught.value.remedy


def test_a_clip_is_in_work_no_longer_than_the_limit(path: Path) -> None:
    with opened(path, media.Limits(max_wall_s=0.5)) as clip:
        time.sleep(0.6)
        with pytest.raises(TookTooLong) as caught:
            list(clip.frames())
        assert "--limit time=" in caught.value.remedy


def test_one_process_serves_many_clips_and_none_is_left_behind(path: Path) -> None:
    isolation._end_idle()  # as many are kept as one analysis needs, and earlier tests may have left them
    large = np.ones(isolation._ASIDE_BYTES, np.uint8)  # the memory of the analysis is not held against the decoder
    with opened(path) as clip:
        first = process_of(clip)
    with opened(path) as clip:
        assert process_of(clip) == first
    assert large.any()
    isolation._end_idle()
    assert not psutil.pid_exists(first)


def test_a_process_that_came_up_early_is_taken_and_is_the_only_one(path: Path) -> None:
    isolation._end_idle()
    isolation.prepare()
    (early,) = [process._process.pid for process in isolation._idle]
    isolation.prepare()
    assert len(isolation._idle) == 1
    with opened(path) as clip:
        assert process_of(clip) == early
        assert clip._is_new  # it has worked on no clip yet
    isolation.prepare()
    with opened(path) as clip:
        assert process_of(clip) == early and not clip._is_new


def test_it_ends_with_an_analysis_that_is_killed(path: Path) -> None:
    code = (
        "import sys, time\nfrom vidcheck import media\nclip = media.open_clip(sys.argv[1])\nframes = clip.frames()\n"
        "next(frames)\nprint(clip._process._process.pid, flush=True)\ntime.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert psutil.pid_exists(pid)
        parent.kill()
    for _ in range(100):
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return
        time.sleep(0.1)
    pytest.fail("the decoder's process goes on without anybody")


def test_what_the_process_has_given_up(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    code = (
        "import socket, sys\nfrom vidcheck import confinement\n"
        "print(confinement.give_up_files_and_network())\n"
        "def attempt(name, action):\n"
        "    try: action(); print(name, 'done')\n"
        "    except OSError as error: print(name, type(error).__name__)\n"
        "attempt('read', lambda: open(sys.argv[1]).read())\n"
        "attempt('write', lambda: open(sys.argv[1], 'a').write('x'))\n"
        "attempt('create', lambda: open(sys.argv[1] + '2', 'w'))\n"
        "attempt('connect', lambda: socket.create_connection(('127.0.0.1', int(sys.argv[2])), 2))\n"
        "attempt('import', lambda: __import__('wave'))\n"
    )
    import socket

    with socket.create_server(("127.0.0.1", 0)) as listener:
        run = subprocess.run(
            [sys.executable, "-c", code, str(secret), str(listener.getsockname()[1])],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
    said = dict(line.partition(" ")[::2] for line in run.stdout.splitlines()[1:])
    if not run.stdout.startswith("True"):
        pytest.skip("this kernel has no Landlock")
    assert said == {
        "read": "PermissionError",
        "write": "PermissionError",
        "create": "PermissionError",
        "connect": "PermissionError",
        "import": "done",
    }
    assert secret.read_text() == "secret"


def test_an_interruption_leaves_no_answer_for_the_next_clip(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> bytes:
        raise KeyboardInterrupt

    clip = opened(path)
    pid = process_of(clip)
    with monkeypatch.context() as patch:
        patch.setattr(isolation, "unpack", interrupted)
        with pytest.raises(KeyboardInterrupt):
            next(clip.frames())
    clip.close()
    with opened(path) as other:
        assert process_of(other) != pid
        assert len(list(other.frames())) == 120


def test_one_bad_frame_costs_no_other(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened(path) as clip:
        refs = [frame.ref for frame in clip.frames()][10:40:3]
        ask = isolation._Process.ask

        def bad(process: isolation._Process, header: dict, *rest: object, **more: object) -> object:  # type: ignore[type-arg]
            answer = ask(process, header, *rest, **more)  # type: ignore[arg-type]
            if header["op"] == "next" and any(frame[1] == refs[4].index for frame in answer[0]["frames"]):
                process._died()
                raise isolation.DecoderDied("the decoder crashed: its process ended by signal 11")
            return answer

        monkeypatch.setattr(isolation._Process, "ask", bad)
        read = [frame.ref for frame in clip.read(refs)]
    assert refs[4] not in read
    assert read == [ref for ref in refs if ref != refs[4]]
