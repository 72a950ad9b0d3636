"""The report as PDF/A-2a and PDF/UA-1, set by the typst wheel with the fonts it carries.

The template is ours and fixed; everything else reaches it as data in a JSON file and as pictures that were
encoded anew, so no text of a clip is ever read as a command of the typesetter.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from vidcheck.errors import DependencyError, VidcheckError
from vidcheck.report.glyphs import breakable, map_strings, plain, printable, visible
from vidcheck.report.html import SVG_FIELDS, TEMPLATES
from vidcheck.report.parts import ReportView
from vidcheck.report.pictures import Album

_STANDARDS: Any = ["a-2a", "ua-1"]
_FONT = "Libertinus Serif"


def render_pdf(view: ReportView, album: Album) -> bytes:
    """Return the report as PDF.

    Raises
    ------
    DependencyError
        If the typesetter is not installed.
    VidcheckError
        If it refuses the report.
    """
    try:
        import typst
    except ImportError as error:
        raise DependencyError("The typesetter for report.pdf (typst) is missing.") from error
    try:
        return _compile(view, album, printable)
    except typst.TypstError as first:
        if "could not be displayed" not in str(first):
            raise VidcheckError(f"report.pdf could not be set: {first}", "report.html has the same content.") from first
    # A letter that a font has on its own can still be lost in a combination. Codes always print.
    try:
        return _compile(view, album, plain)
    except typst.TypstError as error:
        raise VidcheckError(f"report.pdf could not be set: {error}", "report.html has the same content.") from error


def _compile(view: ReportView, album: Album, fit: Callable[[str], str]) -> bytes:
    import typst

    with tempfile.TemporaryDirectory(prefix="vidcheck-pdf-") as name:
        root = Path(name)
        names: dict[str, str] = {}
        for number, (key, thumbnail) in enumerate(album.thumbnails.items()):
            names[key] = f"picture-{number:04d}.jpg"
            (root / names[key]).write_bytes(thumbnail.jpeg)
        (root / "data.json").write_text(json.dumps(_data(view, names, fit), ensure_ascii=False), encoding="utf-8")
        template = root / "report.typ"
        template.write_bytes((TEMPLATES / "report.typ").read_bytes())
        pdf = typst.compile(
            template, root=root, format="pdf", pdf_standards=_STANDARDS, ignore_system_fonts=True, timestamp=0
        )
    assert isinstance(pdf, bytes)
    return pdf


def _data(view: ReportView, names: dict[str, str], fit: Callable[[str], str]) -> dict[str, Any]:
    """Return the view with printable texts, charts with a font, and file names for picture keys."""
    # Paper plays nothing; the player's data would only be set and thrown away.
    paper = replace(view, player=None)
    data = map_strings(paper, lambda words: breakable(fit(visible(words))), keep=SVG_FIELDS | {"key"})
    assert isinstance(data, dict)
    data["document_name"], data["sha256"] = fit(visible(view.file_name)), fit(visible(view.sha256))
    return _finish(data, names, fit)  # type: ignore[no-any-return]


def _finish(value: Any, names: dict[str, str], fit: Callable[[str], str]) -> Any:
    if isinstance(value, list):
        return [_finish(inner, names, fit) for inner in value]
    if not isinstance(value, dict):
        return value
    finished = {name: _finish(inner, names, fit) for name, inner in value.items()}
    for name in SVG_FIELDS & finished.keys():
        finished[name] = fit(finished[name]).replace("<svg ", f'<svg font-family="{_FONT}" ', 1)
    if finished.get("key"):
        finished["key"] = names[finished["key"]]
    return finished
