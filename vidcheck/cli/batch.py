"""The command for many clips."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vidcheck import errors
from vidcheck.cli.options import CLIP, run_options, settings_of, workdir
from vidcheck.cli.root import cli

if TYPE_CHECKING:
    from vidcheck.batch import BatchResult, Job, Watcher, Worked


@cli.command()
@click.argument("source", type=CLIP, metavar="FOLDER|LIST.csv")
@click.option("-o", "--out", required=True, type=CLIP, metavar="DIR", help="Folder for all that is written.")
@click.option("--workers", type=click.IntRange(1, 256), metavar="N", help="Processes. Default: half the processors.")
@click.option("--scheduler", metavar="ADDRESS", help="Use the workers of a Dask scheduler, e.g. tcp://10.0.0.5:8786.")
@click.option(
    "--memory", type=click.IntRange(200), metavar="MB", help="Most memory of one worker. Default: fair share."
)
@click.option("--place", metavar="PLACE", help="Place of all clips; a list may say otherwise for each.")
@click.option("--only", metavar="STEPS", help="Steps to run, separated by commas. Default: all.")
@click.option("--no-reposts", is_flag=True, help="Do not look for copies of one recording.")
@run_options
def batch(
    source: Path,
    out: Path,
    workers: int | None,
    scheduler: str | None,
    memory: int | None,
    place: str | None,
    only: str | None,
    no_reposts: bool,
    model: str,
    lang: str,
    quiet: bool,
    no_cache: bool,
) -> None:
    """Analyse a folder of clips, or those of a list, and find copies.

    A list is CSV with a column clip and, for each clip, what is known: place, url, posted, sidecar,
    known_not_before, heard_adzan, shows_screen, six_day_week, shadow_height, shadow_length, case_id,
    notes. Writes DIR/<clip>/ for each, and DIR/index.html, results.csv, results.parquet,
    results.sqlite and failures.csv over all. Ctrl-C stops; the same command goes on.

    \b
    Examples:
      vidcheck batch clips -o out --workers 2
      vidcheck batch list.csv -o out --lang id
      vidcheck batch clips -o out --scheduler tcp://10.0.0.5:8786
    """
    if workers is not None and scheduler is not None:
        raise errors.UsageError("--workers and --scheduler exclude each other.", "The scheduler has its own workers.")
    from vidcheck import batch as batches

    settings = settings_of(model=model, place=place, only=tuple(s.strip() for s in only.split(",")) if only else ())
    with _watching(lang, quiet) as watcher:
        try:
            result = batches.run(
                source,
                out,
                settings=settings,
                lang=lang,
                workers=workers,
                scheduler=scheduler,
                memory_bytes=None if memory is None else memory * 1_000_000,
                workdir=None if no_cache else workdir(),
                reposts=not no_reposts,
                watcher=watcher,
            )
        except batches.ListError as error:
            for problem in error.problems:
                click.echo(f"{source.name}: {_line(problem)}", err=True)
            raise
    _summary(result, out, lang)
    sys.exit(_exit_code(result))


def _line(text: str) -> str:
    from vidcheck import terminal

    return terminal.safe(text, 400)


def _exit_code(result: BatchResult) -> int:
    """0 where every clip was analysed whole; 6 where a clip failed or a part was not looked at."""
    whole = all(outcome.status in ("done", "skipped") for outcome in result.outcomes)
    return errors.EXIT_OK if whole else errors.EXIT_INCOMPLETE


def _summary(result: BatchResult, out: Path, lang: str) -> None:
    from vidcheck.batch.index_words import STATUS
    from vidcheck.batch.records import BatchResult
    from vidcheck.batch.tables import FAILURES_CSV

    assert isinstance(result, BatchResult)
    parts = [f"{STATUS[s].get(lang)}: {result.count(s)}" for s in STATUS if result.count(s)]
    if result.count("failed") or result.count("skipped"):
        parts[-1] += f" ({'sebabnya' if lang == 'id' else 'why'}: {out / FAILURES_CSV})"
    reused = sum(outcome.reused for outcome in result.outcomes)
    if reused:
        parts.append(("sudah ada: " if lang == "id" else "there already: ") + str(reused))
    copies = sum(len(event.copies) - 1 for event in result.events)
    parts.append(("salinan: " if lang == "id" else "copies: ") + str(copies))
    if result.peak_bytes:
        words = "memori tertinggi per proses" if lang == "id" else "most memory of one worker"
        parts.append(f"{words}: {result.peak_bytes / 1e6:.0f} MB")
    click.echo("; ".join(parts), err=True)
    click.echo(str(out / "index.html"))


@contextmanager
def _watching(lang: str, quiet: bool) -> Iterator[Watcher | None]:
    """Progress on stderr: a bar on a terminal, one line for each clip elsewhere."""
    if quiet:
        yield None
        return
    from rich.console import Console

    err = Console(stderr=True)
    if not err.is_terminal:
        yield _Lines()
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=20),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}", markup=False),
        TimeRemainingColumn(compact=True),
        TextColumn("{task.fields[failures]}", markup=False, style="red"),
        TextColumn("{task.fields[current]}", markup=False, style="dim"),
    )
    with Progress(*columns, console=err) as bar:
        yield _Bar(bar, lang)


class _Lines:
    """One line for each clip, for logs."""

    def __init__(self) -> None:
        self._total = self._done = 0

    def reading(self, done: int, total: int) -> None:
        """Say nothing."""

    def planned(self, jobs: int, finished: int) -> None:
        """Take note."""
        self._total, self._done = jobs, finished

    def started(self, job: Job) -> None:
        """Say nothing."""

    def ended(self, job: Job, worked: Worked) -> None:
        """Say how a clip ended."""
        self._done += 1
        said = f" {worked.error}" if worked.error else ""
        line = f"[{self._done}/{self._total}] {job.names[0]}: {worked.status} ({worked.seconds:.1f} s){said}"
        click.echo(_line(line), err=True)

    def grouping(self) -> None:
        """Say nothing."""


class _Bar:
    """A bar with files done, rate, time left, failures, and the clips in hand."""

    def __init__(self, bar: Any, lang: str) -> None:
        self._bar = bar
        self._id = lang == "id"
        self._task = bar.add_task("", total=None, rate="", failures="", current="")
        self._current: dict[str, str] = {}
        self._failures = self._ended = 0
        self._began = time.monotonic()

    def _say(self, indonesian: str, english: str) -> str:
        return indonesian if self._id else english

    def reading(self, done: int, total: int) -> None:
        """Files are read for their hash."""
        self._bar.update(
            self._task, description=self._say("membaca berkas", "reading files"), completed=done, total=total
        )

    def planned(self, jobs: int, finished: int) -> None:
        """Work begins; what is finished already counts as done."""
        self._began = time.monotonic()
        self._bar.reset(self._task, total=jobs, completed=finished, description=self._say("klip", "clips"))

    def started(self, job: Job) -> None:
        """Another clip is in hand."""
        self._current[job.folder] = job.path.name
        self._show()

    def ended(self, job: Job, worked: Worked) -> None:
        """A clip has ended."""
        self._current.pop(job.folder, None)
        self._ended += 1
        self._failures += worked.status == "failed"
        if worked.status == "failed":
            self._bar.console.print(_line(f"{job.names[0]}: {worked.error}"), markup=False, highlight=False)
        self._bar.advance(self._task)
        self._show()

    def _show(self) -> None:
        hours = max(time.monotonic() - self._began, 1e-6) / 3600
        self._bar.update(
            self._task,
            rate=f"{self._ended / hours:.0f}/{self._say('jam', 'h')}" if self._ended else "",
            failures=f"{self._failures} {self._say('gagal', 'failed')}" if self._failures else "",
            current=_line(", ".join(self._current.values()))[:40],
        )

    def grouping(self) -> None:
        """Copies are looked for."""
        self._bar.update(self._task, description=self._say("mencari salinan", "looking for copies"), current="")
