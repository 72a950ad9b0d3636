"""Copies of one recording as one event: which copy is best, what each lacks and adds, and people counted once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from itertools import pairwise

from vidcheck import reposts
from vidcheck.batch.records import CopyOf, Event, Findings, Job, MatchedPair, Worked
from vidcheck.batch.work import fingerprint_path
from vidcheck.reposts import ClipMatch, Fingerprint
from vidcheck.types import PeopleCount

_GAP_STEPS = 2.5  # unmatched keyframes in a row that are more than a frame seen at another moment


def find_events(done: Sequence[tuple[Job, Worked]], *, compare: bool) -> tuple[tuple[Event, ...], dict[str, int]]:
    """Group finished clips into events.

    Parameters
    ----------
    done:
        Jobs that have a case folder, and how they ended.
    compare:
        Whether to look for copies; the same bytes are one event in any case.

    Returns
    -------
    tuple
        The events in order of their first clip, and the number of the event by case folder.
    """
    hashes = list(dict.fromkeys(job.sha256 for job, _ in done))
    jobs = {job.sha256: job for job, _ in reversed(done)}

    @lru_cache(maxsize=256)  # of a few megabytes each
    def get(position: int) -> Fingerprint:
        job = jobs[hashes[position]]
        kept = fingerprint_path(job.out, job.sha256)
        known = reposts.load(kept)
        if known is None:  # somebody deleted it: it can be made again
            known = reposts.fingerprint(job.path, job.settings.limits)
            reposts.save(kept, known)
        return known

    matches = reposts.find_matches(len(hashes), get) if compare and len(hashes) > 1 else ()
    groups = reposts.group(len(hashes), matches)
    members: dict[int, list[tuple[Job, Worked]]] = defaultdict(list)
    place = {sha256: groups[n] for n, sha256 in enumerate(hashes)}
    for job, worked in done:
        members[place[job.sha256]].append((job, worked))
    events: list[Event] = []
    number_of: dict[str, int] = {}
    position = {sha256: n for n, sha256 in enumerate(hashes)}
    for number, group in enumerate(sorted(members, key=lambda g: done.index(members[g][0])), start=1):
        linked = [m for m in matches if groups[m.a] == group == groups[m.b]]
        events.append(_event(number, members[group], linked, position, get))
        number_of |= {job.folder: number for job, _ in members[group]}
    return tuple(events), number_of


def _findings(worked: Worked) -> Findings:
    assert worked.findings is not None
    return worked.findings


def _event(
    number: int,
    members: list[tuple[Job, Worked]],
    matches: Sequence[ClipMatch],
    position: dict[str, int],
    get: object,
) -> Event:
    shows: dict[int, float] = defaultdict(lambda: 1.0)  # share of every other copy's picture that a clip shows
    for match in matches:
        shows[match.a] = min(shows[match.a], _mean([f.b_area for f in match.frames]))
        shows[match.b] = min(shows[match.b], _mean([f.a_area for f in match.frames]))

    def quality(member: tuple[Job, Worked]) -> tuple[float, ...]:
        job, worked = member
        found = _findings(worked)
        added = sum(text.kind == "overlay" for text in found.texts)
        return (
            found.kind == "video",
            round(shows[position[job.sha256]], 1),
            min(found.width_px, found.height_px),
            round(found.duration_s),
            -added,
            found.size_bytes,
        )

    ranked = sorted(members, key=quality, reverse=True)
    best_job, best = ranked[0]
    by_clip = {}
    for match in matches:
        if position[best_job.sha256] in (match.a, match.b):
            by_clip[match.a if match.b == position[best_job.sha256] else match.b] = match
    any_audio = any(_findings(worked).has_audio for _, worked in members)
    copies = tuple(
        _copy(job, worked, (best_job, best), by_clip.get(position[job.sha256]), position, get, any_audio)
        for job, worked in ranked
    )
    bound: tuple[datetime, str] | None = None
    for job, worked in members:
        for clue in _findings(worked).not_after:
            if clue.latest is not None and clue.grade in ("strong", "moderate"):
                bound = min(bound, (clue.latest, job.folder)) if bound else (clue.latest, job.folder)
    return Event(
        number,
        best_job.folder,
        copies,
        people_of_event([_findings(worked) for _, worked in ranked]),
        bound[0] if bound else None,
        bound[1] if bound else None,
    )


def people_of_event(ranked: Sequence[Findings]) -> PeopleCount | None:
    """Count the people of an event from its copies, the best copy first.

    The minimum is what any one copy proves, the best estimate is the best copy's, the maximum is the largest of any.
    """
    counts = [found.people for found in ranked if found.people is not None]
    if not counts:
        return None
    minimum = max(count.minimum for count in counts)
    best = max(counts[0].best, minimum)
    return PeopleCount(minimum, best, max(best, *(count.maximum for count in counts)), ())


def _copy(
    job: Job,
    worked: Worked,
    best: tuple[Job, Worked],
    match: ClipMatch | None,
    position: dict[str, int],
    get: object,
    any_audio: bool,
) -> CopyOf:
    found, reference = _findings(worked), _findings(best[1])
    same = job.sha256 == best[0].sha256
    lacks_audio = any_audio and not found.has_audio
    if same or match is None:
        score = 1.0 if same else None
        return CopyOf(job.folder, score, False, 1.0 if same else None, (), (), lacks_audio, same, ())
    first = match.a == position[job.sha256]
    pairs = tuple(
        MatchedPair(*((f.a_time_s, f.b_time_s) if first else (f.b_time_s, f.a_time_s)), f.agreement)
        for f in match.frames
    )
    area = _mean([f.b_area if first else f.a_area for f in match.frames])
    both_clips = found.kind == reference.kind == "video"
    assert callable(get)
    step = max(get(match.a).step_s, get(match.b).step_s)
    return CopyOf(
        folder=job.folder,
        score=match.score,
        mirrored=match.frames[0].mirrored,
        area=round(area, 3),
        lacks=_unmatched([p.other_s for p in pairs], reference.duration_s, step) if both_clips else (),
        adds=_unmatched([p.copy_s for p in pairs], found.duration_s, step) if both_clips else (),
        lacks_audio=lacks_audio,
        same_bytes=False,
        evidence=tuple(sorted(pairs, key=lambda p: p.copy_s)),
    )


def _unmatched(times: Sequence[float], duration_s: float, step_s: float) -> tuple[tuple[float, float], ...]:
    """Stretches without a matching frame that are longer than the sampling explains."""
    edges = [0.0, *sorted(times), duration_s]
    gaps = []
    for n, (low, high) in enumerate(pairwise(edges)):
        begins = low if n == 0 else low + step_s
        if high - low > _GAP_STEPS * step_s and high > begins:
            gaps.append((round(begins, 2), round(high, 2)))
    return tuple(gaps)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
