"""The report as one HTML file: one script of ours, no outside request, every text escaped; complete without script."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from vidcheck.report.glyphs import map_strings, visible
from vidcheck.report.parts import ReportView
from vidcheck.report.pictures import Album

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

TEMPLATES = Path(__file__).parent / "templates"
_TEMPLATE = "report.html.j2"
SVG_FIELDS = frozenset({"clip_svg", "ledger_svg", "day_svg"})


def render_html(view: ReportView, album: Album) -> str:
    """Return the report as HTML.

    The page forbids itself everything by its content security policy but ``data:`` pictures, the style sheet and the
    script that it names by hash, and playing the clip: the copy beside it, or a file that the reader opens. Text
    from the clip is escaped by the template engine, and control characters and marks that turn the writing
    direction are shown as codes.
    """
    from markupsafe import Markup

    css = (TEMPLATES / "report.css").read_text(encoding="utf-8")
    script = (TEMPLATES / "report.js").read_text(encoding="utf-8") if view.player else ""
    page = (
        _environment()
        .get_template(_TEMPLATE)
        .render(
            v=map_strings(view, visible, keep=SVG_FIELDS | {"key"}),
            css=Markup(css),
            script=Markup(script),
            csp=content_security_policy(css, script, with_clip=bool(view.player and view.player.src)),
            whole_frame=whole_frame,
            frames=seek_links if view.player else (lambda words: words),
            uri=lambda key: album.thumbnails[key].data_uri,
            made=Markup,  # our own charts and data, escaped where they are made
        )
    )
    return page.rstrip() + "\n"


_FRAME = re.compile(r"(?:(?P<h>\d+):)?(?P<m>\d+):(?P<s>\d\d)[.,](?P<ms>\d{3}) \((?:bingkai|frame) \d+\)")


def seek_links(words: str) -> Markup:
    """Return ``words`` escaped, every frame in them (as :class:`Formatter` writes it) a link that goes there."""
    from markupsafe import Markup, escape

    parts, end = [], 0
    for found in _FRAME.finditer(words):
        parts.append(escape(words[end : found.start()]))
        parts.append(Markup('<a class="at" href="#clip" data-t="{}">{}</a>').format(_time_of(found), found[0]))
        end = found.end()
    return Markup("").join([*parts, escape(words[end:])])


def whole_frame(words: str) -> Markup:
    """Return the attributes of a figure that shows the whole of the frame that ``words`` name."""
    from markupsafe import Markup

    found = _FRAME.search(words)
    return Markup(' class="whole" data-t="{}"').format(_time_of(found)) if found else Markup("")


def _time_of(found: re.Match[str]) -> str:
    hours, minutes, seconds = int(found["h"] or 0), int(found["m"]), int(found["s"])
    return f"{hours * 3600 + minutes * 60 + seconds + int(found['ms']) / 1000:.3f}"


def content_security_policy(css: str, script: str = "", *, with_clip: bool = False) -> str:
    """Return the policy of a page whose only style sheet is ``css`` and whose only script is ``script``.

    Parameters
    ----------
    css, script:
        What stands inline; without a script the page may run none and play nothing.
    with_clip:
        Whether a copy of the clip lies beside the page.
    """
    parts = ["default-src 'none'", "img-src data:", f"style-src {_digest(css)}"]
    if script:
        parts += [f"script-src {_digest(script)}", "media-src blob:" + (" 'self'" if with_clip else "")]
    return "; ".join([*parts, "base-uri 'none'", "form-action 'none'"])


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode('utf-8')).digest()).decode('ascii')}'"


def warm_up() -> None:
    """Compile the template for later."""
    _environment().get_template(_TEMPLATE)


@cache
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
