"""The report as one HTML file: no script, no outside request, every text escaped."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from vidcheck.report.glyphs import map_strings, visible
from vidcheck.report.parts import ReportView
from vidcheck.report.pictures import Album

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = Path(__file__).parent / "templates"
SVG_FIELDS = frozenset({"clip_svg", "ledger_svg", "day_svg"})


def render_html(view: ReportView, album: Album) -> str:
    """Return the report as HTML.

    The page forbids itself everything by its content security policy but ``data:`` pictures and the one style
    sheet that it names by hash. Text from the clip is escaped by the template engine, and control characters
    and marks that turn the writing direction are shown as codes.
    """
    from markupsafe import Markup

    css = (TEMPLATES / "report.css").read_text(encoding="utf-8")
    page = (
        _environment()
        .get_template("report.html.j2")
        .render(
            v=map_strings(view, visible, keep=SVG_FIELDS | {"key"}),
            css=Markup(css),
            csp=content_security_policy(css),
            uri=lambda key: album.thumbnails[key].data_uri,
            svg=Markup,  # our own charts, escaped where they are drawn
        )
    )
    return page.rstrip() + "\n"


def content_security_policy(css: str) -> str:
    """Return the policy of a page whose only style sheet is ``css``."""
    digest = base64.b64encode(hashlib.sha256(css.encode("utf-8")).digest()).decode("ascii")
    return f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
