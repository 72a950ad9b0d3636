"""The report says what was found, says what was not looked at, and lets nothing from a clip act in it."""

from __future__ import annotations

import base64
import hashlib
import io
import re
import string
from collections import Counter
from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta, timezone
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import get_args

import pytest
from PIL import Image

from tests.report_example import (
    CJK,
    HOSTILE,
    RTL,
    at,
    example_analysis,
    example_pictures,
    ref,
    unseen_analysis,
    with_lighting,
)
from vidcheck import types
from vidcheck.errors import InputError
from vidcheck.report import wording as say
from vidcheck.report import write_report
from vidcheck.report.figures import ClueBar, Lane, Span, clip_chart, clue_chart
from vidcheck.report.format import Formatter
from vidcheck.report.glyphs import _ENDS, _STARTS, breakable, plain, printable, visible
from vidcheck.report.html import content_security_policy, render_html
from vidcheck.report.legal import basis_in_law, describe_source
from vidcheck.report.moments import working_spans
from vidcheck.report.pdf import render_pdf
from vidcheck.report.pictures import Album
from vidcheck.report.statements import CAUTION, LIMITS, TERMS
from vidcheck.report.view import build

LANGS = ("id", "en")
VOID = {"meta", "img", "br", "link", "input", "hr"}


class Page(HTMLParser):
    """Reads a page: its elements, its text, and whether its elements are closed in order."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self._open: list[str] = []
        self.feed(markup)
        assert not self._open, f"never closed: {self._open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open, f"</{tag}> closes nothing"
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open[-1:] not in (["style"], ["script"]):
            self.texts.append(data)

    @property
    def text(self) -> str:
        """All text, white space collapsed."""
        return " ".join(" ".join(self.texts).split())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An analysis folder with the example's pictures."""
    path = tmp_path_factory.mktemp("case")
    example_pictures(path)
    return path


@pytest.fixture(scope="module")
def pages(folder: Path) -> dict[str, str]:
    """The example's page in both languages."""
    return {lang: render_html(*build(example_analysis(), folder, lang, rechecked=False)) for lang in LANGS}


@pytest.fixture(scope="module")
def pdfs(folder: Path) -> Iterator[dict[str, bytes]]:
    """The example's PDF in both languages."""
    yield {lang: render_pdf(*build(example_analysis(), folder, lang, rechecked=False)) for lang in LANGS}


# ---------------------------------------------------------------- safety


@pytest.mark.parametrize("lang", LANGS)
def test_page_is_well_formed_and_self_contained(pages: dict[str, str], lang: str) -> None:
    page = Page(pages[lang])
    tags = {tag for tag, _ in page.elements}
    assert not tags & {
        "iframe",
        "object",
        "embed",
        "link",
        "form",
        "base",
        "audio",
        "b\u0000",
    }
    for tag, attributes in page.elements:
        assert not any(name.startswith("on") or name == "style" for name in attributes), (tag, attributes)
        for name in ("src", "href", "xlink:href", "action", "srcset", "poster"):
            value = attributes.get(name)
            assert value is None or value.startswith(("#", "data:image/jpeg;base64,")), (tag, name, value)
    scripts = [dict(attributes) for tag, attributes in page.elements if tag == "script"]
    assert scripts == [{"type": "application/json", "id": "clip-data"}, {}]
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert max(Counter(ids).values()) == 1
    targets = {attributes["href"] for _, attributes in page.elements if "href" in attributes}
    assert {str(target)[1:] for target in targets} <= set(ids)
    assert ("html", {"lang": lang}) in page.elements
    assert all(attributes.get("alt") for tag, attributes in page.elements if tag == "img")


@pytest.mark.parametrize("lang", LANGS)
def test_policy_allows_the_one_style_sheet_the_one_script_and_nothing_else(pages: dict[str, str], lang: str) -> None:
    css = re.search(r"<style>(.*?)</style>", pages[lang], re.DOTALL)
    assert css
    policy = next(
        attributes["content"] for tag, attributes in Page(pages[lang]).elements
        if tag == "meta" and attributes.get("http-equiv") == "Content-Security-Policy"
    )  # fmt: skip
    digest = base64.b64encode(hashlib.sha256(css.group(1).encode()).digest()).decode()
    script = re.search(r"<script>(.*?)</script>", pages[lang], re.DOTALL)
    assert script
    assert policy == content_security_policy(css.group(1), script.group(1))
    allowed = base64.b64encode(hashlib.sha256(script.group(1).encode()).digest()).decode()
    assert f"script-src 'sha256-{allowed}'; media-src blob:;" in str(policy)
    assert f"style-src 'sha256-{digest}'" in str(policy)
    assert str(policy).startswith("default-src 'none'")
    assert "unsafe" not in str(policy)
    assert "media-src blob: 'self'" in content_security_policy("", "x", with_clip=True)
    assert "script-src" not in content_security_policy(css.group(1))
    assert "media-src" not in content_security_policy(css.group(1))
    assert "url(" not in css.group(1)
    assert "@import" not in css.group(1)


def test_hostile_text_is_shown_and_does_not_act(pages: dict[str, str]) -> None:
    page = Page(pages["en"])
    assert HOSTILE in page.text
    assert "VID-20251015-WA0007 <b>tebal</b>.mp4" in page.text
    assert "<script>alert" not in pages["en"]
    assert "<svg onload" not in pages["en"]
    assert "49" not in re.findall(r"#let x = .{0,40}", page.text)[0]
    assert "\u202e" not in pages["en"]
    assert "⟨U+202E⟩" in page.text


def test_a_picture_outside_the_folder_is_not_read(folder: Path, tmp_path: Path) -> None:
    Image.new("RGB", (8, 8)).save(tmp_path / "secret.jpg")
    album = Album(folder, "en")
    for media in ("../secret.jpg", str(tmp_path / "secret.jpg"), "media/../../secret.jpg", "media/\0.jpg"):
        picture = album.picture(media, max_side_px=100, alt="x")
        assert picture.key == ""
        assert picture.missing
    (folder / "media" / "broken.jpg").write_bytes(b"\xff\xd8 no picture")
    broken = album.picture("media/broken.jpg", max_side_px=100, alt="x")
    assert "cannot be read" in broken.missing


def test_pictures_are_scaled_and_their_sum_is_bounded(folder: Path) -> None:
    album = Album(folder, "en", budget_bytes=30_000)
    first = album.picture("media/count-minimum.jpg", max_side_px=300, alt="x")
    assert (first.width_px, first.height_px) == (300, 169)
    shown = [album.picture("media/count-minimum.jpg", max_side_px=300, alt="x") for _ in range(20)]
    assert 0 < sum(bool(picture.key) for picture in shown) < 20
    assert "media/count-minimum.jpg" in shown[-1].missing
    jpeg = album.thumbnails[first.key].jpeg
    with Image.open(io.BytesIO(jpeg)) as image:
        assert not image.getexif()


# ---------------------------------------------------------------- what it says


def test_statements_rest_on_frames_and_bounds(pages: dict[str, str]) -> None:
    text = Page(pages["id"]).text
    assert "Paling sedikit 4, perkiraan terbaik 5, paling banyak 6" in text
    assert "4 terlihat serentak dalam satu bingkai: 0:08,100 (bingkai 243)" in text
    assert "Diperiksa 73 dari 438 bingkai." in text
    assert "Teks dibaca pada 24 dari 438 bingkai." in text
    assert "Sesuai dengan batik Korpri: 2 (2–3), PDH khaki: 1, pakaian bebas: 1; tidak dapat ditentukan: 1" in text
    assert "pakaian sesuai dengan batik Korpri" in text
    assert "peluang terkalibrasi 91%" in text
    assert "peluang terkalibrasi 41% (kelas terdepan: batik lain)" in text
    assert "skor mesin baca 0,93" in text
    assert "Gambar tidak tersedia : berkas media/p3-2.jpg tidak ada".replace(" :", ":") in text
    assert "paling lambat Kamis, 16 Oktober 2025, 09.01.10 WIB" in text
    assert "07.30–16.00, istirahat 12.00–13.00" in text
    assert "belum diukur: tidak ada angka peluang untuk rentang ini" in text
    english = Page(pages["en"]).text
    assert "clothing consistent with Korpri batik" in english
    assert "not after Thursday 16 October 2025, 09:01:10 WIB" in english
    assert "21.033 s; differs from what was decoded" in english


@pytest.mark.parametrize("lang", LANGS)
def test_nobody_is_called_a_civil_servant(pages: dict[str, str], lang: str) -> None:
    text = Page(pages[lang]).text
    denials = (CAUTION.get(lang), say.text("clothing_note", lang))
    for denial in denials:
        assert denial in text
        text = text.replace(denial, "")
    assert not re.search(
        r"\b(adalah|merupakan|bahwa seseorang|is|are) (an? )?(asn|pns|civil servants?)\b", text.lower()
    )


@pytest.mark.parametrize("lang", LANGS)
def test_what_was_not_looked_at_is_never_nothing(folder: Path, lang: str) -> None:
    view, album = build(unseen_analysis(), folder, lang, rechecked=False)
    page = Page(render_html(view, album))
    text = page.text
    for key in ("nobody", "no_texts", "no_leads", "no_conflicts"):
        assert say.text(key, lang) not in text, key
    answers = {item.section: item for item in view.summary}
    for section in ("people", "clothing", "texts", "time", "hours", "leads"):
        assert answers[section].tone == "missing"
        assert answers[section].value == say.text("not_looked", lang)
    skipped = [run for run in unseen_analysis().steps if run.status != "ok"]
    assert len([n for n in view.incomplete if n.tone == "skipped"]) == len(skipped)
    assert text.count(say.STATUS["skipped"].get(lang)) == len(skipped)
    assert view.clip_svg.count(say.text("not_looked", lang).lower()) == 4


def test_a_step_without_any_record_is_not_taken_for_done(folder: Path) -> None:
    view, _ = build(replace(unseen_analysis(), steps=()), folder, "en", rechecked=False)
    for section in (view.people, view.clothing, view.texts, view.leads, view.time, view.hours):
        assert section.notices
        assert "no record" in section.notices[0].text
    assert {item.value for item in view.summary if item.section != "file"} == {"Not looked at"}


def test_looked_and_found_nothing_says_so(folder: Path) -> None:
    full = example_analysis()
    empty = replace(
        full, detections=(), tracks=(), persons=(), clothing=(), clothing_counts={}, overlays=(), leads=(),
        people_count=types.PeopleCount(0, 0, 0, ()),
    )  # fmt: skip
    view, album = build(empty, folder, "en", rechecked=False)
    text = Page(render_html(view, album)).text
    for key in ("nobody", "no_texts", "no_leads"):
        assert say.text(key, "en") in text
    assert not view.people.notices


def test_failed_and_lost_parts_stand_on_the_first_page(folder: Path) -> None:
    view, _ = build(example_analysis(), folder, "id", rechecked=False)
    assert [notice.tone for notice in view.incomplete] == ["failed", "warn"]
    assert "Gagal: ValueError: <svg onload=alert(1)>." in view.incomplete[0].text
    assert "setelah 0:14,600" in view.incomplete[1].text
    assert any("tidak dicari" in notice.text for notice in view.time.notices)


def test_every_finding_and_step_is_in_the_report(pages: dict[str, str]) -> None:
    analysis, text = example_analysis(), Page(pages["en"]).text
    for run in analysis.steps:
        assert run.method in text
        assert run.weights_sha256 is None or run.weights_sha256 in text
    assert "inner a=1, b=–" in text
    for name, version in analysis.tool.items():
        assert f"{name} {version}" in text
    for item in (*analysis.persons, *analysis.overlays, *analysis.clues, *analysis.leads):
        assert re.search(rf"\b{item.id}\b", text)
    for values in analysis.source.tags.values():
        for name, value in values.items():
            assert f"{name} {visible(value)}" in text
    for name, words in (*LIMITS, *TERMS):
        assert name.en in text
        assert words.en in text


def test_people_over_time_are_counted_like_the_minimum(folder: Path) -> None:
    full = example_analysis()
    faint = types.Detection(ref(8.0), (0.0, 0.0, 9.0, 9.0), "person", 0.12)
    tracks = (
        replace(full.tracks[0], detections=(*full.tracks[0].detections, len(full.detections))),
        *full.tracks[1:],
    )
    stray = replace(full, detections=(*full.detections, faint, replace(faint, confidence=0.9)), tracks=tracks)
    for analysis in (full, stray):  # neither a faint box nor one that no track follows counts
        view, _ = build(analysis, folder, "en", rechecked=False)
        assert ">max 4<" in view.clip_svg


def test_lighting_rows_name_the_leading_class_where_it_is_unknown(folder: Path) -> None:
    view, _ = build(with_lighting(example_analysis()), folder, "en", rechecked=True)
    assert [row.label for row in view.time.light] == ["indoors with daylight", "not determined"]
    assert (
        view.time.light[1].probability == "calibrated probability 44% (leading class: indoors, artificial light only)"
    )
    assert not view.time.light_notices
    assert any(fact.value.startswith("same:") for fact in view.file.facts)


def test_every_code_of_the_types_has_words() -> None:
    catalogues = {
        types.ClothingLabel: (say.CLOTHING, say.CLOTHING_SHORT),
        types.LightingLabel: (say.LIGHTING,),
        types.ShotKind: (say.SHOT_KIND,),
        types.OverlayKind: (say.OVERLAY_KIND,),
        types.ClueKind: (say.CLUE_KIND,),
        types.ClueSource: (say.CLUE_SOURCE,),
        types.Clock: (say.CLOCK,),
        types.Grade: (say.GRADE,),
        types.LeadKind: (say.LEAD_KIND,),
        types.Answer: (say.ANSWER,),
        types.StepStatus: (say.STATUS,),
    }
    for literal, listed in catalogues.items():
        for catalogue in listed:
            assert set(get_args(literal)) == set(catalogue)


def test_both_languages_fill_the_same_blanks() -> None:
    def blanks(words: str) -> set[str]:
        return {name for _, name, _, _ in string.Formatter().parse(words) if name}

    for key, words in say.TEXT.items():
        assert blanks(words.id) == blanks(words.en), key
        assert words.id.strip() and words.en.strip(), key


def test_every_fixed_word_is_used() -> None:
    package = Path(say.__file__).parent
    code = "".join(
        path.read_text(encoding="utf-8") for path in (*package.glob("*.py"), *package.glob("templates/*"))
        if path.name != "wording.py"
    )  # fmt: skip
    dynamic = {"video", "image"}
    unused = [key for key in say.TEXT if key not in dynamic and not re.search(rf"""["']{key}["']|w\.{key}\b""", code)]
    assert unused == []


def test_law_is_quoted_only_with_its_source() -> None:
    quotes = basis_in_law("en")
    assert {quote.law for quote in quotes if not quote.verified} == {
        "UU 27/2022, Articles 17, 20 and 34",
        "Presumption of innocence",
    }
    assert all("UNVERIFIED" in quote.status for quote in quotes if not quote.verified)
    assert any("S-129" in quote.status and "press, not the official text" in quote.status for quote in quotes)
    assert describe_source("S-9999", "en") == "S-9999"


# ---------------------------------------------------------------- numbers, times, charts


def test_times_and_numbers_follow_the_language() -> None:
    indonesian, english = Formatter("id", "Asia/Makassar"), Formatter("en", "Asia/Makassar")
    moment = datetime(2025, 8, 17, 1, 5, 9, tzinfo=UTC)
    assert indonesian.moment(moment) == "Minggu, 17 Agustus 2025, 09.05.09 WITA"
    assert english.moment(moment) == "Sunday 17 August 2025, 09:05:09 WITA"
    assert Formatter("en").moment(moment) == "Sunday 17 August 2025, 01:05:09 UTC"
    assert Formatter("en", "No/Such").moment(moment) == "Sunday 17 August 2025, 01:05:09 UTC"
    assert indonesian.number(1234567.891, 2) == "1.234.567,89"
    assert english.size(4_812_337) == "4.8 MB (4,812,337 bytes)"
    assert indonesian.frame(types.FrameRef(97, 1, 3723.0405)) == "1:02:03,040 (bingkai 97)"
    assert english.clip_time(59.9996) == "1:00.000"
    assert english.percent(0.997) == ">99%"
    assert english.percent(0.004) == "<1%"
    assert english.percent(1.0) == "100%"
    many = english.frames(ref(second) for second in range(9))
    assert many.count("frame") == 6
    assert many.endswith("and 3 more")


def test_intervals_are_written_without_repetition() -> None:
    fmt = Formatter("en", "Asia/Pontianak")
    assert fmt.interval(at(10, 13), at(10, 17)) == "Tuesday 14 October 2025, 10:13:00–10:17:00 WIB"
    assert fmt.interval(at(0, 0), at(23, 59, 59)) == "Tuesday 14 October 2025 (the whole day, WIB)"
    assert fmt.interval(None, at(9, 0)) == "not after Tuesday 14 October 2025, 09:00:00 WIB"
    assert fmt.interval(at(9, 0), None) == "not before Tuesday 14 October 2025, 09:00:00 WIB"
    assert fmt.interval(at(9, 0), at(9, 0)) == "Tuesday 14 October 2025, 09:00:00 WIB"
    assert fmt.interval(None, None) == "open"


def test_working_hours_are_cut_by_their_break() -> None:
    assert working_spans("07:30-16:00 break 12:00-13:00") == ((7.5, 12.0), (13.0, 16.0))
    assert working_spans("08.00–15.30, istirahat 12.00–12.30") == ((8.0, 12.0), (12.5, 15.5))
    assert working_spans("according to the unit's timetable") == ()


def test_clue_chart_places_bars_and_points_at_what_lies_outside() -> None:
    fmt = Formatter("en", "Asia/Pontianak")
    bars = (
        ClueBar("c1", "text", "strong", at(10, 0), at(11, 0), True),
        ClueBar("c2", "editor", "weak", at(10, 0) - timedelta(days=400), None, False),
        ClueBar("c3", "name", "weak", at(0, 0, day=20), at(23, 0, day=20), False),
        ClueBar("c4", "light", "weak", None, None, False),
    )
    svg = clue_chart(bars, at(10, 0), at(11, 0), "Estimate", "chart", fmt)
    assert "c4 light" not in svg
    assert "20 Oct 2025" in svg
    assert svg.count("<polygon") == 3  # both ends of c2, the arrow of c3
    assert clue_chart(bars[3:], None, None, "Estimate", "chart", fmt) == ""
    for x, width in re.findall(r'<rect x="([\d.]+)" y="[\d.]+" width="([\d.]+)"', svg):
        assert 0 <= float(x) <= float(x) + float(width) <= 760.5


@pytest.mark.parametrize("days", [0, 1, 30, 4000, 20000])
def test_clue_chart_never_crowds_its_axis(days: int) -> None:
    bars = (ClueBar("c1", "x", "weak", at(3, 0) - timedelta(days=days), at(3, 0), True),)
    svg = clue_chart(bars, None, None, "e", "chart", Formatter("id", "Asia/Pontianak"))
    ticks = [float(x) for x in re.findall(r'<text x="([\d.]+)" y="78.0"', svg)]
    assert 1 <= len(ticks) <= 9
    assert all(later - sooner > 40 for sooner, later in pairwise(ticks))


def test_a_time_at_the_edge_of_the_calendar_does_no_harm(folder: Path) -> None:
    full = example_analysis()
    first = datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=9)))
    odd = (
        replace(full.clues[0], earliest=first, latest=datetime(9999, 12, 31, tzinfo=UTC)),
        replace(full.clues[1], earliest=None, latest=datetime(2025, 1, 1)),
    )
    view, _ = build(replace(full, clues=odd), folder, "id", rechecked=False)
    assert "1 Januari 1" in view.time.clues[0].interval
    assert "<svg" in view.time.ledger_svg


def test_long_lists_are_cut_and_say_so(folder: Path) -> None:
    full = example_analysis()
    many = replace(
        full,
        clues=full.clues * 30,
        overlays=full.overlays * 50,
        leads=full.leads * 50,
        persons=full.persons * 30,
        clothing=full.clothing * 30,
        shots=full.shots * 60,
        source=replace(full.source, tags={"container": {f"tag{n}": "x" * 9000 for n in range(200)}}),
    )
    view, album = build(many, folder, "en", rechecked=False)
    sections = (view.people, view.clothing, view.texts, view.leads, view.shots, view.time)
    assert [section.more for section in sections] == [50, 50, 100, 50, 40, 110]
    html = render_html(view, album)
    assert "50 more rows are not shown here" in html
    assert "(cut; 9,000 characters are in analysis.json)" in html
    assert len(html) < 15_000_000
    height = float(re.findall(r'viewBox="0 0 760 (\d+)"', view.time.ledger_svg)[0])
    assert height < 760 * 1.4  # fits a page


# ---------------------------------------------------------------- PDF


@pytest.mark.parametrize("lang", LANGS)
def test_pdf_is_archival_tagged_and_in_its_language(pdfs: dict[str, bytes], lang: str) -> None:
    pdf = pdfs[lang]
    assert pdf.startswith(b"%PDF-1.7")
    assert b"<pdfaid:part>2</pdfaid:part>" in pdf
    assert b"<pdfaid:conformance>A</pdfaid:conformance>" in pdf
    assert b"<pdfuaid:part>1</pdfuaid:part>" in pdf
    assert f"/Lang({lang})".encode() in pdf
    assert b"/JavaScript" not in pdf
    assert b"/URI" not in pdf
    assert f"SHA-256 {example_analysis().source.sha256}".encode() in pdf


def test_same_analysis_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        example_pictures(tmp_path / name)
        write_report(example_analysis(), tmp_path / name, lang="id")
    for file in ("report.html", "report.pdf"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()


def test_pdf_of_a_photo_with_nothing_seen(tmp_path: Path) -> None:
    unseen = unseen_analysis()
    source = replace(unseen.source, kind="image", duration_s=0.0, duration_declared_s=None, pts_origin="photo", tags={})
    written = write_report(replace(unseen, source=source, steps=()), tmp_path, lang="en")
    assert [path.name for path in written] == ["report.html", "report.pdf"]
    assert "The clip at a glance" not in Page(written[0].read_text(encoding="utf-8")).text


def test_pdf_takes_any_text(folder: Path) -> None:
    analysis = example_analysis()
    nasty = [
        "\\",
        "$x^2$",
        "#panic()",
        "*b* _i_ @ref <lbl>",
        "\x00\x07\ufeff",
        "\ud83d",
        "e\u0301\u0327\u20e3",
        "ก็",
        "x" * 900,
        "-" * 300,
        "\u05e9\u05c1\u05dc\u05d5\u05b9\u05dd",
        "हिन्दी",
        "👩‍👩‍👧",
        RTL,
        CJK,
        "",
    ]
    texts = tuple(
        replace(analysis.overlays[0], id=f"t{n}", text=words, text_raw=words[::-1]) for n, words in enumerate(nasty)
    )
    analysis = replace(analysis, overlays=texts, source=replace(analysis.source, path=nasty[3] + CJK))
    assert render_pdf(*build(analysis, folder, "id", rechecked=False)).startswith(b"%PDF")


def test_every_character_taken_for_printable_can_be_printed() -> None:
    typst = pytest.importorskip("typst")
    every = [
        printable(chr(point)) for first, last in zip(_STARTS, _ENDS, strict=True) for point in range(first, last + 1)
    ]
    source = (
        '#set document(title: "T", date: datetime(year: 1970, month: 1, day: 1))\n'
        '#set text(font: ("Libertinus Serif", "DejaVu Sans Mono"), lang: "id")\n'
        '#for c in json(bytes(sys.inputs.every)) [#c #text(weight: "semibold", c) ]'
    )
    import json

    typst.compile(
        source.encode(), format="pdf", pdf_standards=["a-2a", "ua-1"], ignore_system_fonts=True,
        sys_inputs={"every": json.dumps([*every, *map(plain, every)])},
    )  # fmt: skip


def test_text_is_made_visible_printable_and_breakable() -> None:
    assert visible("a\u202eb\x00\nc") == "a⟨U+202E⟩b⟨U+0000⟩⏎ c"
    assert printable("é 中 ✓") == "é ⟨U+4E2D⟩ ✓"
    assert printable("e\u0301 x\u0327\u0301") == "é x⟨U+0327⟩⟨U+0301⟩"
    assert plain("aé–中ש") == "aé–⟨U+4E2D⟩⟨U+05E9⟩"
    long = "0123456789abcdef" * 4
    assert breakable(long).replace("\u200b", "") == long
    assert max(map(len, breakable(long).split("\u200b"))) <= 18


# ---------------------------------------------------------------- files


def test_a_clip_that_changed_is_refused(tmp_path: Path) -> None:
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(b"not the analysed bytes")
    with pytest.raises(InputError, match=r"has changed since it was analysed"):
        write_report(example_analysis(), tmp_path, lang="id", clip_path=clip)
    with pytest.raises(InputError, match="cannot be read again"):
        write_report(example_analysis(), tmp_path, lang="id", clip_path=tmp_path / "gone.mp4")
    assert not (tmp_path / "report.html").exists()


def test_a_clip_that_is_the_same_is_confirmed(tmp_path: Path) -> None:
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(b"the analysed bytes")
    digest = hashlib.sha256(clip.read_bytes()).hexdigest()
    unseen = unseen_analysis()
    analysis = replace(unseen, source=replace(unseen.source, sha256=digest))
    html, _ = write_report(analysis, tmp_path, lang="en", clip_path=clip)
    assert "same: the file was read again" in html.read_text(encoding="utf-8")


def test_the_views_fields_are_all_laid_out(pages: dict[str, str]) -> None:
    from vidcheck.report import parts, parts_around

    templates = Path(parts.__file__).parent / "templates"
    for name in ("report.html.j2", "report.typ"):
        layout = (templates / name).read_text(encoding="utf-8")
        for part in vars(parts).values():
            if isinstance(part, type) and part.__module__ in (parts.__name__, parts_around.__name__):
                for field in fields(part):
                    if name == "report.typ" and (part is parts.PlayerView or field.name == "player"):
                        continue  # paper plays nothing
                    assert re.search(rf"\.{field.name}\b", layout), f"{name} leaves out {part.__name__}.{field.name}"


def test_only_stretches_too_short_to_be_seen_are_drawn_as_one() -> None:
    def drawn(*spans: Span) -> list[tuple[float, str]]:
        chart = clip_chart((Lane("p1", spans),), 3600.0, "", Formatter("en"))
        return [
            (float(t), name)
            for t, name in re.findall(r'data-t="([0-9.]+)" data-of="[^"]*" data-name="p1 ?(.*?)"', chart)
        ]

    short = [Span(k * 3.0, k * 3.0 + 2.0, "#000000", "light", of="p1") for k in range(400)]
    long = [Span(1300.0 + 300 * k, 1600.0 + 300 * k, "#000000", f"t{k}", of="p1") for k in range(3)]
    apart = Span(3000.0, 3001.0, "#000000", "last", of="p1")
    assert drawn(*short, *long, apart) == [
        (0.0, "light"), (1300.0, "t0"), (1600.0, "t1"), (1900.0, "t2"), (3000.0, "last"),
    ]  # fmt: skip
    assert len(drawn(*short[:300])) == 300  # each for itself, where there are few


def test_a_figure_of_hundreds_of_tracks_names_the_first_and_says_how_many_more(tmp_path: Path) -> None:
    analysis = example_analysis()
    person, track = analysis.persons[0], analysis.tracks[0]
    tracks = tuple(replace(track, id=f"s0-t{n}") for n in range(100, 400))
    many = replace(person, tracks=tuple(t.id for t in tracks), certain=())
    long = replace(analysis, persons=(many,), tracks=tracks, clothing=(), clothing_counts={}, traps=())
    for lang, more in (("en", "and 288 more of its tracks"), ("id", "dan 288 jejak lain")):
        view, _ = build(long, tmp_path, lang, rechecked=False)
        (shown,) = view.people.persons
        assert len(shown.seen) == len(shown.where) == 13
        assert shown.seen[-1].startswith(more) and shown.where[-1].startswith(more)
