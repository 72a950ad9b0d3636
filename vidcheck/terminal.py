"""Tables and progress for the terminal: 80 columns, results to stdout, progress to stderr.

Text that comes from a clip or a file name is shown as text: control characters are made visible, markup is escaped.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from vidcheck.decisions import Judged
    from vidcheck.pipeline import Progress
    from vidcheck.types import Analysis, PeopleCount, Shot

STEP_NAMES = {
    "frames": ("membaca gambar", "reading frames"),
    "camera": ("gerak kamera", "movement of the camera"),
    "tracks": ("mengikuti orang", "following people"),
    "persons": ("menggabung jejak", "joining tracks"),
    "traps": ("cermin, layar, poster", "mirrors, screens, posters"),
    "clothing": ("pakaian", "clothing"),
    "overlays": ("membaca teks", "reading text"),
    "lighting": ("cahaya", "light"),
    "wall_clocks": ("mencari jam dinding", "looking for clocks"),
    "clues": ("petunjuk waktu", "time clues"),
    "time": ("waktu", "time"),
    "leads": ("petunjuk", "leads"),
    "enhanced": ("menggabung teks kecil", "fusing small texts"),
    "people": ("mencari orang", "looking for people"),
    "write": ("menulis salinan", "writing the copy"),
    "report": ("menulis laporan", "writing the report"),
}


def safe(text: str, limit: int = 200) -> str:
    r"""Return ``text`` fit for a terminal: one line, no control characters, at most ``limit`` characters.

    >>> safe("a\x1b[31mred\nb")
    'a\\x1b[31mred\\x0ab'
    """
    shown = "".join(f"\\x{ord(c):02x}" if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co") else c for c in text)
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"


def clock(time_s: float) -> str:
    """Return seconds as ``m:ss.cc`` or ``h:mm:ss.cc``.

    >>> clock(67.5), clock(3661.25)
    ('1:07.50', '1:01:01.25')
    """
    hundredths = round(time_s * 100)
    minutes, rest = divmod(hundredths, 6000)
    hours, minutes = divmod(minutes, 60)
    tail = f"{minutes:02d}:{rest / 100:05.2f}" if hours else f"{minutes}:{rest / 100:05.2f}"
    return f"{hours}:{tail}" if hours else tail


def console() -> Console:
    """Return the console for results."""
    from rich.console import Console

    return Console(highlight=False, soft_wrap=False)


@contextmanager
def progress(name: str, lang: str, *, quiet: bool) -> Iterator[Progress | None]:
    """Show the running step on stderr while the body runs; nothing where stderr is no terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    err = Console(stderr=True)
    if quiet or not err.is_terminal:
        yield None
        return
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        TimeElapsedColumn(),
        TimeRemainingColumn(compact=True),
    )
    with Progress(*columns, console=err, transient=True) as bar:
        task = bar.add_task(safe(name, 40), total=1.0)

        def tell(step: str, share: float) -> None:
            words = STEP_NAMES.get(step, (step, step))[0 if lang == "id" else 1]
            bar.update(task, description=f"{safe(name, 36)}: {words}", completed=share)

        yield tell


def table(*headers: str) -> Table:
    """Return an empty table that fits 80 columns; the last column takes the rest."""
    from rich import box
    from rich.table import Table

    made = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for number, header in enumerate(headers):
        made.add_column(header, overflow="fold", ratio=1 if number == len(headers) - 1 else None)
    return made


def row(target: Table, *cells: object) -> None:
    """Add a row; cells are text, never markup."""
    from rich.text import Text

    target.add_row(*(Text(safe(str(cell))) for cell in cells))


def count_line(count: PeopleCount, lang: str) -> str:
    """Return the count with its bounds in one line."""
    if lang == "id":
        return f"sedikitnya {count.minimum}, perkiraan terbaik {count.best}, paling banyak {count.maximum}"
    return f"at least {count.minimum}, best estimate {count.best}, at most {count.maximum}"


def print_people(analysis: Analysis, lang: str) -> None:
    """Print persons and the count."""
    out = console()
    tracks = {track.id: track for track in analysis.tracks}
    made = table(
        "id",
        "dari" if lang == "id" else "from",
        "sampai" if lang == "id" else "to",
        "jejak" if lang == "id" else "tracks",
    )
    for person in analysis.persons:
        members = [p for t in person.tracks for p in tracks[t].detections]
        times = [analysis.detections[p].frame.time_s for p in members]
        row(made, person.id, clock(min(times)), clock(max(times)), " ".join(person.tracks))
    if analysis.persons:
        out.print(made)
    if analysis.people_count is not None:
        out.print(("Orang: " if lang == "id" else "People: ") + count_line(analysis.people_count, lang))
        frames = ", ".join(clock(ref.time_s) for ref in analysis.people_count.basis_frames)
        if frames:
            out.print(("Dasar jumlah minimum, waktu: " if lang == "id" else "Minimum shown at: ") + frames)


def print_judged(analysis: Analysis, judged: Judged, lang: str) -> None:
    """Print the machine's counts beside those after the human decisions, and what became of each decision."""
    from vidcheck.report import wording, wording_judged

    out = console()
    own = lang == "id"
    made = table("", "mesin" if own else "machine", "pemeriksa" if own else "examiner")
    rows = [("orang" if own else "people", analysis.people_count, judged.people_count)]
    for label in sorted(analysis.clothing_counts.keys() | judged.clothing_counts.keys()):
        words = wording.label(wording.CLOTHING_SHORT, label, lang)
        rows.append((words, analysis.clothing_counts.get(label), judged.clothing_counts.get(label)))
    for words, before, after in rows:
        row(made, words, _bounds(before), _bounds(after))
    out.print("Sedikitnya / perkiraan terbaik / paling banyak" if own else "At least / best estimate / at most")
    out.print(made)
    made = table("id", "hasil" if own else "result", "keputusan" if own else "decision")
    for outcome in judged.outcomes:
        status = wording.label(wording_judged.DECISION_STATUS, outcome.status, lang)
        what = wording.label(wording_judged.DECISION, outcome.decision.action, lang)
        about = " ".join(target.id for target in outcome.decision.targets)
        why = f" ({outcome.why.get(lang)})" if outcome.why else ""
        row(made, outcome.decision.id, status, f"{what} {about}{why}; {outcome.decision.examiner}")
    if judged.outcomes:
        out.print(made)


def _bounds(count: PeopleCount | None) -> str:
    return "–" if count is None else f"{count.minimum} / {count.best} / {count.maximum}"


def print_clothing(analysis: Analysis, lang: str) -> None:
    """Print clothing by person, and the counts."""
    from vidcheck.report import wording

    out = console()
    made = table("id", "p", "sesuai dengan" if lang == "id" else "consistent with")
    for found in analysis.clothing:
        words = wording.label(wording.CLOTHING, found.label, lang)
        if found.abstained and found.reason is not None:
            words = f"{words}: {found.reason.get(lang)}"
        row(made, found.person, f"{found.probability:.2f}", words)
    if analysis.clothing:
        out.print(made)
    for label, count in analysis.clothing_counts.items():
        out.print(f"{wording.label(wording.CLOTHING, label, lang)}: {count_line(count, lang)}", markup=False)


def print_overlays(analysis: Analysis, lang: str) -> None:
    """Print texts with their times."""
    made = table(
        "id",
        "dari" if lang == "id" else "from",
        "sampai" if lang == "id" else "to",
        "jenis" if lang == "id" else "kind",
        "teks" if lang == "id" else "text",
    )
    for text in analysis.overlays:
        row(made, text.id, clock(text.first.time_s), clock(text.last.time_s), text.kind, text.text)
    if analysis.overlays:
        console().print(made)
    run = analysis.step("overlays")
    if run is not None and run.status == "ok":
        from vidcheck.report import wording

        read, total = run.stats.get("frames_read"), run.stats.get("frames_total")
        click.echo(wording.text("read_in", lang, n=read, total=total))


def print_time(analysis: Analysis, lang: str) -> None:
    """Print the ledger of clues and what follows."""
    from vidcheck import timing

    out = console()
    if analysis.clues and analysis.time_estimate is not None:
        click.echo(timing.ledger(analysis.clues, analysis.time_estimate, lang=lang, width=min(out.width, 100)))
    if analysis.working_hours is not None:
        out.print(safe(analysis.working_hours.words.get(lang), 1000), markup=False)


def print_shots(shots: tuple[Shot, ...], files: dict[int, Path], lang: str) -> None:
    """Print shots with the saved frame of each."""
    made = table(
        "#",
        "dari" if lang == "id" else "from",
        "sampai" if lang == "id" else "to",
        "jenis" if lang == "id" else "kind",
        "berkas" if lang == "id" else "file",
    )
    for shot in shots:
        name = files[shot.index].name if shot.index in files else ""
        if not name and shot.repeats is not None:
            name = f"(= {shot.repeats})"
        row(made, shot.index, clock(shot.start.time_s), clock(shot.end.time_s), shot.kind, name)
    console().print(made)


def print_steps(analysis: Analysis) -> None:
    """Say on stderr how each step went; of a step taken from the cache, how long it took when it ran."""
    for run in analysis.steps:
        why = run.error.en if run.error else run.method
        click.echo(f"{run.step:12} {run.status:8} {run.seconds:8.2f} s  {safe(why)}", err=True)


def print_not_looked(analysis: Analysis, steps: tuple[str, ...], lang: str) -> None:
    """Say on stdout which of these steps did not run: nothing found is not the same as not looked."""
    out = console()
    for name in steps:
        run = analysis.step(name)
        if run is not None and run.status != "ok":
            why = run.error.get(lang) if run.error else run.status
            head = "TIDAK DIPERIKSA" if lang == "id" else "NOT LOOKED AT"
            out.print(f"{head}: {name}: {safe(why, 300)}", markup=False)
    for lost in analysis.source.decode_errors:
        at = "?" if lost.time_s is None else clock(lost.time_s)
        head = "Bagian hilang" if lang == "id" else "Part lost"
        out.print(f"{head} @ {at}: {safe(lost.message)}", markup=False)
