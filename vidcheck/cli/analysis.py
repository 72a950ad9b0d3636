"""Commands that analyse: the whole, a part of it, single frames, and the demonstration."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vidcheck import errors
from vidcheck.cli.options import (
    CLIP,
    is_incomplete,
    json_option,
    print_steps_if_asked,
    run_analysis,
    run_options,
    settings_of,
    time_options,
    workdir,
)
from vidcheck.cli.root import cli, one_line
from vidcheck.cli.sealing import case_options, read_case_file, sealer

if TYPE_CHECKING:
    from vidcheck.types import Analysis


@cli.command()
@click.argument("clips", nargs=-1, required=True, type=CLIP, metavar="CLIP...")
@click.option("-o", "--out", required=True, type=CLIP, metavar="DIR", help="Folder for the case folders.")
@click.option("--redact", is_flag=True, help="Cover heads in all pictures of the report; the clip is not included.")
@case_options
@time_options
@run_options
def analyze(
    clips: tuple[Path, ...],
    out: Path,
    lang: str,
    quiet: bool,
    no_cache: bool,
    case_file: Path | None,
    with_clip: bool,
    redact: bool,
    sign_key: Path | None,
    tsa: str | None,
    **options: Any,
) -> None:
    """Analyse clips or photos and write an evidence report for each.

    Writes DIR/<clip>/ with report.html, report.pdf, analysis.json, case.jsonld, media/ and manifest.json.

    \b
    Examples:
      vidcheck analyze clip.mp4 -o out
      vidcheck analyze clip.mp4 -o out --place Banjarmasin --lang id
      vidcheck analyze *.jpg -o out --posted "2026-01-12 21:08 WIB"
      vidcheck analyze clip.mp4 -o out --case case.toml --with-clip --sign key.pem
    """
    if redact and with_clip:
        raise errors.UsageError("--redact and --with-clip exclude each other.", "Share a copy made by vidcheck redact.")
    from vidcheck.cli import again

    # What can be wrong with these is said before the clip is analysed, which takes minutes.
    record, seal = read_case_file(case_file, clips), sealer(sign_key, tsa)
    asked = {**options, "lang": lang, "with_clip": with_clip, "redact": redact}
    known = [None if no_cache else again.key(clip, out, record, asked) for clip in clips]
    written = [None if key is None else again.find(workdir(), *key) for key in known]
    settings = settings_of(**options) if None in written else None
    worst = errors.EXIT_OK
    for clip, key, found in zip(clips, known, written, strict=True):
        try:
            analysis, folder = found or (None, None)
            if analysis is not None:
                print_steps_if_asked(analysis)
            else:
                assert settings is not None
                analysis, folder = run_analysis(
                    clip,
                    settings,
                    lang=lang,
                    quiet=quiet,
                    no_cache=no_cache,
                    out=out,
                    case_file=record,
                    with_clip=with_clip,
                    redact=redact,
                )
                if key is not None and folder is not None and not is_incomplete(analysis):
                    again.remember(workdir(), *key, folder)
            if folder is not None:
                seal(folder)
        except errors.VidcheckError as error:
            if len(clips) == 1:
                raise
            click.echo(f"vidcheck: {one_line(error)}", err=True)
            worst = max(worst, error.exit_code)
            continue
        _summary(analysis, folder, lang)
        if is_incomplete(analysis):
            worst = max(worst, errors.EXIT_INCOMPLETE)
    sys.exit(worst)


def _summary(analysis: Analysis, folder: Path | None, lang: str) -> None:
    from vidcheck import terminal

    out = terminal.console()
    if analysis.people_count is not None:
        head = "Orang" if lang == "id" else "People"
        out.print(f"{head}: {terminal.count_line(analysis.people_count, lang)}", markup=False)
    for part in (analysis.time_estimate, analysis.working_hours):
        if part is not None:
            out.print(terminal.safe(part.words.get(lang), 1000), markup=False)
    terminal.print_not_looked(analysis, tuple(run.step for run in analysis.steps), lang)
    if folder is not None:
        click.echo(str(folder / "report.html"))
        click.echo(str(folder / "report.pdf"))


def print_part(
    clip: Path,
    steps: tuple[str, ...],
    printer: str,
    as_json: bool,
    lang: str,
    quiet: bool,
    no_cache: bool,
    **options: Any,
) -> None:
    """Run some steps and print them as a table or as JSON."""
    settings = settings_of(only=steps, **options)
    analysis, _ = run_analysis(clip, settings, lang=lang, quiet=quiet, no_cache=no_cache)
    if as_json:
        _echo_json(analysis, _PARTS[printer])
    else:
        from vidcheck import terminal

        getattr(terminal, f"print_{printer}")(analysis, lang)
        if not any(getattr(analysis, name) for name in _PARTS[printer][:1]):
            click.echo("Tidak ada yang ditemukan." if lang == "id" else "Nothing was found.")
        terminal.print_not_looked(analysis, steps, lang)
    if is_incomplete(analysis):
        sys.exit(errors.EXIT_INCOMPLETE)


# What `--json` prints for each part: fields of the analysis, the first one deciding "nothing was found".
_PARTS = {
    "people": ("persons", "tracks", "detections", "people_count"),
    "clothing": ("clothing", "clothing_counts", "persons"),
    "overlays": ("overlays",),
    "time": ("clues", "time_estimate", "working_hours"),
}


def _echo_json(analysis: Analysis, fields: tuple[str, ...]) -> None:
    import json

    from vidcheck import store

    whole = json.loads(store.to_json(analysis))
    chosen = ("schema_version", "source", *fields, "steps")
    click.echo(json.dumps({name: whole[name] for name in chosen}, indent=2, ensure_ascii=False))


@cli.command()
@click.argument("clip", type=CLIP)
@json_option
@run_options
def clothing(clip: Path, **options: Any) -> None:
    """Say what each person's clothing is consistent with.

    Example: vidcheck clothing clip.mp4 --json
    """
    print_part(clip, ("clothing", "counts"), "clothing", **options)


@cli.command()
@click.argument("clip", type=CLIP)
@json_option
@run_options
def overlays(clip: Path, **options: Any) -> None:
    """Read the texts in the picture: clocks, captions, handles, signs.

    Example: vidcheck overlays clip.mp4
    """
    print_part(clip, ("overlays",), "overlays", **options)


@cli.command()
@click.argument("clip", type=CLIP)
@json_option
@time_options
@run_options
def time(clip: Path, **options: Any) -> None:
    """List every clue to the time of recording, and what follows.

    \b
    Examples:
      vidcheck time clip.mp4 --place Pontianak
      vidcheck time clip.mp4 --posted "2026-01-12 21:08 WIB" --heard-adzan dzuhur
    """
    print_part(clip, ("overlays", "lighting", "clothing", "clues", "time"), "time", **options)


@cli.command()
@click.argument("clip", type=CLIP)
@click.option("-o", "--out", type=CLIP, metavar="DIR", help="Where to write the frames. Default: list the shots.")
@click.option("--every", type=click.FloatRange(min=0.001), metavar="SECONDS", help="A frame every so many seconds.")
@click.option("--at", multiple=True, metavar="TIME", help="The frame shown at this time (7, 0:07.5); may be repeated.")
@json_option
@run_options
def frames(
    clip: Path,
    out: Path | None,
    every: float | None,
    at: tuple[str, ...],
    as_json: bool,
    lang: str,
    quiet: bool,
    no_cache: bool,
    model: str,
) -> None:
    """Write the frames an investigator wants: the sharpest of each shot, and every slide.

    Files are PNG, named by time and frame number. A slide that is shown again is written once.

    \b
    Examples:
      vidcheck frames clip.mp4 -o frames
      vidcheck frames clip.mp4 -o frames --every 2
      vidcheck frames clip.mp4 -o frames --at 0:07 --at 0:12.4
    """
    from vidcheck import extract, terminal

    times = tuple(extract.parse_time(text) for text in at)
    settings = settings_of(only=("shots",), model=model)
    analysis, _ = run_analysis(clip, settings, lang=lang, quiet=quiet, no_cache=no_cache)
    written = extract.extract_frames(clip, analysis, out, every_s=every, at_s=times)
    if as_json:
        import json

        from vidcheck import store

        shots = json.loads(store.to_json(analysis))
        chosen = {name: shots[name] for name in ("schema_version", "source", "shots", "steps")}
        chosen["files"] = [{"path": str(w.path), "index": w.ref.index, "time_s": w.ref.time_s} for w in written]
        click.echo(json.dumps(chosen, indent=2, ensure_ascii=False))
        return
    if every is None and not times:
        by_shot = {w.shot: w.path for w in written if w.shot is not None}
        terminal.print_shots(analysis.shots, by_shot, lang)
    else:
        for item in written:
            click.echo(str(item.path))
    terminal.print_not_looked(analysis, ("shots",), lang)
    if is_incomplete(analysis):
        sys.exit(errors.EXIT_INCOMPLETE)


@cli.command()
@click.option("-o", "--out", required=True, type=CLIP, metavar="DIR", help="Folder for clip and report.")
@run_options
def demo(out: Path, lang: str, quiet: bool, no_cache: bool, **options: Any) -> None:
    """Make a demonstration clip and analyse it, to see what a report looks like.

    Date, place and handle in the clip are invented; the analysis is the same as for any clip.

    Example: vidcheck demo -o demo-report
    """
    import tempfile

    from vidcheck import demo as demonstration
    from vidcheck import store

    with tempfile.TemporaryDirectory(prefix="vidcheck-demo-") as folder:
        clip = demonstration.make_demo_clip(Path(folder) / "demo.mp4")
        settings = settings_of(place="Banjarmasin", **options)
        analysis, case_folder = run_analysis(clip, settings, lang=lang, quiet=quiet, no_cache=no_cache, out=out)
        store.write_atomic(out / clip.name, clip.read_bytes())
    _summary(analysis, case_folder, lang)
    if is_incomplete(analysis):
        sys.exit(errors.EXIT_INCOMPLETE)
