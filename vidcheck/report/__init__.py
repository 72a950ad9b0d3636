"""The evidence report of one clip: report.html and report.pdf, in Bahasa Indonesia or English."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from vidcheck.errors import InputError
from vidcheck.types import Analysis

__all__ = ["REPORT_HTML", "REPORT_PDF", "decisions_in", "language_of", "warm_up", "write_report"]

REPORT_HTML = "report.html"
REPORT_PDF = "report.pdf"


def write_report(analysis: Analysis, out_dir: Path, *, lang: str, clip_path: Path | None = None) -> tuple[Path, ...]:
    """Write ``report.html`` and ``report.pdf`` into the analysis folder.

    The same analysis and pictures give the same bytes.

    Parameters
    ----------
    analysis:
        What was found. Pictures are looked up by ``Crop.media``, and as ``media/shot-<index>.jpg``,
        ``media/count-<name>.jpg`` and ``media/<text id>.jpg``; one that is missing is reported as missing.
    out_dir:
        The analysis folder. It must exist.
    lang:
        ``"id"`` for Bahasa Indonesia, anything else for English.
    clip_path:
        The original file: it is read again and its hash compared. None says in the report that this was not
        done.

    Returns
    -------
    tuple of Path
        The two files.

    Raises
    ------
    InputError
        If the original file has changed since it was analysed, or cannot be read.
    OutputError
        If a file cannot be written.
    DependencyError
        If a library is missing.
    """
    from vidcheck.report.html import render_html
    from vidcheck.report.pdf import render_pdf
    from vidcheck.report.view import build
    from vidcheck.store import write_atomic

    if clip_path is not None:
        _check_hash(clip_path, analysis.source.sha256)
    view, album = build(analysis, out_dir, lang, rechecked=clip_path is not None)
    with ThreadPoolExecutor(1, thread_name_prefix="pdf") as beside:  # what sets the pages is no Python
        pdf = beside.submit(render_pdf, view, album)
        html = render_html(view, album).encode("utf-8")
        pages = {REPORT_HTML: html, REPORT_PDF: pdf.result()}
    for name, content in pages.items():
        write_atomic(out_dir / name, content)
    return tuple(out_dir / name for name in pages)


def warm_up() -> None:
    """Load what :func:`write_report` will need, while an analysis runs; where that fails, the report will say so."""
    with suppress(Exception):  # whatever it is, the report meets it again
        from vidcheck.report import html, pdf, view  # noqa: F401 - for later

        html.warm_up()


def language_of(folder: Path) -> str:
    """Return the language in which the report of a case folder is written; English where there is none."""
    try:
        with (folder / REPORT_HTML).open("rb") as page:
            return "id" if b'<html lang="id"' in page.read(400) else "en"
    except OSError:
        return "en"


def decisions_in(folder: Path) -> int:
    """Return how many human decisions the report of a case folder holds."""
    try:
        return (folder / REPORT_HTML).read_bytes().count(b'<tr id="decision-d')
    except OSError:
        return 0


def _check_hash(clip_path: Path, expected: str) -> None:
    from vidcheck.media import sha256_of

    try:
        found = sha256_of(clip_path)
    except OSError as error:
        raise InputError(f"{clip_path.name} cannot be read again: {error.strerror}.", "Check the path.") from error
    if found != expected:
        raise InputError(
            f"{clip_path.name} has changed since it was analysed: its SHA-256 is now {found}.",
            "Work on a copy that nobody writes to, and analyse it again.",
        )
