"""The command line: parse, call, map errors; nothing else."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vidcheck import __version__, errors

if TYPE_CHECKING:
    from vidcheck.pipeline import Settings
    from vidcheck.types import Analysis

CLIP = click.Path(path_type=Path)
LANG_HELP = "Language of tables and report: id (Bahasa Indonesia) or en. Default: your locale."


def _locale_lang() -> str:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if value := os.environ.get(name):
            return "id" if value.lower().startswith("id") else "en"
    return "en"


def _workdir() -> Path:
    if chosen := os.environ.get("VIDCHECK_WORKDIR"):
        return Path(chosen)
    import platformdirs

    return Path(platformdirs.user_cache_dir("vidcheck")) / "steps"


def _lang_option(command: Any) -> Any:
    return click.option(
        "--lang", type=click.Choice(["id", "en"]), default=_locale_lang, show_default=False, help=LANG_HELP
    )(command)


def _run_options(command: Any) -> Any:
    options = (
        click.option(
            "--model",
            default="auto",
            metavar="NAME|PATH",
            help="Person detector (see: vidcheck models list).",
        ),
        click.option("--no-cache", is_flag=True, help="Neither use nor keep results of single steps."),
        click.option("-q", "--quiet", is_flag=True, help="No progress."),
    )
    for option in reversed(options):
        command = option(command)
    return _lang_option(command)


def _time_options(command: Any) -> Any:
    options = (
        click.option("--place", metavar="PLACE", help="City, regency or province; decides zone and working hours."),
        click.option("--url", metavar="URL", help="Address the clip was taken from; its id may hold the upload time."),
        click.option("--sidecar", type=CLIP, metavar="FILE", help="info.json that yt-dlp wrote beside the clip."),
        click.option("--posted", metavar="TIME", help='Time of posting, for example "2026-01-12 21:08 WIB".'),
        click.option("--known-not-before", metavar="TIME", help="The recording cannot be older than this."),
        click.option(
            "--heard-adzan",
            type=click.Choice(["subuh", "dzuhur", "ashar", "maghrib", "isya"]),
            multiple=True,
            help="A call to prayer that you hear in the clip; may be repeated.",
        ),
        click.option(
            "--shadow",
            type=float,
            nargs=2,
            metavar="HEIGHT LENGTH",
            help="Height of an upright object and length of its shadow, same unit.",
        ),
        click.option("--shows-screen", is_flag=True, help="The clip films a screen; its own dates are of the filming."),
        click.option("--six-day-week", is_flag=True, help="The unit works six days (health centre, school)."),
    )
    for option in reversed(options):
        command = option(command)
    return command


def _settings(
    *,
    model: str = "auto",
    only: tuple[str, ...] = (),
    place: str | None = None,
    url: str | None = None,
    sidecar: Path | None = None,
    posted: str | None = None,
    known_not_before: str | None = None,
    heard_adzan: tuple[str, ...] = (),
    shadow: tuple[float, float] | None = None,
    six_day_week: bool = False,
    shows_screen: bool = False,
) -> Settings:
    from vidcheck import pipeline, timing
    from vidcheck.clues import sidecar as sidecars
    from vidcheck.people import DetectSettings

    height, length = shadow or (None, None)
    time = timing.TimeSettings(
        place=place,
        url=url,
        posted=posted,
        sidecar=sidecar.name if sidecar else None,
        sidecar_info=sidecars.read(sidecar) if sidecar else "",
        heard_adzan=",".join(heard_adzan),
        shadow_height=height,
        shadow_length=length,
        known_not_before=known_not_before or "",
        six_day_week=six_day_week,
        shows_screen=shows_screen,
    )
    timing.check(time)
    return pipeline.Settings(detect=DetectSettings(model=model), time=time, only=only)


def _analyze(
    clip: Path, settings: Settings, *, lang: str, quiet: bool, no_cache: bool, out: Path | None = None
) -> tuple[Analysis, Path | None]:
    """Analyse one clip, and write its case folder where ``out`` is given."""
    from vidcheck import media, pipeline, terminal

    folder = None
    with terminal.progress(clip.name, lang, quiet=quiet) as tell:
        if out is not None:
            from vidcheck import case

            with media.open_clip(clip, settings.limits) as opened:
                case.check_place(out, opened.source.path, opened.source.sha256)
        analysis = pipeline.analyze(clip, settings, workdir=None if no_cache else _workdir(), progress=tell)
        if out is not None:
            if tell is not None:
                tell("report", 1.0)
            folder = case.write_case(analysis, clip, out, lang=lang)
    return analysis, folder


def _incomplete(analysis: Analysis) -> bool:
    return any(run.status == "failed" for run in analysis.steps)


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80},
    epilog="Examples: vidcheck demo -o out | vidcheck analyze clip.mp4 -o out --place Pontianak",
)
@click.version_option(__version__, prog_name="vidcheck")
def cli() -> None:
    """A viral clip goes in, an evidence report comes out.

    vidcheck finds shots, counts people, describes clothing, reads texts, and says when a clip may
    have been recorded: what can be seen, how sure that is, on which frames it rests, and what it
    does not show. It recognises no faces. A human identifies people and decides.
    """


@cli.command()
@click.argument("clips", nargs=-1, required=True, type=CLIP, metavar="CLIP...")
@click.option("-o", "--out", required=True, type=CLIP, metavar="DIR", help="Folder for the case folders.")
@_time_options
@_run_options
def analyze(clips: tuple[Path, ...], out: Path, lang: str, quiet: bool, no_cache: bool, **options: Any) -> None:
    """Analyse clips or photos and write an evidence report for each.

    Writes DIR/<clip>/ with report.html, report.pdf, analysis.json, media/ and manifest.json.

    \b
    Examples:
      vidcheck analyze clip.mp4 -o out
      vidcheck analyze clip.mp4 -o out --place Banjarmasin --lang id
      vidcheck analyze *.jpg -o out --posted "2026-01-12 21:08 WIB"
    """
    settings = _settings(**options)
    worst = errors.EXIT_OK
    for clip in clips:
        try:
            analysis, folder = _analyze(clip, settings, lang=lang, quiet=quiet, no_cache=no_cache, out=out)
        except errors.VidcheckError as error:
            if len(clips) == 1:
                raise
            click.echo(f"vidcheck: {_one_line(error)}", err=True)
            worst = max(worst, error.exit_code)
            continue
        _summary(analysis, folder, lang)
        if _incomplete(analysis):
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


def _part(
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
    settings = _settings(only=steps, **options)
    analysis, _ = _analyze(clip, settings, lang=lang, quiet=quiet, no_cache=no_cache)
    if as_json:
        _echo_json(analysis, _PARTS[printer])
    else:
        from vidcheck import terminal

        getattr(terminal, f"print_{printer}")(analysis, lang)
        if not any(getattr(analysis, name) for name in _PARTS[printer][:1]):
            click.echo("Tidak ada yang ditemukan." if lang == "id" else "Nothing was found.")
        terminal.print_not_looked(analysis, steps, lang)
    if _incomplete(analysis):
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


def _json_option(command: Any) -> Any:
    return click.option("--json", "as_json", is_flag=True, help="JSON for machines instead of a table.")(command)


@cli.command()
@click.argument("clip", type=CLIP)
@_json_option
@_run_options
def people(clip: Path, **options: Any) -> None:
    """Count people: minimum, best estimate and maximum.

    Example: vidcheck people clip.mp4
    """
    _part(clip, ("counts",), "people", **options)


@cli.command()
@click.argument("clip", type=CLIP)
@_json_option
@_run_options
def clothing(clip: Path, **options: Any) -> None:
    """Say what each person's clothing is consistent with.

    Example: vidcheck clothing clip.mp4 --json
    """
    _part(clip, ("clothing", "counts"), "clothing", **options)


@cli.command()
@click.argument("clip", type=CLIP)
@_json_option
@_run_options
def overlays(clip: Path, **options: Any) -> None:
    """Read the texts in the picture: clocks, captions, handles, signs.

    Example: vidcheck overlays clip.mp4
    """
    _part(clip, ("overlays",), "overlays", **options)


@cli.command()
@click.argument("clip", type=CLIP)
@_json_option
@_time_options
@_run_options
def time(clip: Path, **options: Any) -> None:
    """List every clue to the time of recording, and what follows.

    \b
    Examples:
      vidcheck time clip.mp4 --place Pontianak
      vidcheck time clip.mp4 --posted "2026-01-12 21:08 WIB" --heard-adzan dzuhur
    """
    _part(clip, ("overlays", "lighting", "clothing", "clues", "time"), "time", **options)


@cli.command()
@click.argument("clip", type=CLIP)
@click.option("-o", "--out", type=CLIP, metavar="DIR", help="Where to write the frames. Default: list the shots.")
@click.option("--every", type=click.FloatRange(min=0.001), metavar="SECONDS", help="A frame every so many seconds.")
@click.option("--at", multiple=True, metavar="TIME", help="The frame shown at this time (7, 0:07.5); may be repeated.")
@_json_option
@_run_options
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
    settings = _settings(only=("shots",), model=model)
    analysis, _ = _analyze(clip, settings, lang=lang, quiet=quiet, no_cache=no_cache)
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
    if _incomplete(analysis):
        sys.exit(errors.EXIT_INCOMPLETE)


@cli.command()
@click.argument("folder", type=CLIP, metavar="OUT/<clip>")
def verify(folder: Path) -> None:
    """Compare a case folder with its manifest, file by file.

    Example: vidcheck verify out/clip
    """
    from vidcheck import store

    differences = store.verify(folder)
    for difference in differences:
        click.echo(f"{difference.what}: {difference.path}")
    if differences:
        raise errors.InputError(f"{folder} is not what its manifest says.", "Go back to an untouched copy.")
    click.echo(f"{folder}: every file is what the manifest says.")


@cli.group()
def models() -> None:
    """List, fetch and verify the models."""


@models.command("list")
def list_models() -> None:
    """List every model, where it lies, and whether it is the one it should be."""
    from vidcheck import terminal, weights

    made = terminal.table("name", "state", "what")
    for name, entry in weights.registry().items():
        path = weights.find(name)
        state = "here" if path else ("can be fetched" if "url" in entry else "MISSING")
        terminal.row(made, name, state, entry.get("about", ""))
    terminal.console().print(made)


@models.command()
@click.argument("name")
def fetch(name: str) -> None:
    """Download official weights, where there is a network.

    Example: vidcheck models fetch yolo11n
    """
    from vidcheck import weights

    click.echo(str(weights.fetch(name)))


@models.command("verify")
def verify_models() -> None:
    """Compare the hash of every model on this machine with the registry."""
    from vidcheck import weights

    failed: errors.ModelError | None = None
    for name, entry in weights.registry().items():
        if weights.find(name) is None and "url" in entry:
            continue
        try:
            found = weights.resolve(name)
            click.echo(f"ok       {name}  {found.sha256}")
        except errors.ModelError as error:
            click.echo(f"NOT OK   {name}  {error.message}")
            failed = error
    if failed is not None:
        raise errors.ModelError("Not every model is the one it should be.", "Install vidcheck again.")


@cli.command()
@click.option("-o", "--out", required=True, type=CLIP, metavar="DIR", help="Folder for clip and report.")
@_run_options
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
        settings = _settings(place="Banjarmasin", **options)
        analysis, case_folder = _analyze(clip, settings, lang=lang, quiet=quiet, no_cache=no_cache, out=out)
        store.write_atomic(out / clip.name, clip.read_bytes())
    _summary(analysis, case_folder, lang)
    if _incomplete(analysis):
        sys.exit(errors.EXIT_INCOMPLETE)


@cli.command()
def schema() -> None:
    """Print the JSON Schema of analysis.json.

    Example: vidcheck schema > analysis.schema.json
    """
    import json

    from vidcheck import store

    click.echo(json.dumps(store.schema(), indent=2))


def _one_line(error: errors.VidcheckError) -> str:
    # A file name may hold anything, also an escape sequence or a line break.
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in str(error))


def main() -> None:
    """Run the command line and end with the documented exit code."""
    import logging

    # A failed step is told in the result; its traceback is for whoever looks for it.
    level = logging.WARNING if os.environ.get("VIDCHECK_DEBUG") else logging.CRITICAL
    logging.basicConfig(level=level, format="%(name)s: %(message)s")
    try:
        code = cli(standalone_mode=False)
        sys.exit(code if isinstance(code, int) else errors.EXIT_OK)
    except errors.VidcheckError as error:
        click.echo(f"vidcheck: {_one_line(error)}", err=True)
        sys.exit(error.exit_code)
    except click.UsageError as error:
        # Click's own message spans three lines; one says what is wrong and where help is.
        name = error.ctx.command_path if error.ctx else "vidcheck"
        click.echo(f"vidcheck: {error.format_message()} See: {name} --help", err=True)
        sys.exit(errors.EXIT_USAGE)
    except (KeyboardInterrupt, click.Abort):
        click.echo("vidcheck: interrupted. What was finished is kept; run the same command again to go on.", err=True)
        sys.exit(errors.EXIT_INTERRUPTED)
    except BrokenPipeError:
        # The reader of a pipe (head, less) has seen enough.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(errors.EXIT_OK)
    except MemoryError:
        click.echo("vidcheck: not enough memory. Close other programs, or use a smaller copy of the clip.", err=True)
        sys.exit(errors.EXIT_UNEXPECTED)
    except Exception as error:
        if os.environ.get("VIDCHECK_DEBUG"):
            raise
        said = " ".join(str(error).split())[:300]
        click.echo(
            f"vidcheck: unexpected error ({type(error).__name__}: {said}). "
            "Run again with VIDCHECK_DEBUG=1 and report what it prints.",
            err=True,
        )
        sys.exit(errors.EXIT_UNEXPECTED)


if __name__ == "__main__":
    main()
