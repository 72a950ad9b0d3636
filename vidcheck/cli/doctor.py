"""``vidcheck doctor``: is everything here that an analysis needs?"""

from __future__ import annotations

import sys

import click

from vidcheck.cli.options import json_option, lang_option, workdir
from vidcheck.cli.root import cli


@cli.command()
@json_option
@lang_option
def doctor(as_json: bool, lang: str) -> None:
    """Say what is installed, which models, which acceleration, and what to do.

    Ends with 0 if an analysis can run; 4 or 5 if a model or a library is missing.

    Example: vidcheck doctor
    """
    from vidcheck import doctor as examination
    from vidcheck import terminal

    checks = examination.examine(workdir())
    code = examination.exit_code(checks)
    if as_json:
        import json
        from dataclasses import asdict

        click.echo(json.dumps({"exit_code": code, "checks": [asdict(c) for c in checks]}, indent=2, ensure_ascii=False))
        sys.exit(code)
    own = lang == "id"
    states = {"ok": "ok", "note": "catatan" if own else "note", "bad": "MASALAH" if own else "PROBLEM"}
    made = terminal.table("", "apa" if own else "what", "keadaan" if own else "found")
    for check in checks:
        terminal.row(made, states[check.state], check.name, check.found)
    terminal.console().print(made)
    for check in checks:
        if check.remedy is not None:
            click.echo(f"{states[check.state]}: {check.name}: {check.remedy.get(lang)}")
    if code:
        click.echo("Analisis tidak dapat berjalan lengkap." if own else "An analysis cannot run in full.")
    else:
        click.echo("Siap dipakai." if own else "Ready.")
    sys.exit(code)
