"""The report's section on the run of the clocks in the picture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests import timecases
from tests.report_example import example_analysis, example_pictures
from vidcheck.report.html import render_html
from vidcheck.report.pdf import render_pdf
from vidcheck.report.ticking import TickRow
from vidcheck.report.view import build
from vidcheck.types import Analysis, OverlayText, TextReading


def clock(course: Callable[[int], int], seconds: int = 24) -> OverlayText:
    """A dated clock read once a second whose seconds follow ``course``."""
    base = timecases.text("23-12-2025 10:15:{i}", seconds=seconds)
    readings = tuple(
        TextReading(r.frame, r.box_xyxy_px, f"23-12-2025 10:{15 + course(k) // 60:02d}:{course(k) % 60:02d}", 0.97)
        for k, r in enumerate(base.readings)
    )
    return replace(base, text=readings[0].text_raw, text_raw=readings[0].text_raw, changes=True, readings=readings)


def with_clock(course: Callable[[int], int]) -> Analysis:
    return replace(example_analysis(), overlays=(clock(course),), shots=())


def rows(analysis: Analysis, lang: str, folder: Path) -> tuple[TickRow, ...]:
    return build(analysis, folder, lang, rechecked=False)[0].time.ticks


COURSES: dict[str, tuple[Callable[[int], int], str, str]] = {
    "true": (lambda k: k, "runs with the clip", ""),
    "frozen": (lambda k: 7, "stands although the clip runs", "warn"),
    "fast": (lambda k: 2 * k, "runs at another rate", "warn"),
    "jumps": (lambda k: k if k < 12 else k + 40, "jumps", "warn"),
}


@pytest.mark.parametrize("name", COURSES)
def test_each_result_is_shown_with_its_frames(name: str, tmp_path: Path) -> None:
    course, words, tone = COURSES[name]
    (row,) = rows(with_clock(course), "en", tmp_path)
    assert row.of == "t1" and words in row.verdict and row.tone == tone
    assert "24 of 24 readings" in row.figures
    assert "read “23-12-2025 10:15:" in row.places[0] and "frame 0" in row.places[0]
    assert "frame 575" in row.places[1]
    if name == "jumps":
        assert row.places[2] == "the clock +41.0 s while the clip +1.0 s: 0:11.000 (frame 275) → 0:12.000 (frame 300)"
    if name == "fast":
        assert "rate 2.00 (between 1." in row.figures


def test_numbers_follow_the_language(tmp_path: Path) -> None:
    (row,) = rows(with_clock(COURSES["jumps"][0]), "id", tmp_path)
    assert "jam +41,0 detik sementara klip +1,0 detik" in row.places[2]


def test_a_clip_without_a_clock_says_that_nothing_was_tested(tmp_path: Path) -> None:
    analysis = replace(example_analysis(), overlays=())
    assert rows(analysis, "en", tmp_path) == ()
    example_pictures(tmp_path)
    assert "No clock was read in the picture; nothing was tested." in render_html(
        *build(analysis, tmp_path, "en", rechecked=False)
    )


def test_both_reports_lay_it_out(tmp_path: Path) -> None:
    example_pictures(tmp_path)
    analysis = with_clock(COURSES["frozen"][0])
    view = build(analysis, tmp_path, "id", rechecked=False)
    page = render_html(*view)
    assert "Uji jalan jam dalam gambar" in page and "tidak bergerak meskipun klip berjalan" in page
    assert render_pdf(*view).startswith(b"%PDF")
    layout = (Path(__file__).parent.parent / "vidcheck/report/templates/report.typ").read_text(encoding="utf-8")
    for name in ("of", "verdict", "tone", "figures", "places"):
        assert f"r.{name}" in layout and f"r.{name}" in (
            Path(__file__).parent.parent / "vidcheck/report/templates/report.html.j2"
        ).read_text(encoding="utf-8")
