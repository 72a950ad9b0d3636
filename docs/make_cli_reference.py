"""Write docs/cli.md from the commands themselves; a test fails when the page is behind.

python docs/make_cli_reference.py
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from vidcheck.cli import cli

PAGE = Path(__file__).with_name("cli.md")


def contexts(command: click.Command, parent: click.Context | None, name: str) -> Iterator[click.Context]:
    """Yield the context of every command, groups before their members, in order of the alphabet."""
    widths = {"max_content_width": 100, "terminal_width": 100}
    here = click.Context(command, parent, name, **{**command.context_settings, **widths})
    yield here
    if isinstance(command, click.Group):
        for member in sorted(command.commands):
            yield from contexts(command.commands[member], here, member)


def page() -> str:
    """Return the page."""
    parts = [
        "# Commands\n",
        "Made from the commands by `python docs/make_cli_reference.py`; do not edit. Results go to stdout, progress",
        "and errors to stderr. Exit codes are in the [README](../README.md).\n",
    ]
    for context in contexts(cli, None, "vidcheck"):
        parts += [f"## {context.command_path}\n", "```", context.get_help().rstrip(), "```\n"]
    return "\n".join(parts)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
