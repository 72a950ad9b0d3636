"""Findings as tables and pictures for notebooks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import get_args

import polars
import pytest

from vidcheck import display
from vidcheck.errors import InputError
from vidcheck.types import Analysis, Source, StepRun, TablePart, Words


def empty(analysis: Analysis) -> Analysis:
    """The same clip, if nothing had been looked at."""
    none = dict.fromkeys(
        ("shots", "detections", "tracks", "persons", "clothing", "overlays", "lighting", "clues", "leads", "steps"), ()
    )
    return replace(analysis, **none, people_count=None, clothing_counts={}, time_estimate=None, working_hours=None)


@pytest.mark.parametrize("part", get_args(TablePart))
def test_every_part_is_a_table_with_the_same_columns_when_it_is_empty(part: TablePart, demo_analysis: Analysis) -> None:
    table = demo_analysis.to_frame(part)
    assert isinstance(table, polars.DataFrame)
    assert table.height > 0
    bare = empty(demo_analysis).to_frame(part)
    assert bare.height == 0
    assert bare.schema == table.schema


def test_rows_say_what_the_analysis_says(demo_analysis: Analysis) -> None:
    persons = demo_analysis.to_frame("persons")
    assert persons["person"].to_list() == [person.id for person in demo_analysis.persons]
    assert (persons["first_s"] <= persons["last_s"]).all()
    boxes = demo_analysis.to_frame("detections")
    in_tracks = sum(len(track.detections) for track in demo_analysis.tracks)
    assert boxes.filter(polars.col("track").is_not_null()).height == in_tracks
    clues = demo_analysis.to_frame("clues", lang="id")
    assert demo_analysis.time_estimate is not None
    assert set(clues.filter(polars.col("used"))["id"]) == set(demo_analysis.time_estimate.clues_used)
    assert clues["says"].to_list() == [clue.words.id for clue in demo_analysis.clues]


def test_an_unknown_table_is_named(demo_analysis: Analysis) -> None:
    with pytest.raises(InputError, match="faces"):
        display.to_frame(demo_analysis, "faces")  # type: ignore[arg-type]


def test_the_summary_escapes_what_comes_from_the_clip(demo_analysis: Analysis) -> None:
    source: Source = replace(demo_analysis.source, path="<script>alert(1)</script>.mp4")
    failed = StepRun("overlays", "failed", "", "1", None, {}, {}, 0.0, Words("<b>gagal</b>", "<b>failed</b>"))
    html = replace(demo_analysis, source=source, steps=(failed,))._repr_html_()
    assert "<script>" not in html and "&lt;script&gt;" in html
    assert "<b>failed" not in html and "Not looked at" in html


def test_the_gallery_shows_every_person_and_refuses_another_clip(
    demo_analysis: Analysis, demo_clip: Path, tmp_path: Path
) -> None:
    html = demo_analysis.show(demo_clip, lang="id")._repr_html_()
    assert html.count("data:image/jpeg;base64,") == sum(len(p.best_shots) for p in demo_analysis.persons)
    assert all(f">{person.id}, " in html for person in demo_analysis.persons)
    other = tmp_path / "other.mp4"
    other.write_bytes(demo_clip.read_bytes() + b"\0" * 8)
    with pytest.raises(InputError, match="not the clip"):
        demo_analysis.show(other)
