"""Which clips may show the same recording, and the proof frame by frame.

Candidates (:mod:`vidcheck.reposts.candidates`) are proved on the pictures: a transformation is fitted (RANSAC) and the
one picture laid over the other; the frames match where most of the shared picture agrees. A logo, an intro card or a
frame around the picture that two clips have in common agrees only where it is, and proves nothing about the rest. Where
the camera stands still, pictures of other moments agree too: there movement decides (:mod:`vidcheck.reposts.moments`).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import combinations, pairwise
from statistics import median
from typing import Final, Literal

import cv2
import numpy as np
import numpy.typing as npt

from vidcheck.reposts.candidates import Vote, find_candidates, strongest_first
from vidcheck.reposts.fingerprints import Fingerprint, Keyframe, mirrored
from vidcheck.reposts.moments import TimeLine, compare_moments
from vidcheck.reposts.settings import MatchSettings

F64 = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class FrameMatch:
    """Two frames that show the same view."""

    a: int
    """Position of the keyframe in the first clip."""
    b: int
    """Position of the keyframe in the second clip."""
    a_time_s: float
    """Its time in the first clip, seconds."""
    b_time_s: float
    """Its time in the second clip, seconds."""
    agreement: float
    """Share of the shared textured picture that agrees, 0..1."""
    inliers: int
    """Features that agree on the transformation; 0 where the hashes alone led to it."""
    mirrored: bool
    """Whether one is mirrored left to right."""
    a_area: float
    """Share of the first picture that the second shows, 0..1."""
    b_area: float
    """Share of the second picture that the first shows, 0..1."""


@dataclass(frozen=True, slots=True)
class ClipMatch:
    """Two clips that show the same recording."""

    a: int
    """Position of the first clip."""
    b: int
    """Position of the second clip."""
    score: float
    """Share of the shorter clip's keyframes that match, times their mean agreement, 0..1. No probability."""
    longer_share: float
    """Share of the longer clip's keyframes that match, 0..1."""
    a_is_longer: bool
    """Which of the two has more keyframes."""
    frames: tuple[FrameMatch, ...]
    """The evidence, in order of time in the first clip; one for each keyframe of the shorter."""


def find_matches(
    count: int, get: Callable[[int], Fingerprint], settings: MatchSettings | None = None
) -> tuple[ClipMatch, ...]:
    """Compare clips with each other.

    Parameters
    ----------
    count:
        Number of clips.
    get:
        Returns the fingerprint of the clip at a position; called again and again, so that not all need lie in memory.
    settings:
        See :class:`MatchSettings`.
    """
    chosen = settings or MatchSettings()
    voted = find_candidates(count, get, chosen)
    found: list[tuple[ClipMatch, float]] = []
    apart: list[tuple[int, int]] = []
    # Other moments of a fixed camera look as much alike as copies do: they must not use up a clip's comparisons.
    compared, told_apart = Counter[int](), Counter[int]()
    for a, b in strongest_first(voted):
        if min(compared[a], compared[b]) >= chosen.candidates or min(told_apart[a], told_apart[b]) >= chosen.moments:
            continue
        match = compare(get(a), get(b), voted[a, b], chosen)
        if match == OTHER_MOMENT:
            if not (get(a).is_photo or get(b).is_photo):  # of a photo less is known
                apart.append((a, b))
            told_apart.update((a, b))
            continue
        compared.update((a, b))
        if match is not None:
            score, frames_matched, certainty = match
            few, many = sorted((len(get(a).keyframes), len(get(b).keyframes)))
            longer_is_a = len(get(a).keyframes) > few
            distinct = len({f.a if longer_is_a else f.b for f in frames_matched})
            found.append((ClipMatch(a, b, score, round(distinct / many, 4), longer_is_a, frames_matched), certainty))
    return tuple(sorted(without_contradictions(count, found, apart), key=lambda m: (m.a, m.b)))


def without_contradictions(
    count: int, found: Iterable[tuple[ClipMatch, float]], apart: Iterable[tuple[int, int]]
) -> list[ClipMatch]:
    """Leave out matches whose clips are, by more certain matches, copies of others that show different moments.

    Two photos of one fixed camera match; where the one is a screenshot of a clip of today, and the other of a clip of
    yesterday, they are not copies.

    Parameters
    ----------
    count:
        Number of clips.
    found:
        Matches, and how certain each is beside the others, 0..1; see :func:`compare`.
    apart:
        Clips that show different moments.
    """
    from scipy.cluster.hierarchy import DisjointSet

    sets = DisjointSet(range(count))
    kept: list[ClipMatch] = []
    ordered = sorted(found, key=lambda item: (-item[1], -item[0].score))
    foes: dict[int, set[int]] = defaultdict(set)
    for a, b in apart:
        foes[a].add(b)
        foes[b].add(a)
    for match, certainty in ordered:
        if certainty < 1 and not sets.connected(match.a, match.b):
            there = sets.subset(match.b)
            if any(not foes[clip].isdisjoint(there) for clip in sets.subset(match.a)):
                continue
        sets.merge(match.a, match.b)
        kept.append(match)
    return kept


OTHER_MOMENT: Final = "other moment"


def compare(
    a: Fingerprint, b: Fingerprint, voted: Iterable[Vote], settings: MatchSettings
) -> tuple[float, tuple[FrameMatch, ...], float] | Literal["other moment"] | None:
    """Prove or reject that two clips show the same recording.

    Returns the score, the evidence and how certain that is beside other matches, 0..1: of a fixed camera the share of
    the movement that agrees, 0 where nothing moves, and otherwise 1; :data:`OTHER_MOMENT` where they show one view at
    different moments; None where they are strangers.

    Parameters
    ----------
    a, b:
        The clips.
    voted:
        Pairs of frames that may match.
    settings:
        See :class:`MatchSettings`.
    """
    proofs: list[tuple[FrameMatch, F64]] = []
    tried: set[tuple[int, int]] = set()

    def attempt(i: int, j: int, moves: Sequence[tuple[F64, bool]], ways: tuple[bool, ...]) -> bool:
        if (i, j) in tried:
            return False
        tried.add((i, j))
        proof = prove(a.keyframes[i], b.keyframes[j], settings, moves, ways)
        if proof is None:
            return False
        times = (a.keyframes[i].time_s, b.keyframes[j].time_s)
        proofs.append((replace(proof[0], a=i, b=j, a_time_s=times[0], b_time_s=times[1]), proof[1]))
        return True

    for number, vote in enumerate(sorted(voted, reverse=True)):
        attempt(vote.a, vote.b, (), (vote.mirrored,))
        if len(proofs) == _ENOUGH or (not proofs and number + 1 >= settings.tries) or number + 1 >= _MOST_TRIES:
            break
    if not proofs:
        return None
    fewer_in_a = len(a.keyframes) <= len(b.keyframes)
    line = None
    certainty = 0.0 if a.is_photo and b.is_photo else 1.0
    if certainty and _stand_still(a, b, settings):
        most = _one_way([proof for proof, _ in proofs])
        move = max((pair for pair in proofs if pair[0] in most), key=lambda pair: pair[0].agreement)[1]
        verdict = compare_moments(a, b, move, settings)
        if verdict.answer == "other":
            return OTHER_MOMENT
        line, certainty = verdict.line, verdict.agreeing
    # A copy is laid over its original by one transformation from beginning to end: try it on the frames without votes.
    moves = [(move, proof.mirrored) for proof, move in proofs]
    ways = tuple(sorted({proof.mirrored for proof, _ in proofs}))
    for one in range(min(len(a.keyframes), len(b.keyframes))):
        known = any((proof.a if fewer_in_a else proof.b) == one for proof, _ in proofs)
        likely = _expected(one, a, b, [proof for proof, _ in proofs], fewer_in_a, line)
        likely = likely[: 1 if known else _TRIES_BY_TIME]
        for other in likely:
            if attempt(*((one, other) if fewer_in_a else (other, one)), moves, ways):
                break
    best: dict[int, FrameMatch] = {}
    for proof in sorted(_one_way([proof for proof, _ in proofs]), key=partial(_closeness, line=line)):
        best[proof.a if fewer_in_a else proof.b] = proof
    share = len(best) / min(len(a.keyframes), len(b.keyframes))
    if share < settings.share:
        return None
    mean = sum(p.agreement for p in best.values()) / len(best)
    return round(share * mean, 4), tuple(sorted(best.values(), key=lambda p: (p.a_time_s, p.b_time_s))), certainty


def _stand_still(a: Fingerprint, b: Fingerprint, settings: MatchSettings) -> bool:
    """Whether two clips that match are of a camera on a stand."""
    less, more = sorted((stillness(a), stillness(b)))
    return less >= settings.still[0] and more >= settings.still[1]


def stillness(clip: Fingerprint) -> float:
    """Return how much of the picture is the same from keyframe to keyframe, 0..1; 1 for a photo.

    People before the camera lessen it; a caption that stays adds to it.
    """
    same = [_agreement(one, two, np.eye(2, 3))[0] for one, two in pairwise(clip.keyframes)]
    return median(same) if same else 1.0


def _closeness(proof: FrameMatch, line: TimeLine | None) -> float:
    """How well two frames show one moment: of a panning camera neighbours agree too, on less of the picture."""
    if line is not None:
        return -abs(line.in_b(proof.a_time_s) - proof.b_time_s)
    return proof.agreement * max(proof.a_area, proof.b_area)


_ENOUGH = 4
_MOST_TRIES = 16
_TRIES_BY_TIME = 4


def _expected(
    one: int, a: Fingerprint, b: Fingerprint, proofs: Sequence[FrameMatch], fewer_in_a: bool, line: TimeLine | None
) -> list[int]:
    """Keyframes of the clip with more of them, the likeliest partner of keyframe ``one`` of the other first."""
    few, many = (a, b) if fewer_in_a else (b, a)
    if line is not None:
        here = few.keyframes[one].time_s
        there = line.in_b(here) if fewer_in_a else line.in_a(here)
        return sorted(range(len(many.keyframes)), key=lambda j: abs(many.keyframes[j].time_s - there))
    pairs = [(p.a_time_s, p.b_time_s) if fewer_in_a else (p.b_time_s, p.a_time_s) for p in proofs]
    # The line through most of the pairs (Theil-Sen): a pair of neighbouring frames must not bend it.
    slopes = [(q[1] - p[1]) / (q[0] - p[0]) for p, q in combinations(pairs, 2) if q[0] != p[0]]
    slope = median(slopes) if slopes else 1.0
    speed = slope if 0.3 < slope < 3.5 else 1.0
    there = few.keyframes[one].time_s * speed + median(pair[1] - pair[0] * speed for pair in pairs)
    return sorted(range(len(many.keyframes)), key=lambda j: abs(many.keyframes[j].time_s - there))


def _one_way(proofs: Sequence[FrameMatch]) -> list[FrameMatch]:
    """Keep the matches of the direction, mirrored or not, that more of them have: a copy is either."""
    flipped = [p for p in proofs if p.mirrored]
    straight = [p for p in proofs if not p.mirrored]
    return flipped if len(flipped) > len(straight) else straight


def prove(
    a: Keyframe,
    b: Keyframe,
    settings: MatchSettings,
    known: Sequence[tuple[F64, bool]] = (),
    ways: Sequence[bool] = (False, True),
) -> tuple[FrameMatch, F64] | None:
    """Lay one picture over the other, mirrored or not; None where most of the shared part does not agree.

    Parameters
    ----------
    a, b:
        The frames.
    settings:
        See :class:`MatchSettings`.
    known:
        Transformations that fit other frames of the two clips, and whether they mirror: tried first.
    ways:
        Whether to try them as they are (False), mirrored (True), or both.
    """

    def laid(move: F64, flip: bool, inliers: int) -> tuple[FrameMatch, F64] | None:
        agreement, a_area, b_area = _agreement(a, b, move)
        # A small cut-out shares little of the larger picture, and is then shared itself.
        small, large = sorted((a_area, b_area))
        if agreement < settings.agreement or (small < settings.min_area and (large < 0.5 or small < 0.05)):
            return None
        areas = (round(min(a_area, 1.0), 3), round(min(b_area, 1.0), 3))
        return FrameMatch(-1, -1, 0.0, 0.0, round(agreement, 4), inliers, flip, *areas), move

    for move, flip in known:
        if (found := laid(move, flip, 0)) is not None:
            return found
    best: tuple[FrameMatch, F64] | None = None
    for flip in ways:
        for move, inliers in _moves(a, b, flip, settings):
            found = laid(move, flip, inliers)
            if found is not None and (best is None or found[0].agreement > best[0].agreement):
                best = found
    return best


def _moves(a: Keyframe, b: Keyframe, flip: bool, settings: MatchSettings) -> Iterable[tuple[F64, int]]:
    """Transformations (2, 3) from pixels of ``a`` to pixels of ``b`` that are worth trying."""
    hash_a = a.phash_mirrored if flip else a.phash
    if min(a.phash_quality, b.phash_quality) >= settings.phash_quality:
        distance = int(np.bitwise_count(hash_a ^ b.phash).sum())
        if distance <= settings.phash_distance:
            yield _box_to_box(a.inner, b.inner, flip), 0
    move, inliers = _fit(a, b, flip, settings)
    if move is not None:
        yield move, inliers


def _box_to_box(a: tuple[int, int, int, int], b: tuple[int, int, int, int], flip: bool) -> F64:
    sx, sy = (b[2] - b[0]) / (a[2] - a[0]), (b[3] - b[1]) / (a[3] - a[1])
    if flip:
        return np.array([[-sx, 0, b[2] + a[0] * sx], [0, sy, b[1] - a[1] * sy]])
    return np.array([[sx, 0, b[0] - a[0] * sx], [0, sy, b[1] - a[1] * sy]])


def _fit(a: Keyframe, b: Keyframe, flip: bool, settings: MatchSettings) -> tuple[F64 | None, int]:
    if min(len(a.points), len(b.points)) < settings.min_inliers:
        return None, 0
    left = (mirrored(a.descriptors) if flip else a.descriptors).astype(np.float32)
    right = b.descriptors.astype(np.float32)
    # Not a matrix product: 160 x 160 numbers are not worth waking the threads of the linear algebra library.
    product = np.einsum("ik,jk->ij", left, right)
    apart = (left**2).sum(1)[:, None] + (right**2).sum(1)[None] - 2 * product
    nearest = apart.argmin(1)
    back = apart.argmin(0)
    two = np.partition(apart, 1, axis=1)[:, :2]
    good = (back[nearest] == np.arange(len(left))) & (two[:, 0] < 0.8 * two[:, 1])  # squared distances
    if good.sum() < settings.min_inliers:
        return None, 0
    here = a.points[good].copy()
    width = a.luma.shape[1]
    if flip:
        here[:, 0] = width - 1 - here[:, 0]
    there = b.points[nearest[good]]
    cv2.setRNGSeed(1)  # RANSAC draws; the same pictures must give the same answer
    fitted, inside = cv2.estimateAffine2D(here, there, method=cv2.RANSAC, ransacReprojThreshold=4.0, maxIters=2000)
    if fitted is None or int(inside.sum()) < settings.min_inliers:
        return None, 0
    move = np.asarray(fitted, dtype=np.float64)
    stretch = np.linalg.svd(move[:, :2], compute_uv=False)
    turn = np.degrees(np.arctan2(move[1, 0] - move[0, 1], move[0, 0] + move[1, 1]))
    upright = np.linalg.det(move[:, :2]) > 0 and abs(turn) <= settings.max_turn_deg
    plausible = 1 / settings.max_scale < stretch[1] and stretch[0] < settings.max_scale and stretch[0] < 2 * stretch[1]
    if not (upright and plausible):
        return None, 0
    if flip:
        move = move @ np.array([[-1.0, 0, width - 1], [0, 1, 0], [0, 0, 1]])
    return move, int(inside.sum())


_BLOCK_PX = 20
_BLOCK_AGREES = 0.7  # correlation of a block in both pictures


def _agreement(a: Keyframe, b: Keyframe, move: F64) -> tuple[float, float, float]:
    """Share of the textured shared blocks that agree, and the share of each picture that is shared."""
    height, width = b.luma.shape
    moved = cv2.warpAffine(a.luma, move, (width, height), flags=cv2.INTER_AREA)
    laid = cv2.GaussianBlur(moved, (0, 0), 1.5).astype(np.float32)
    x1, y1, x2, y2 = a.inner
    mask = np.zeros(a.luma.shape, np.uint8)
    mask[y1:y2, x1:x2] = 255
    covered = cv2.warpAffine(mask, move, (width, height), flags=cv2.INTER_NEAREST) > 0
    u1, v1, u2, v2 = b.inner
    inside = np.zeros((height, width), bool)
    inside[v1:v2, u1:u2] = True
    shared = covered & inside
    b_area = float(shared.sum()) / float((u2 - u1) * (v2 - v1))
    scale = abs(float(np.linalg.det(move[:, :2])))
    a_area = float(shared.sum()) / scale / float((x2 - x1) * (y2 - y1))
    weight = shared.astype(np.float32)
    there = cv2.GaussianBlur(b.luma, (0, 0), 1.5).astype(np.float32)
    down, across = height // _BLOCK_PX, width // _BLOCK_PX

    def total(values: npt.NDArray[np.float32]) -> F64:
        """Sums over the shared part of each block."""
        part = (values * weight)[: down * _BLOCK_PX, : across * _BLOCK_PX]
        blocks = part.reshape(down, _BLOCK_PX, across, _BLOCK_PX)
        return np.asarray(blocks.sum(axis=(1, 3)), dtype=np.float64)

    number = total(np.ones_like(weight))
    whole = number > 0.7 * _BLOCK_PX * _BLOCK_PX
    if not whole.any():
        return 0.0, a_area, b_area
    n = number[whole]
    mean_a, mean_b = total(laid)[whole] / n, total(there)[whole] / n
    var_a = np.maximum(total(laid * laid)[whole] / n - mean_a**2, 0)
    var_b = np.maximum(total(there * there)[whole] / n - mean_b**2, 0)
    both = total(laid * there)[whole] / n - mean_a * mean_b
    textured = np.maximum(var_a, var_b) > 16.0
    if textured.sum() < 6:  # two skies agree on nothing
        return 0.0, a_area, b_area
    correlation = both[textured] / np.sqrt(np.maximum(var_a[textured] * var_b[textured], 1e-6))
    return float((correlation > _BLOCK_AGREES).mean()), a_area, b_area
