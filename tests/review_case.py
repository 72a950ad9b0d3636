"""A case folder with the example's findings, said to be of a rendered clip: for corrections and the review page."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tests.report_example import example_analysis, example_pictures
from vidcheck import media, report, store
from vidcheck.types import Analysis


def example_of(clip: Path) -> Analysis:
    """The example analysis with the clip's name, hash and format."""
    full = example_analysis()
    with media.open_clip(clip) as opened:
        container, codec = opened.source.container, opened.source.codec
    source = replace(full.source, path=clip.name, sha256=media.sha256_of(clip), container=container, codec=codec)
    return replace(full, source=source)


def make_case(clip: Path, folder: Path, lang: str) -> Path:
    """Write the case folder: pictures, analysis, report, manifest."""
    folder.mkdir()
    analysis = example_of(clip)
    example_pictures(folder)
    store.write_atomic(folder / store.ANALYSIS, store.to_json(analysis))
    report.write_report(analysis, folder, lang=lang, clip_path=clip)
    source = analysis.source
    store.write_manifest(folder, {"path": source.path, "sha256": source.sha256, "size_bytes": source.size_bytes})
    return folder
