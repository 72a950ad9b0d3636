"""What the report needs besides kept views is decoded beside the last step, and never costs a result."""

from __future__ import annotations

import logging
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from vidcheck import kept_views, look_ahead, media, pictures, pipeline
from vidcheck.kept_views import KeptPixels, KeptViews
from vidcheck.types import Analysis, Box, FrameRef

STEPS = ("shots", "people", "camera", "tracks", "persons", "counts")


def analyse(clip: Path, pixels: KeptPixels, settings: pipeline.Settings) -> Analysis:
    return pipeline.analyze(clip, replace(settings, only=STEPS), pixels=pixels)


def findings(analysis: Analysis) -> Analysis:
    return replace(analysis, steps=tuple(replace(run, seconds=0.0) for run in analysis.steps))


def missing(analysis: Analysis, pixels: KeptPixels) -> list[tuple[FrameRef, Box | None]]:
    run = analysis.step("people")
    assert run is not None
    size = (analysis.source.width_px, analysis.source.height_px)
    views = kept_views.choose(analysis.detections, float(str(run.stats["confidence"])), size)
    views.pixels = pixels
    return pictures.missing(analysis, views)


def test_it_keeps_what_the_report_would_decode(demo_clip: Path, demo_settings: pipeline.Settings) -> None:
    asked: list[tuple[FrameRef, Box | None]] = []

    def also(analysis: Analysis, views: KeptViews) -> list[tuple[FrameRef, Box | None]]:
        asked.extend(pictures.missing(analysis, views))
        return asked

    kept, plain = KeptPixels(with_faint=True, also=also), KeptPixels(with_faint=True)
    analysis = analyse(demo_clip, kept, demo_settings)
    assert findings(analysis) == findings(analyse(demo_clip, plain, demo_settings))
    assert any(box is None for _, box in asked)
    assert missing(analysis, kept) == []
    assert {ref.index for ref, _ in missing(analysis, plain)} == {ref.index for ref, _ in asked}
    refs = {ref.index: ref for ref, box in asked if box is None}
    whole = kept.frames_of(analysis.source, refs.values())
    with media.open_clip(demo_clip) as clip:
        decoded = {frame.ref.index: frame.bgr for frame in clip.read(refs.values())}
    assert whole.keys() == decoded.keys()
    assert all(np.array_equal(whole[index], decoded[index]) for index in whole)
    assert kept.frames_of(replace(analysis.source, sha256="0" * 64), refs.values()) == {}


def test_what_goes_wrong_there_costs_nothing(
    demo_clip: Path, demo_settings: pipeline.Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    plain = findings(analyse(demo_clip, KeptPixels(with_faint=True), demo_settings))

    def broken(*_: object) -> list[tuple[FrameRef, Box | None]]:
        raise ValueError("no such picture")

    with caplog.at_level(logging.WARNING, "vidcheck.look_ahead"):
        chosen = analyse(demo_clip, KeptPixels(with_faint=True, also=broken), demo_settings)
        monkeypatch.setattr(KeptPixels, "put_more", broken)
        kept = analyse(demo_clip, KeptPixels(with_faint=True, also=pictures.missing), demo_settings)
    assert findings(chosen) == plain == findings(kept)
    assert [record.message.split(" could")[0] for record in caplog.records] == ["pictures for the report"] * 2
    assert not [thread for thread in threading.enumerate() if thread.name == "look-ahead"]


def test_the_frames_of_the_counts_come_first_and_many_are_left_to_the_report(
    demo_clip: Path, demo_settings: pipeline.Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = KeptPixels(with_faint=True, also=pictures.missing)
    whole = analyse(demo_clip, KeptPixels(with_faint=True), demo_settings)
    frame = whole.source.width_px * whole.source.height_px * 3
    monkeypatch.setattr(look_ahead, "_MOST_BYTES", frame)
    analysis = analyse(demo_clip, kept, demo_settings)
    assert analysis.people_count is not None and len(analysis.shots) > 1
    (shown,) = kept.frames_of(
        analysis.source, [shot.best for shot in analysis.shots] + [*analysis.people_count.basis_frames]
    )
    assert shown == analysis.people_count.basis_frames[0].index
    monkeypatch.setattr(look_ahead, "_MOST_FRAMES", 0)
    none = KeptPixels(with_faint=True, also=pictures.missing)
    assert not none.frames_of(analyse(demo_clip, none, demo_settings).source, [shot.best for shot in analysis.shots])
