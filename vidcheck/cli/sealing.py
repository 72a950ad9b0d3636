"""Intake record, signature and time stamp: the options that commands share, and the command that seals a case."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from vidcheck import errors
from vidcheck.cli.options import CLIP, lang_option
from vidcheck.cli.root import cli


def case_options(command: Any) -> Any:
    """Add what belongs to the case and not to the clip: intake record, a copy of the clip, signature, time stamp."""
    options = (
        click.option(
            "--case", "case_file", type=CLIP, metavar="FILE", help="Intake record (see: vidcheck case template)."
        ),
        click.option("--with-clip", is_flag=True, help="Put a copy of the clip that plays beside the report."),
        click.option("--sign", "sign_key", type=CLIP, metavar="KEY", help="Sign the manifest with this Ed25519 key."),
        click.option("--tsa", metavar="URL", help="Ask this time stamp authority (RFC 3161) for a stamp."),
    )
    for option in reversed(options):
        command = option(command)
    return command


def read_case_file(path: Path | None, clips: tuple[Path, ...]) -> bytes | None:
    """Read and check the intake record; return its bytes, or None where none is given.

    Raises
    ------
    UsageError
        Where it is wrong, or given for several clips: it says how one file came in.
    """
    if path is None:
        return None
    if len(clips) > 1:
        raise errors.UsageError("--case belongs to one clip.", "Analyse the clips one by one.")
    from vidcheck import intake

    return intake.read(path)[1]


def sealer(key: Path | None, tsa: str | None) -> Callable[[Path], None]:
    """Read the key, and return what signs and stamps a case folder and says so on stderr.

    Raises
    ------
    InputError, UsageError
        Where the key cannot be used.
    """
    private = None
    if key is not None:
        from vidcheck import signing

        try:
            private = signing.read_private_key(key, os.environ.get("VIDCHECK_KEY_PASSPHRASE"))
        except signing.KeyLocked:
            if not os.isatty(0) or "VIDCHECK_KEY_PASSPHRASE" in os.environ:
                raise
            private = signing.read_private_key(key, click.prompt("Passphrase", hide_input=True, err=True))

    def seal(folder: Path) -> None:
        if private is not None:
            from vidcheck import signing

            click.echo(f"signed by {signing.sign(folder, private)}", err=True)
        if tsa is not None:
            from vidcheck import timestamping

            click.echo(f"time stamp of {timestamping.stamp(folder, tsa).time.isoformat()}", err=True)

    return seal


@cli.command()
@click.argument("folder", type=CLIP, metavar="OUT/<clip>")
@click.option("--key", "sign_key", type=CLIP, metavar="KEY", help="Private key: Ed25519 as PEM or OpenSSH.")
@click.option("--tsa", metavar="URL", help="Ask this time stamp authority (RFC 3161) for a stamp.")
def sign(folder: Path, sign_key: Path | None, tsa: str | None) -> None:
    """Sign and time-stamp a case folder, as it is, over its manifest.

    Writes manifest.json.sig, manifest.json.pub and manifest.json.tsr. A passphrase is asked for, or taken from
    VIDCHECK_KEY_PASSPHRASE. A report that is written again is to be sealed again.

    \b
    Examples:
      vidcheck sign out/clip --key key.pem
      vidcheck sign out/clip --key key.pem --tsa https://tsa.example.org
    """
    if sign_key is None and tsa is None:
        raise errors.UsageError("Nothing to do.", "Give --key, --tsa, or both.")
    from vidcheck import store

    seal = sealer(sign_key, tsa)
    if store.verify(folder):
        raise errors.InputError(f"{folder} is not what its manifest says, so it is not sealed.", "See: vidcheck verify")
    seal(folder)


@cli.group("case")
def case_group() -> None:
    """The intake record of a case."""


@case_group.command("template")
@lang_option
def case_template(lang: str) -> None:
    """Print an empty intake record for --case.

    Example: vidcheck case template > case.toml
    """
    from vidcheck import intake

    click.echo(intake.template(lang), nl=False)
