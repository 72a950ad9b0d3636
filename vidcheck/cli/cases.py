"""Commands on what is there already: case folders, models, the schema."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vidcheck import errors
from vidcheck.cli.options import CLIP, lang_option, limit_option
from vidcheck.cli.root import cli

if TYPE_CHECKING:
    from vidcheck.verification import Finding


@cli.command()
@click.argument("folder", type=CLIP, metavar="OUT/<clip>")
@click.option("--clip", type=CLIP, metavar="CLIP", help="The clip: its hash, its frames, and the analysis, run again.")
@click.option("--key", type=CLIP, metavar="PUB", help="Public key of whoever signed; the signature must be theirs.")
@click.option("--tsa-root", type=CLIP, metavar="PEM", help="Root certificates to trust for the time stamp.")
@click.option("-q", "--quiet", is_flag=True, help="No progress.")
@limit_option
@lang_option
def verify(folder: Path, clip: Path | None, key: Path | None, tsa_root: Path | None, quiet: bool, lang: str) -> None:
    """Check a case folder: its files, its seals and, with the clip, its results.

    Exit code 0: everything that was checked is as recorded. 3: a file, the clip, a seal or a decision is not.
    7: they are, but the analysis, run again with the recorded settings, gives other results.

    \b
    Examples:
      vidcheck verify out/clip
      vidcheck verify out/clip --clip clip.mp4
      vidcheck verify out/clip --key examiner.pub --tsa-root authority.pem
    """
    from vidcheck import terminal, verification

    findings = [*verification.check_files(folder), *verification.check_seals(folder, key, tsa_root)]
    findings += verification.check_decisions(folder)
    if clip is not None:
        findings.append(verification.check_clip(folder, clip))
    _print(findings)
    if not all(finding.agrees for finding in findings):
        raise errors.InputError(f"{folder} is not what it says it is.", "Go back to an untouched copy.")
    if clip is None:
        return
    with terminal.progress(clip.name, lang, quiet=quiet) as tell:
        results = verification.check_results(folder, clip, progress=tell)
    _print(results)
    if not all(finding.agrees for finding in results if finding.point != "versions"):
        click.echo(f"{folder}: the analysis, run again, gives other results.", err=True)
        sys.exit(errors.EXIT_DIFFERS)


def _print(findings: list[Finding]) -> None:
    from vidcheck import terminal

    for finding in findings:
        # Other versions explain differences; they are none.
        state = "ok     " if finding.agrees else "note   " if finding.point == "versions" else "DIFFERS"
        click.echo(f"{state}  {finding.point}: {terminal.safe(finding.detail, 1000)}")


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
def schema() -> None:
    """Print the JSON Schema of analysis.json.

    Example: vidcheck schema > analysis.schema.json
    """
    import json

    from vidcheck import store

    click.echo(json.dumps(store.schema(), indent=2))
