"""The pages say what the program does."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import click
import pytest

from vidcheck.cli import cli

ROOT = Path(__file__).parent.parent
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *sorted((ROOT / "docs").rglob("*.md")),
    *(ROOT / "models").glob("*.md"),
]


def known_options() -> dict[str, set[str]]:
    """Options of every command, by its words after ``vidcheck``."""
    found: dict[str, set[str]] = {}

    def walk(command: click.Command, path: str) -> None:
        found[path] = {o for p in command.params for o in (*p.opts, *p.secondary_opts) if o.startswith("-")}
        if isinstance(command, click.Group):
            for name, member in command.commands.items():
                walk(member, f"{path} {name}".strip())

    walk(cli, "")
    return found


def commands_on(page: Path) -> list[str]:
    """What follows ``vidcheck`` in the code of a page: lines of blocks, and code within a line."""
    text = page.read_text("utf-8")
    blocks = re.findall(r"^```\w*\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    inline = re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL))
    lines = [line for block in blocks for line in block.splitlines()] + inline
    return [m.group(1) for line in lines if (m := re.match(r"(?:\S*/bin/)?vidcheck ([a-z].*)", line))]


def test_the_reference_is_what_the_commands_say() -> None:
    spec = importlib.util.spec_from_file_location("make_cli_reference", ROOT / "docs" / "make_cli_reference.py")
    assert spec is not None and spec.loader is not None
    maker = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(maker)
    assert (ROOT / "docs" / "cli.md").read_text("utf-8") == maker.page(), "run: python docs/make_cli_reference.py"


@pytest.mark.parametrize("page", [p for p in PAGES if p.name != "cli.md"], ids=lambda p: p.name)
def test_every_command_on_a_page_exists_with_its_options(page: Path) -> None:
    options = known_options()
    unknown = []
    for line in commands_on(page):
        words = line.split("#")[0].split()
        two = " ".join(words[:2])
        name = two if two in options else words[0]
        if name not in options:
            unknown.append(line)
            continue
        used = {word.split("=")[0] for word in words if re.fullmatch(r"--?[a-z][\w-]*(=.*)?", word)}
        allowed = options[name] | {"--help", "-h"}
        unknown += [f"{line}: {option}" for option in used - allowed]
    assert not unknown


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_every_link_between_pages_leads_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text("utf-8"))
    missing = [t for t in targets if "://" not in t and not (page.parent / t).exists()]
    assert not missing
