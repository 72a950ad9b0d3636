"""Help to identify, and protection of those who have nothing to do with it: fusing a tag, covering heads."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vidcheck import errors
from vidcheck.cli.options import CLIP, json_option, run_analysis, run_options, settings_of
from vidcheck.cli.root import cli

if TYPE_CHECKING:
    from vidcheck.enhance import Corners, Region
    from vidcheck.redact import Note
    from vidcheck.types import Analysis, Enhancement

_SPAN_S = 1.5  # a region is followed this long both ways where no span is given


def _numbers(text: str, count: int, option: str, shape: str) -> tuple[float, ...]:
    try:
        numbers = tuple(float(part) for part in text.replace(" ", "").split(","))
    except ValueError:
        numbers = ()
    if len(numbers) != count or any(n < 0 or n > 1e6 for n in numbers):
        raise errors.UsageError(f"{option} {text!r} cannot be meant.", f"Write {option} {shape}, in pixels.")
    return numbers


@cli.command()
@click.argument("clip", type=CLIP)
@click.option("--box", required=True, metavar="X,Y,W,H", help="The region, pixels from the top left corner.")
@click.option("--at", "at", metavar="TIME", help="Time of the frame in which the box is drawn. Default: --from.")
@click.option("--from", "start", metavar="TIME", help="First time. Default: 1.5 s before --at, within its shot.")
@click.option("--to", "end", metavar="TIME", help="Last time. Default: 1.5 s after --at, within its shot.")
@click.option("--corners", metavar="X,Y,...|auto", help="Four corners, clockwise from top left: seen from the front.")
@click.option("--scale", type=click.IntRange(1, 8), default=4, show_default=True, help="Enlargement.")
@click.option("-o", "--out", required=True, type=CLIP, metavar="DIR", help="A new folder for pictures and record.")
@json_option
@run_options
def enhance(
    clip: Path,
    box: str,
    at: str | None,
    start: str | None,
    end: str | None,
    corners: str | None,
    scale: int,
    out: Path,
    as_json: bool,
    lang: str,
    quiet: bool,
    no_cache: bool,
    model: str,
) -> None:
    """Fuse a small region (name tag, card, patch, sign, plate) of many frames into one picture.

    The region is followed from the frame in which you draw the box, registered to a fraction of a pixel, and
    averaged; nothing is invented. DIR gets original.png, enlarged.png, fused.png and record.json, which
    holds every frame, parameter and hash.

    \b
    Examples:
      vidcheck enhance clip.mp4 --box 412,230,64,18 --at 0:07.4 -o tag
      vidcheck enhance clip.mp4 --box 412,230,64,18 --at 0:08 --corners auto -o t
    """
    from dataclasses import replace

    from vidcheck import enhance as fusing
    from vidcheck import enhance_files, media, overlays, pipeline, store

    x, y, width, height = _numbers(box, 4, "--box", "X,Y,W,H")
    analysis, _ = run_analysis(
        clip, settings_of(only=("shots",), model=model), lang=lang, quiet=quiet, no_cache=no_cache
    )
    if analysis.source.kind == "image":
        raise errors.InputError(f"{clip} is a photo: there is one frame, and nothing to fuse.", "Name a clip.")
    region = _region(analysis, (x, y, x + width, y + height), at, start, end)
    defaults = fusing.EnhanceSettings()
    settings = replace(defaults, fusion=replace(defaults.fusion, scale=scale))
    with media.open_clip(clip) as opened:
        if corners is not None:
            region = replace(region, corners_px=_corners(opened, region, corners))
        (fused,) = fusing.enhance(opened, [region], settings, reader=overlays.engine())
        record = enhance_files.write_enhancement(fused, opened.source, pipeline.tool_versions(), out)
    if as_json:
        click.echo(store.to_json(fused.record, type(fused.record)).decode().rstrip())
        return
    _print_enhancement(fused.record, lang)
    for name in (enhance_files.ORIGINAL, enhance_files.ENLARGED, enhance_files.FUSED):
        click.echo(str(out / name))
    click.echo(str(record))


def _region(
    analysis: Analysis, box: tuple[float, float, float, float], at: str | None, start: str | None, end: str | None
) -> Region:
    from vidcheck.enhance import Region
    from vidcheck.extract import parse_time

    if at is None and start is None:
        raise errors.UsageError("It is not said in which frame the box is drawn.", "Add --at TIME.")
    marked = parse_time(at if at is not None else str(start))
    if marked > analysis.source.duration_s:
        raise errors.UsageError(f"The clip ends at {analysis.source.duration_s:.2f} s.", "Name an earlier time.")
    shot = next((s for s in reversed(analysis.shots) if s.start.time_s <= marked + 1e-6), None)
    low, high = (shot.start.time_s, round(shot.end.time_s - 0.001, 6)) if shot else (0.0, analysis.source.duration_s)
    first = parse_time(start) if start is not None else marked - _SPAN_S
    last = parse_time(end) if end is not None else marked + _SPAN_S
    if not first <= marked <= last:
        raise errors.UsageError("The frame with the box does not lie between --from and --to.", "Check the times.")
    # Beyond a cut there is another picture: what is asked for is cut to the shot.
    return Region(marked, box, max(low, round(first, 6)), min(high, round(last, 6)))


def _corners(clip: Any, region: Region, text: str) -> Corners:
    if text.strip().lower() != "auto":
        numbers = _numbers(text, 8, "--corners", "X1,Y1,X2,Y2,X3,Y3,X4,Y4")
        return tuple((numbers[n], numbers[n + 1]) for n in range(0, 8, 2))
    from vidcheck.tag_corners import find_corners

    shown = None
    for frame in clip.frames():
        if frame.ref.time_s > region.frame_time_s + 1e-6:
            break
        shown = frame
    found = None if shown is None else find_corners(shown.bgr, region.box_xyxy_px)
    if found is None:
        raise errors.InputError(
            "No clear rectangle was found around the box.", "Give the corners: --corners X1,Y1,X2,Y2,X3,Y3,X4,Y4"
        )
    return found


def _print_enhancement(record: Enhancement, lang: str) -> None:
    from collections import Counter

    from vidcheck import terminal

    out = terminal.console()
    words = {
        "id": ("Bingkai dipakai", "tidak dipakai", "Bacaan gabungan", "Bacaan satu bingkai terbaik"),
        "en": ("Frames fused", "left out", "Reading of the fusion", "Best reading of a single frame"),
    }["id" if lang == "id" else "en"]
    reasons = Counter(item.reason for item in record.rejected)
    left_out = f"; {words[1]}: " + ", ".join(f"{why} {n}" for why, n in sorted(reasons.items())) if reasons else ""
    out.print(f"{words[0]}: {len(record.frames)}{left_out}", markup=False)
    for name, reading in ((words[2], record.fused), (words[3], record.single)):
        if reading is not None:
            out.print(f"{name}: {terminal.safe(reading.text, 200) or '-'} ({reading.confidence:.2f})", markup=False)
    out.print(record.words.get(lang), markup=False)


@cli.command()
@click.argument("clip", type=CLIP)
@click.option("-o", "--out", required=True, type=CLIP, metavar="OUT", help="The copy: .mp4, or .jpg/.png for a photo.")
@click.option("--keep", default="", metavar="P1,P3", help="Persons (as vidcheck people names them) whose heads stay.")
@click.option("--mute", is_flag=True, help="Leave out the sound.")
@click.option("--fill", is_flag=True, help="Cover with flat grey instead of a mosaic.")
@click.option("--rate", type=click.FloatRange(min=5), metavar="HZ", help="Frames a second to look at. Default: all.")
@run_options
def redact(
    clip: Path,
    out: Path,
    keep: str,
    mute: bool,
    fill: bool,
    rate: float | None,
    lang: str,
    quiet: bool,
    no_cache: bool,
    model: str,
) -> None:
    """Write a copy for sharing with every head covered, without metadata.

    Every frame is looked at, and unsure boxes are covered too. OUT.txt and OUT.json say what the cover rests on,
    with the hashes of both files. People whom the detector misses are not covered: a human must watch the copy.

    \b
    Examples:
      vidcheck redact clip.mp4 -o share.mp4
      vidcheck redact clip.mp4 -o share.mp4 --keep p1,p3 --mute
    """
    from vidcheck import terminal
    from vidcheck.redact import RedactSettings
    from vidcheck.redact import redact as write_copy

    names = tuple(name for name in keep.replace(" ", "").split(",") if name)
    steps = ("shots", "persons") if names else ("shots",)
    analysis, _ = run_analysis(clip, settings_of(only=steps, model=model), lang=lang, quiet=quiet, no_cache=no_cache)
    settings = RedactSettings(names, mute, fill, rate, model)
    with terminal.progress(clip.name, lang, quiet=quiet) as tell:
        note = write_copy(clip, out, analysis, settings, progress=tell)
    _print_note(note, lang)
    click.echo(str(out))
    click.echo(f"{out}.txt")


def _print_note(note: Note, lang: str) -> None:
    from vidcheck import terminal

    out, c = terminal.console(), note.coverage
    if lang == "id":
        out.print(f"Bingkai: {c.frames}; tanpa orang terdeteksi: {c.frames_without_people}; tanpa penutup: "
                  f"{c.frames_uncovered}", markup=False)  # fmt: skip
    else:
        out.print(f"Frames: {c.frames}; nobody detected in {c.frames_without_people}; nothing covered in "
                  f"{c.frames_uncovered}", markup=False)  # fmt: skip
    out.print(note.warning.get(lang), markup=False)
