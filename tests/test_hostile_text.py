"""Text from a clip is text everywhere: in JSON, on the page, in the PDF and on the terminal."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.report_example import example_analysis, example_pictures
from vidcheck import leads, store, terminal, timing
from vidcheck.report.html import render_html
from vidcheck.report.pdf import render_pdf
from vidcheck.report.view import build
from vidcheck.text_tracking import safe_text
from vidcheck.types import Analysis, OverlayText

TEXTS = {
    "right to left": "مقهى ١٢:٣٠ \u202egpj.exe שלום",
    "arabic with marks": "السَّلَامُ عَلَيْكُمْ",
    "javanese": "ꦱꦸꦒꦼꦁ ꦫꦮꦸꦃ ꦥꦏꦤ꧀",
    "thousands of glyphs": "字한ก็" * 1500,
    "piled marks": "Z" + "\u0301\u0323\u0334" * 400,
    "script": "<script>alert(1)</script><img src=x onerror=alert(2)>",
    "entities": "&lt;b&gt; &#x3c;i&#x3e; </style></title>",
    "template and markup": '{{ 7*7 }} {% raw %} #let x = read("/etc/passwd") $x^2$ [b]bold[/b] [link=file:///]x[/link]',
    "terminal escapes": "\x1b]0;owned\x07\x1b[2J\x1b[31mred\x9b31m\x08\x7f",
    "line breaks": "one\r\ntwo\u2028three\u2029four\x0bfive\x85six",
    "formula": '=HYPERLINK("http://example.org","x")',
    "very long line": "A" * 40_000,
    "nothing printable": "\u200b\u200e\ufeff\x00",
    "lone surrogate": "a\ud83dz",
}
ACTS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u2028\u2029]")


class Elements(HTMLParser):
    """Tags and attributes of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.attributes: list[str] = []
        self.text: list[str] = []
        self.images: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += [name for name, _ in attrs]
        self.images += [value or "" for name, value in attrs if tag == "img" and name == "src"]

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def holding(text: str) -> Analysis:
    """The example, with this text wherever a clip's words can come to stand."""
    analysis = example_analysis()
    shown = safe_text(text)
    overlay = analysis.overlays[0]
    reading = replace(overlay.readings[0], text_raw=shown) if overlay.readings else None
    overlays: tuple[OverlayText, ...] = (
        replace(overlay, id="t1", text=shown, text_raw=shown, kind="overlay", readings=(reading,) if reading else ()),
        replace(overlay, id="t2", text=shown, text_raw=shown, kind="scene", readings=(reading,) if reading else ()),
    )
    found = leads.find_leads(overlays, replace(analysis.source, path=f"clip {shown[:80]}.mp4")).value
    clues = tuple(replace(clue, basis=shown[:300]) for clue in analysis.clues)
    source = replace(analysis.source, path=f"clip {shown[:80]}.mp4", tags={"container": {"comment": shown}})
    return replace(analysis, overlays=overlays, leads=found, clues=clues, source=source)


@pytest.mark.parametrize("name", TEXTS)
def test_json_holds_it_and_gives_it_back(name: str) -> None:
    analysis = holding(TEXTS[name])
    written = store.to_json(analysis)
    assert json.loads(written)["overlays"][0]["text"] == analysis.overlays[0].text
    assert not re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", written if isinstance(written, str) else written.decode())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the example's pictures."""
    path = tmp_path_factory.mktemp("hostile")
    example_pictures(path)
    return path


@pytest.fixture(scope="module")
def harmless(folder: Path) -> str:
    """The page with a harmless text."""
    return render_html(*build(holding("x"), folder, "id", rechecked=False))


@pytest.mark.parametrize("name", TEXTS)
def test_the_page_shows_it_and_nothing_acts(name: str, folder: Path, harmless: str) -> None:
    bare = Elements(harmless)
    page = render_html(*build(holding(TEXTS[name]), folder, "id", rechecked=False))
    elements = Elements(page)
    # No element has an attribute that the same page with a harmless text has not.
    assert set(elements.attributes) <= set(bare.attributes)
    assert all(source.startswith("data:image/jpeg;base64,") for source in elements.images)
    assert "<script>alert" not in page and not ACTS.search("".join(elements.text))
    assert "49" not in [text.strip() for text in elements.text if "7*7" in text]
    assert len(page) < len(harmless) + 60_000


@pytest.mark.parametrize("name", TEXTS)
def test_the_pdf_is_written(name: str, folder: Path) -> None:
    pdf = render_pdf(*build(holding(TEXTS[name]), folder, "en", rechecked=False))
    assert pdf.startswith(b"%PDF") and b"/JavaScript" not in pdf and b"root:" not in pdf


@pytest.mark.parametrize("name", TEXTS)
def test_the_terminal_gets_lines_and_no_commands(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    analysis = holding(TEXTS[name])
    terminal.print_overlays(analysis, "id")
    terminal.print_time(analysis, "en")
    assert analysis.time_estimate is not None
    out = capsys.readouterr().out + timing.ledger(analysis.clues, analysis.time_estimate)
    assert not ACTS.search(out.replace("\n", ""))
    assert len(out) < 40_000
