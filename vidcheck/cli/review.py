"""The review page."""

from __future__ import annotations

from pathlib import Path

import click
from click.core import ParameterSource

from vidcheck.cli.options import CLIP, lang_option
from vidcheck.cli.root import cli


@cli.command()
@click.argument("folder", type=CLIP, metavar="OUT/<clip>")
@click.option("--clip", type=CLIP, metavar="FILE", help="The clip, to play it; it must be the one analysed.")
@click.option("--examiner", metavar="NAME", help="Who decides. Default: $VIDCHECK_EXAMINER, else your login name.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Port on 127.0.0.1. Default: a free one.")
@click.option("--no-browser", is_flag=True, help="Print the address and open nothing.")
@lang_option
def review(folder: Path, clip: Path | None, examiner: str | None, port: int, no_browser: bool, lang: str) -> None:
    """Review a case on a page of this machine: confirm, reject, merge, split, note.

    The page is for your browser alone: it is not reachable from the network. Each decision is written at
    once into decisions.jsonl, with who and when. Stop with Ctrl-C; the report is brought up to date then.

    \b
    Examples:
      vidcheck review out/clip --clip clip.mp4
      vidcheck review out/clip --examiner "Nama Pemeriksa" --no-browser
    """
    from vidcheck import decisions, store
    from vidcheck.review.server import Review, serve

    given = click.get_current_context().get_parameter_source("lang") is not ParameterSource.DEFAULT
    case = Review(folder, decisions.examiner(examiner), lang=lang if given else None, clip=clip)
    if any((folder / name).exists() for name in store.SEALS):
        click.echo("vidcheck: the first decision removes the signature of the manifest; sign again after it.", err=True)
    serve(case, port=port, open_browser=not no_browser, announce=click.echo)
    click.echo(str(folder / "report.html"))
