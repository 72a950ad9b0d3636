"""Options that commands share, and the one call of the analysis behind them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from vidcheck.pipeline import Settings
    from vidcheck.types import Analysis

CLIP = click.Path(path_type=Path)
_VERBOSE = "vidcheck.verbose"
LANG_HELP = "Language of tables and report: id (Bahasa Indonesia) or en. Default: your locale."


def _locale_lang() -> str:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if value := os.environ.get(name):
            return "id" if value.lower().startswith("id") else "en"
    return "en"


def workdir() -> Path:
    """Return the folder of the step cache."""
    if chosen := os.environ.get("VIDCHECK_WORKDIR"):
        return Path(chosen)
    import platformdirs

    return Path(platformdirs.user_cache_dir("vidcheck")) / "steps"


def lang_option(command: Any) -> Any:
    """Add ``--lang``."""
    return click.option(
        "--lang", type=click.Choice(["id", "en"]), default=_locale_lang, show_default=False, help=LANG_HELP
    )(command)


def run_options(command: Any) -> Any:
    """Add what every command that analyses takes: model, cache, progress, language."""
    options = (
        click.option(
            "--model",
            default="auto",
            metavar="NAME|PATH",
            help="Person detector (see: vidcheck models list).",
        ),
        click.option("--no-cache", is_flag=True, help="Neither use nor keep results of single steps."),
        limit_option,
        click.option("-q", "--quiet", is_flag=True, help="No progress."),
        click.option(
            "-v",
            "--verbose",
            is_flag=True,
            expose_value=False,
            callback=_note_verbose,
            help="Say on stderr how each step went.",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return lang_option(command)


def limit_option(command: Any) -> Any:
    """Add ``--limit``, which holds for everything that the command opens."""
    return click.option(
        "--limit",
        metavar="NAME=VALUE",
        multiple=True,
        expose_value=False,
        callback=_use_limits,
        help="Raise a limit: side, pixels, duration, frames, memory, time or stall, as in duration=30h.",
    )(command)


def _use_limits(_context: click.Context, _option: click.Parameter, given: tuple[str, ...]) -> None:
    from vidcheck import limits

    limits.use(limits.Limits().raised(given))


def _note_verbose(context: click.Context, _option: click.Parameter, value: bool) -> None:
    context.meta[_VERBOSE] = value


def time_options(command: Any) -> Any:
    """Add what the examiner knows about place and time."""
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


def settings_of(
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
    """Make the settings of an analysis from the options of a command."""
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


def run_analysis(
    clip: Path,
    settings: Settings,
    *,
    lang: str,
    quiet: bool,
    no_cache: bool,
    out: Path | None = None,
    case_file: bytes | None = None,
    with_clip: bool = False,
    redact: bool = False,
) -> tuple[Analysis, Path | None]:
    """Analyse one clip, and write its case folder where ``out`` is given."""
    from vidcheck import isolation

    isolation.prepare()
    from vidcheck import kept_views, media, pictures, pipeline, terminal

    folder = None
    with terminal.progress(clip.name, lang, quiet=quiet) as tell:
        if out is not None:
            from vidcheck import case, case_decisions, case_reuse, report

            with media.open_clip(clip, settings.limits) as opened:
                target = case.check_place(out, opened.source.path, opened.source.sha256)
        pixels = None if out is None or redact else kept_views.KeptPixels(with_faint=True, also=pictures.missing)
        steps = None if no_cache else workdir()
        ahead = None if out is None else report.warm_up
        analysis = pipeline.analyze(clip, settings, workdir=steps, progress=tell, pixels=pixels, meanwhile=ahead)
        if out is not None:
            cover = settings.detect.model if redact else None
            sha256 = analysis.source.sha256
            made_from = case_reuse.key(analysis, lang=lang, case_file=case_file, with_clip=with_clip, cover_heads=cover)
            if not no_cache and case_reuse.is_current(workdir(), sha256, made_from, target):
                folder = target
            else:
                if tell is not None:
                    tell("report", 1.0)
                folder = case.write_case(
                    analysis,
                    clip,
                    out,
                    lang=lang,
                    case_file=case_file,
                    with_clip=with_clip,
                    cover_heads=cover,
                    pixels=pixels,
                )
            if not no_cache:
                case_decisions.remember(workdir(), sha256, folder)
                case_reuse.remember(workdir(), sha256, made_from, folder)
    print_steps_if_asked(analysis)
    return analysis, folder


def print_steps_if_asked(analysis: Analysis) -> None:
    """Say how each step went where ``--verbose`` is given."""
    context = click.get_current_context(silent=True)
    if context is not None and context.meta.get(_VERBOSE):
        from vidcheck import terminal

        terminal.print_steps(analysis)


def is_incomplete(analysis: Analysis) -> bool:
    """Whether a step failed, which is exit code 6."""
    return any(run.status == "failed" for run in analysis.steps)


def json_option(command: Any) -> Any:
    """Add ``--json``."""
    return click.option("--json", "as_json", is_flag=True, help="JSON for machines instead of a table.")(command)
