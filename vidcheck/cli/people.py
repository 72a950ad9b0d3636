"""Counting people, and correcting the count."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from vidcheck import errors
from vidcheck.cli.analysis import print_part
from vidcheck.cli.options import CLIP, json_option, run_options, workdir
from vidcheck.cli.root import cli

if TYPE_CHECKING:
    from vidcheck.case_decisions import Decided, Proposal
    from vidcheck.decisions.record import Action


@cli.command()
@click.argument("clip", type=CLIP)
@click.option("--merge", multiple=True, metavar="P3,P5", help="These are one person.")
@click.option("--split", multiple=True, metavar="P2@TIME", help="Two people: the second from TIME (or a track) on.")
@click.option("--drop", multiple=True, metavar="P9", help="No person: a poster, a reflection, a second box.")
@click.option("--revoke", multiple=True, metavar="D3", help="Withdraw an earlier decision.")
@click.option("--because", default="", metavar="TEXT", help="Why; kept with the decision.")
@click.option("--examiner", metavar="NAME", help="Who decides. Default: $VIDCHECK_EXAMINER, else your login name.")
@click.option("-o", "--out", type=CLIP, metavar="DIR", help="Folder of the case folders. Default: the last one used.")
@json_option
@run_options
def people(
    clip: Path,
    merge: tuple[str, ...],
    split: tuple[str, ...],
    drop: tuple[str, ...],
    revoke: tuple[str, ...],
    because: str,
    examiner: str | None,
    out: Path | None,
    as_json: bool,
    lang: str,
    **options: Any,
) -> None:
    """Count people: minimum, best estimate and maximum; correct the count.

    A correction is a human decision. It goes into decisions.jsonl in the case folder that vidcheck analyze
    wrote, with who and when, and into the report beside the machine's count, never over it. Given together,
    they are applied in the order revoke, split, merge, drop.

    \b
    Examples:
      vidcheck people clip.mp4
      vidcheck people clip.mp4 --merge p3,p5 --split p2@0:07
      vidcheck people clip.mp4 --drop p9 --because "a poster"
      vidcheck people clip.mp4 --revoke d2 -o out
    """
    proposals = _proposals(merge, split, drop, revoke, because)
    if not proposals and out is None:
        if because or examiner:
            raise errors.UsageError(
                "--because and --examiner belong to a correction.", "Add --merge, --split, --drop or --revoke."
            )
        print_part(clip, ("counts", "traps"), "people", as_json=as_json, lang=lang, **options)
        return
    from vidcheck import case_decisions, decisions, store

    folder = _case_folder(clip, out)
    if not proposals:
        _print(case_decisions.read(folder), as_json, lang)
        return
    who = decisions.examiner(examiner)
    sealed = any((folder / name).exists() for name in store.SEALS)
    language_given = click.get_current_context().get_parameter_source("lang") is not ParameterSource.DEFAULT
    decided = case_decisions.decide(
        folder, proposals, who, lang=lang if language_given else None, clip_path=clip, with_report=True
    )
    _print(decided, as_json, lang)
    click.echo(f"{folder / 'report.html'}", err=as_json)
    if sealed:
        click.echo("vidcheck: the signature of the earlier manifest was removed; sign again.", err=True)


def _case_folder(clip: Path, out: Path | None) -> Path:
    """Return the case folder of a clip: in ``out``, or the last one that was written."""
    from vidcheck import case, case_decisions, media

    media.check_file(clip)
    sha256 = media.sha256_of(clip)
    if out is None:
        folder = case_decisions.last_folder(workdir(), sha256)
        if folder is None:
            raise errors.UsageError(
                f"No case folder of {clip.name} is known.", "Run vidcheck analyze first, or name its folder with -o."
            )
        return folder
    folder = out / case.folder_name(clip.name)
    if case.read_case(folder).source.sha256 != sha256:
        raise errors.UsageError(f"{folder} belongs to another clip.", "Name the right folder with -o.")
    return folder


def _proposals(
    merge: tuple[str, ...], split: tuple[str, ...], drop: tuple[str, ...], revoke: tuple[str, ...], because: str
) -> list[Proposal]:
    made = [_proposal("revoke", "decision", [name], because) for text in revoke for name in _names(text)]
    for text in split:
        name, sign, when = text.partition("@")
        if not name or not sign or not when:
            raise errors.UsageError(f"--split {text} names no person and time.", "For example: --split p2@0:07")
        made.append(_split(name.strip(), when.strip(), because))
    made += [_proposal("merge", "person", _names(text), because) for text in merge]
    made += [_proposal("drop", "person", [name], because) for text in drop for name in _names(text)]
    return made


def _names(text: str) -> list[str]:
    names = [name.strip() for name in text.split(",")]
    if not all(names):
        raise errors.UsageError(f"{text!r} is no list of ids.", "For example: p3,p5")
    return names


def _proposal(action: Action, kind: Any, names: list[str], because: str) -> Proposal:
    from vidcheck import decisions

    return lambda analysis, judged: decisions.draft(analysis, judged, action, kind, names, note=because)


def _split(name: str, when: str, because: str) -> Proposal:
    from vidcheck import decisions, extract

    if "-t" in when:
        return lambda a, j: decisions.draft(a, j, "split", "person", [name], at_track=when, note=because)
    at_s = extract.parse_time(when)
    return lambda a, j: decisions.draft(a, j, "split", "person", [name], at_s=at_s, note=because)


def _print(decided: Decided, as_json: bool, lang: str) -> None:
    """Print the machine's counts and the examiner's side by side."""
    if as_json:
        import json

        from vidcheck import decisions, store

        click.echo(
            json.dumps(
                {
                    "people_count": _plain(decided.analysis.people_count),
                    "clothing_counts": _plain(decided.analysis.clothing_counts),
                    "judged": {
                        "people_count": _plain(decided.judged.people_count),
                        "clothing_counts": _plain(decided.judged.clothing_counts),
                        "persons": [_plain(figure.person) for figure in decided.judged.figures],
                    },
                    "decisions": [
                        {
                            **json.loads(store.to_json(outcome.decision, decisions.Decision)),
                            "status": outcome.status,
                            "why": _plain(outcome.why),
                        }
                        for outcome in decided.judged.outcomes
                    ],
                    "head": decided.record.head,
                },
                indent=2,
                ensure_ascii=False,
            )
        )
        return
    from vidcheck import terminal

    terminal.print_judged(decided.analysis, decided.judged, lang)


def _plain(value: Any) -> Any:
    import json

    from vidcheck import store

    return json.loads(store.adapter(Any).dump_json(value))
