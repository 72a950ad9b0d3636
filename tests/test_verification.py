"""A case can be checked: its files, its clip, and every result by doing it all again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests import media as make
from vidcheck import case, demo, errors, frame_hashes, intake, media, pipeline, shots, store, timing, verification
from vidcheck.cli import cli
from vidcheck.types import Analysis, StepRun

RUN = """
import sys
from pathlib import Path
from vidcheck import pipeline, store, timing
settings = pipeline.Settings(time=timing.TimeSettings(place="Banjarmasin"))
Path(sys.argv[2]).write_bytes(store.to_json(pipeline.analyze(sys.argv[1], settings)))
"""


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make.moving_clip(tmp_path_factory.mktemp("clips") / "VID-20251015-WA0007.mp4", (30, 20))


@pytest.fixture
def folder(clip: Path, tmp_path: Path) -> Path:
    settings = pipeline.Settings(only=("shots",), shots=shots.ShotSettings())
    return case.write_case(pipeline.analyze(clip, settings), clip, tmp_path / "out", lang="en")


def points(findings: list[verification.Finding]) -> dict[str, bool]:
    return {finding.point: finding.agrees for finding in findings}


def test_two_processes_give_the_same_bytes_but_for_run_times(tmp_path: Path) -> None:
    clip = tmp_path / "clip.mp4"
    media.write_video(clip, islice(demo._frames(), 12), fps=demo.FPS)
    outs = {seed: tmp_path / f"{seed}.json" for seed in ("1", "2")}  # sets of strings are ordered by the seed
    running = [
        subprocess.Popen([sys.executable, "-c", RUN, str(clip), str(out)], env={**os.environ, "PYTHONHASHSEED": seed})
        for seed, out in outs.items()
    ]
    assert [process.wait() for process in running] == [0, 0]
    found = []
    for out in outs.values():
        plain = json.loads(out.read_bytes())
        assert plain["persons"]
        assert plain["overlays"]
        for run in plain["steps"]:
            assert run["status"] in ("ok", "skipped"), run
            run["seconds"] = 0
        found.append(json.dumps(plain))
    assert found[0] == found[1]


def test_settings_are_rebuilt_from_the_steps(clip: Path) -> None:
    chosen = pipeline.Settings(
        time=timing.TimeSettings(place="Pontianak", heard_adzan="dzuhur,ashar", shadow_height=1.7, shadow_length=0.6),
        shots=replace(shots.ShotSettings(), **{"cut_ratio": 5.5}),
        only=("shots", "clues"),
    )
    analysis: Analysis = store.from_json(store.to_json(pipeline.analyze(clip, chosen)))
    rebuilt = verification.settings_of(analysis)
    assert rebuilt == chosen


def test_settings_of_another_version_are_refused(clip: Path) -> None:
    analysis = pipeline.analyze(clip, pipeline.Settings(only=("shots",)))
    steps = tuple(
        replace(run, settings={"cut_ratio": "much"}) if run.step == "shots" else run for run in analysis.steps
    )
    with pytest.raises(errors.InputError, match="settings of step shots are not of this version"):
        verification.settings_of(replace(analysis, steps=steps))


def test_an_untouched_case_agrees_in_every_point(folder: Path, clip: Path) -> None:
    findings = [*verification.check_files(folder), verification.check_clip(folder, clip)]
    findings += verification.check_results(folder, clip)
    assert all(finding.agrees for finding in findings), findings
    assert {"files", "clip", "frames", "versions", "shots", "steps", "source"} <= set(points(findings))


def test_the_name_of_the_file_given_makes_no_difference(folder: Path, clip: Path, tmp_path: Path) -> None:
    renamed = tmp_path / "other name.mp4"
    renamed.write_bytes(clip.read_bytes())
    assert points(verification.check_results(folder, renamed))["source"]


def test_a_changed_result_is_named(folder: Path, clip: Path) -> None:
    recorded, again = verification.run_again(folder, clip)
    shot = replace(recorded.shots[1], transition_score=0.123)
    steps = (*recorded.steps[:-1], StepRun("gone", "ok", "", "1", None, {}, {}, 0.0))
    altered = replace(recorded, shots=(recorded.shots[0], shot), steps=steps, tool={**recorded.tool, "numpy": "1.0"})
    findings = {finding.point: finding for finding in verification.compare(altered, again)}
    assert not findings["shots"].agrees
    assert findings["shots"].detail.startswith("[1].transition_score: 0.123 then,")
    assert not findings["steps"].agrees
    assert "numpy 1.0 then" in findings["versions"].detail
    assert findings["persons"].agrees


def test_frames_that_decode_to_other_pixels_are_named(folder: Path, clip: Path) -> None:
    manifest = store.read_manifest(folder)
    assert len(manifest["frames"]) == 2
    manifest["frames"][1]["sha256"] = "0" * 64
    (folder / store.MANIFEST).write_text(json.dumps(manifest))
    finding = verification.check_frames(folder, clip)
    assert not finding.agrees
    assert finding.detail.startswith("1 of 2 key frames")
    assert f"(frame {manifest['frames'][1]['index']})" in finding.detail


def test_frame_hashes_are_of_the_pixels_as_displayed(clip: Path) -> None:
    import hashlib

    analysis = pipeline.analyze(clip, pipeline.Settings(only=("shots",)))
    refs = frame_hashes.key_frames_of(analysis)
    with media.open_clip(clip) as opened:
        hashed = frame_hashes.hash_frames(opened, refs)
        frames = {f.ref.index: f.bgr for f in opened.frames() if f.ref.index in {r.index for r in refs}}
        decoded = {refs[0].index: frames[refs[0].index]}
        assert frame_hashes.hash_frames(opened, iter(refs), decoded) == hashed
    assert [h.index for h in hashed] == [r.index for r in refs]
    assert all(hashlib.sha256(frames[h.index].tobytes()).hexdigest() == h.sha256 for h in hashed)


def test_a_manifest_that_names_files_outside_the_folder_reads_none(folder: Path) -> None:
    (folder.parent / "secret").write_text("x")
    manifest = store.read_manifest(folder)
    manifest["files"].append({"path": "../secret", "size_bytes": 1, "sha256": "0" * 64})
    (folder / store.MANIFEST).write_text(json.dumps(manifest))
    assert [(d.path, d.what) for d in store.verify(folder)] == [("../secret", "outside")]


def test_a_decision_leaves_seal_export_and_manifest_in_step(folder: Path) -> None:
    from vidcheck import case_decisions, case_uco, decisions

    frames = store.read_manifest(folder)["frames"]
    (folder / store.SEALS[0]).write_bytes(b"x" * 64)
    who = decisions.Examiner("Pemeriksa Contoh", "option")
    case_decisions.decide(folder, [lambda a, j: decisions.draft(a, j, "note", "clip", [], note="dicatat")], who)
    assert store.verify(folder) == ()
    assert store.read_manifest(folder)["frames"] == frames
    assert not (folder / store.SEALS[0]).exists()
    exported = (folder / case_uco.CASE_JSONLD).read_text(encoding="utf-8")
    for name in (decisions.FILE, "report.html"):
        assert media.sha256_of(folder / name) in exported
    assert points(verification.check_decisions(folder)) == {"decisions": True}


# ---------------------------------------------------------------- commands


def run(*words: object) -> tuple[int, str]:
    """Run a command; return its exit code and what it printed."""
    result = CliRunner().invoke(cli, [str(word) for word in words])
    if isinstance(result.exception, errors.VidcheckError):
        return result.exception.exit_code, f"{result.output}{result.exception}"
    return result.exit_code, result.output


def test_verify_ends_with_the_documented_codes(folder: Path, clip: Path, tmp_path: Path) -> None:
    code, said = run("verify", folder, "--clip", clip, "-q")
    assert (code, "DIFFERS" in said) == (0, False)
    other = make.moving_clip(tmp_path / "other.mp4", (12,))
    code, said = run("verify", folder, "--clip", other, "-q")
    assert (code, "DIFFERS  clip" in said) == (3, True)
    analysis = json.loads((folder / store.ANALYSIS).read_bytes())
    analysis["shots"][0]["sharpness"] = 1.0
    (folder / store.ANALYSIS).write_text(json.dumps(analysis))
    code, said = run("verify", folder)
    assert (code, "altered: analysis.json" in said) == (3, True)
    store.renew_manifest(folder)  # whoever alters a result can write the manifest again too; only a run tells
    assert run("verify", folder)[0] == 0
    code, said = run("verify", folder, "--clip", clip, "-q")
    assert (code, "DIFFERS  shots" in said) == (7, True)


def test_analyze_takes_the_case_and_keeps_it(clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    analysis = pipeline.analyze(clip, pipeline.Settings(only=("shots",)))
    monkeypatch.setattr(pipeline, "analyze", lambda *_, **__: analysis)
    record = tmp_path / "my-case.toml"
    code, said = run("case", "template", "--lang", "id")
    assert code == 0
    record.write_text(said.replace('id = ""', 'id = "700/1/2026"', 1), encoding="utf-8")
    out = tmp_path / "out"
    assert run("analyze", clip, "-o", out, "-q", "--no-cache", "--case", record)[0] == 0
    folder = out / clip.stem
    assert (folder / intake.CASE_FILE).read_bytes() == record.read_bytes()
    assert "700/1/2026" in (folder / "report.html").read_text(encoding="utf-8")
    assert run("analyze", clip, "-o", out, "-q", "--no-cache")[0] == 0
    assert (folder / intake.CASE_FILE).read_bytes() == record.read_bytes()
    assert store.verify(folder) == ()


def test_what_is_wrong_with_the_case_is_said_before_the_analysis(clip: Path, tmp_path: Path) -> None:
    record = tmp_path / "case.toml"
    record.write_text("[case]\nid = 1\n")
    code, said = run("analyze", clip, "-o", tmp_path / "out", "--case", record)
    assert (code, "case.toml, line 2" in said) == (2, True)
    record.write_text("")
    code, said = run("analyze", clip, clip, "-o", tmp_path / "out", "--case", record)
    assert (code, "--case belongs to one clip" in said) == (2, True)
    code, said = run("analyze", clip, "-o", tmp_path / "out", "--sign", tmp_path / "gone.pem")
    assert code == 3
    assert not (tmp_path / "out").exists()
    assert run("sign", tmp_path)[0] == 2
