"""Commands on what is there already: case folders, models, the schema."""

from __future__ import annotations

from pathlib import Path

import click

from vidcheck import errors
from vidcheck.cli.options import CLIP
from vidcheck.cli.root import cli


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
def schema() -> None:
    """Print the JSON Schema of analysis.json.

    Example: vidcheck schema > analysis.schema.json
    """
    import json

    from vidcheck import store

    click.echo(json.dumps(store.schema(), indent=2))
