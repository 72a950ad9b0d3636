"""The clip in the page: complete without a script, and with one in a real Chromium it plays, seeks and draws."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests import media as make
from tests.report_example import HOSTILE, example_analysis
from vidcheck import case, clip_copy, media, pipeline
from vidcheck.report.html import render_html, seek_links, whole_frame
from vidcheck.report.view import build
from vidcheck.types import Analysis, Detection, FrameRef, Person, Track

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FRAMES = 60


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make.moving_clip(tmp_path_factory.mktemp("player") / "clip.mp4", (30, 30))


@pytest.fixture(scope="module")
def analysis(clip: Path) -> Analysis:
    """The shots of a clip, and one figure that moves one pixel a frame through it."""
    found = pipeline.analyze(clip, pipeline.Settings(only=("shots",)))
    boxes = tuple(
        Detection(FrameRef(i, i * 512, i / 25), (20.0 + i, 30.0, 80.0 + i, 170.0), "person", 0.9)
        for i in range(0, FRAMES, 5)
    )
    track = Track("s0-t1", 0, tuple(range(len(boxes))))
    return replace(found, detections=boxes, tracks=(track,), persons=(Person("p1", ("s0-t1",), (), None),))


@pytest.fixture(scope="module")
def folders(analysis: Analysis, clip: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    out = tmp_path_factory.mktemp("out")
    return {
        "alone": case.write_case(analysis, clip, out / "alone", lang="en"),
        "with": case.write_case(analysis, clip, out / "with", lang="en", with_clip=True),
    }


def data_of(page: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="clip-data">(.*?)</script>', page, re.DOTALL)
    assert found
    data: dict[str, Any] = json.loads(found[1])
    return data


def test_boxes_in_the_page_are_those_that_were_measured(folders: dict[str, Path], analysis: Analysis) -> None:
    page = (folders["alone"] / "report.html").read_text(encoding="utf-8")
    data = data_of(page)
    marks = {mark["id"]: mark for mark in data["marks"]}
    assert len(marks["p1"]["boxes"]) == len(analysis.detections)
    assert marks["p1"]["boxes"][1] == [200, 25, 30, 85, 170]
    assert data["sha256"] == analysis.source.sha256
    assert (data["width"], data["height"]) == (320, 180)


def test_text_from_a_clip_cannot_end_the_data(tmp_path: Path) -> None:
    page = render_html(*build(example_analysis(), tmp_path, "id", rechecked=False))
    raw = re.search(r'id="clip-data">(.*?)</script>', page, re.DOTALL)
    assert raw
    assert not set("<>&") & set(raw[1])
    assert raw[1].isascii()
    labels = [mark["label"] for mark in data_of(page)["marks"]]
    assert any(HOSTILE[:20] in label for label in labels)


def test_a_photo_has_no_player_and_no_script(tmp_path: Path) -> None:
    full = example_analysis()
    photo = replace(full, source=replace(full.source, kind="image", duration_s=0.0))
    page = render_html(*build(photo, tmp_path, "id", rechecked=False))
    assert "<script" not in page
    assert "<video" not in page
    assert "data-t=" not in page


def test_frames_in_statements_become_links() -> None:
    linked = seek_links("<b> 0:03,120 (bingkai 78); 1:02:03.004 (frame 9)")
    assert linked == (
        '&lt;b&gt; <a class="at" href="#clip" data-t="3.120">0:03,120 (bingkai 78)</a>; '
        '<a class="at" href="#clip" data-t="3723.004">1:02:03.004 (frame 9)</a>'
    )
    assert whole_frame("media/x.jpg") == ""


@pytest.mark.parametrize(
    ("container", "codec", "ending"),
    [
        ("mov,mp4,m4a,3gp,3g2,mj2", "h264", "mp4"),
        ("mov,mp4,m4a,3gp,3g2,mj2", "hevc", None),
        ("matroska,webm", "vp9", "webm"),
        ("matroska,webm", "h264", None),
        ("avi", "h264", None),
    ],
)
def test_what_browsers_play_as_it_is(container: str, codec: str, ending: str | None) -> None:
    source = replace(example_analysis().source, container=container, codec=codec)
    assert clip_copy.playable_ending(source) == ending


def test_the_copy_is_the_original_or_said_to_be_converted(
    folders: dict[str, Path], analysis: Analysis, tmp_path: Path
) -> None:
    copy = clip_copy.find_clip(folders["with"])
    assert copy is not None
    assert media.sha256_of(copy) == analysis.source.sha256
    assert clip_copy.find_clip(folders["alone"]) is None
    old = make.moving_clip(tmp_path / "old.avi", (20,))
    found = pipeline.analyze(old, pipeline.Settings(only=("shots",)))
    folder = case.write_case(found, old, tmp_path / "out", lang="en", with_clip=True)
    converted = clip_copy.find_clip(folder)
    assert converted is not None
    with media.open_clip(converted) as opened:
        assert len(list(opened.frames())) == 20
        assert opened.source.codec == "h264"
    assert "was converted to H.264" in (folder / "report.html").read_text(encoding="utf-8")


# ---------------------------------------------------------------- in a browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine")
    with sync_api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def open_page(browser: Any) -> Iterator[Any]:
    pages = []

    def opener(folder: Path, **options: Any) -> Any:
        page = browser.new_page(**options)
        page.problems = []
        page.outside = []
        page.on("pageerror", lambda error: page.problems.append(str(error)))
        page.on("console", lambda said: page.problems.append(said.text) if said.type == "error" else None)
        page.on("request", lambda r: page.outside.append(r.url) if r.url.startswith(("http", "ws")) else None)
        page.goto((folder / "report.html").as_uri())
        pages.append(page)
        return page

    yield opener
    for page in pages:
        assert not page.problems
        assert not page.outside
        page.close()


def clock(page: Any) -> str:
    return str(page.locator("#clip .clock").text_content()).split(" / ")[0]


def wait_clock(page: Any, expected: str) -> None:
    page.wait_for_function("t => document.querySelector('#clip .clock').textContent.startsWith(t)", arg=expected)


def drawn(page: Any) -> int:
    """How many pixels of the boxes' canvas are painted."""
    script = "() => { const c = document.querySelector('#clip canvas'); const d = c.getContext('2d')"
    script += (
        ".getImageData(0, 0, c.width, c.height).data; let n = 0; for (let i = 3; i < d.length; i += 4) n += d[i] > 0;"
    )
    return int(page.evaluate(script + " return n; }"))


def test_the_copy_plays_seeks_and_draws(folders: dict[str, Path], open_page: Any) -> None:
    page = open_page(folders["with"])
    page.wait_for_function("() => !document.querySelector('#clip .play').disabled")
    page.locator(".clip-chart rect[data-of=p1]").focus()
    page.keyboard.press("Enter")
    wait_clock(page, "0:00.000")
    assert drawn(page) > 0
    link = page.locator("#shots a.at", has_text="(frame 30)").first
    link.click()
    wait_clock(page, "0:01.200")
    assert drawn(page) > 0
    assert page.evaluate("document.querySelector('video').currentTime") == pytest.approx(1.201, abs=0.002)
    assert page.locator("#clip .stage.docked").count() == 1
    page.locator("#clip .undock").click()
    assert page.locator("#clip .stage.docked").count() == 0
    page.locator("#clip").scroll_into_view_if_needed()
    page.locator("#clip .on-one").click()
    wait_clock(page, "0:01.240")
    page.locator("#clip .show-people").uncheck()
    assert drawn(page) == 0
    page.locator("#clip .play").click()
    page.wait_for_function(
        "() => document.querySelector('video').ended || document.querySelector('video').currentTime > 1.5"
    )


def test_a_click_on_the_time_line_goes_where_it_points(folders: dict[str, Path], open_page: Any) -> None:
    page = open_page(folders["with"])
    page.wait_for_function("() => !document.querySelector('#clip .play').disabled")
    chart = page.locator(".clip-chart svg")
    chart.scroll_into_view_if_needed()
    box = chart.bounding_box()
    left, right = (float(str(chart.get_attribute(f"data-{side}"))) for side in ("left", "right"))
    chart.click(position={"x": box["width"] * (left + (right - left) / 2) / 760, "y": 20})
    wait_clock(page, "0:01.2")


def test_without_a_copy_the_reader_opens_theirs_and_its_hash_is_told(
    folders: dict[str, Path], open_page: Any, clip: Path, tmp_path: Path
) -> None:
    page = open_page(folders["alone"])
    assert page.locator("#clip .picker").is_visible()
    picture = page.locator("#shots figure.whole a.at").first
    picture.click()  # the best frame of a shot is in the report as a whole picture
    assert page.locator("#clip .still").is_visible()
    page.set_input_files("#clip input[type=file]", clip)
    page.wait_for_function("() => document.querySelector('#clip .message').textContent.includes('Same SHA-256')")
    page.wait_for_function("() => !document.querySelector('#clip .play').disabled")
    other = make.moving_clip(tmp_path / "other.mp4", (10,))
    page.set_input_files("#clip input[type=file]", other)
    page.wait_for_function("() => document.querySelector('#clip .message').textContent.includes('DIFFERENT SHA-256')")


def test_without_a_script_everything_is_there(folders: dict[str, Path], browser: Any) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((folders["with"] / "report.html").as_uri())
    assert not page.locator("#clip").is_visible()
    assert page.locator(".clip-chart svg").is_visible()
    for section in ("intake", "file", "people", "time", "method", "limits", "rates", "examiner"):
        assert page.locator(f"#{section}").is_visible()
    context.close()


def test_a_phone_shows_it_without_scrolling_sideways(folders: dict[str, Path], open_page: Any) -> None:
    page = open_page(folders["with"], viewport={"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
