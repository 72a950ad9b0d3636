"""Which frames may show the same view: what shares buckets votes for each other.

Bits of features and hashes are sorted into buckets, and what falls into one bucket votes for its pair of frames. That
grows with the number of frames, not with its square.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vidcheck.reposts.fingerprints import U8, Fingerprint, mirrored
from vidcheck.reposts.settings import MatchSettings

I64 = npt.NDArray[np.int64]
Keys = npt.NDArray[np.uint16] | npt.NDArray[np.uint32]


@dataclass(frozen=True, slots=True, order=True)
class Vote:
    """Two frames that may show the same view."""

    votes: int
    """How many buckets say so."""
    a: int
    """Keyframe of the first clip."""
    b: int
    """Keyframe of the second clip."""
    mirrored: bool
    """Whether the buckets of the mirrored picture say so."""


Votes = dict[tuple[int, int], list[Vote]]
"""By pair of clips."""


def find_candidates(count: int, get: Callable[[int], Fingerprint], settings: MatchSettings) -> Votes:
    """Find pairs of clips that are worth comparing; see :func:`vidcheck.reposts.matching.find_matches`."""
    codes: list[npt.NDArray[np.uint32]] = []
    turned: list[npt.NDArray[np.uint32]] = []
    frame_of: list[I64] = []
    hashes: list[U8] = []
    hashes_turned: list[U8] = []
    hash_frame: list[int] = []
    owner: list[tuple[int, int]] = []
    for clip in range(count):
        for number, keyframe in enumerate(get(clip).keyframes):
            frame = len(owner)
            owner.append((clip, number))
            codes.append(_bits(keyframe.descriptors, settings))
            turned.append(_bits(mirrored(keyframe.descriptors), settings))
            frame_of.append(np.full(len(keyframe.points), frame, dtype=np.int64))
            if keyframe.phash_quality >= settings.phash_quality:
                hash_frame.append(frame)
                hashes.append(keyframe.phash)
                hashes_turned.append(keyframe.phash_mirrored)
    if len(owner) < 2:
        return {}
    clip_of = np.array([clip for clip, _ in owner], dtype=np.int64)
    frames, plain, flipped = np.concatenate(frame_of), np.concatenate(codes), np.concatenate(turned)
    by_hash = np.array(hash_frame, dtype=np.int64)
    hash_plain = np.array(hashes, dtype=np.uint8).reshape(-1, 32)
    hash_flipped = np.array(hashes_turned, dtype=np.uint8).reshape(-1, 32)
    found: Votes = {}
    for mirror in (False, True):
        votes = [
            _collide(plain[:, table], (flipped if mirror else plain)[:, table], frames, clip_of, settings)
            for table in range(settings.tables)
        ]
        votes += [
            _near(hash_plain, hash_flipped if mirror else hash_plain, by_hash, clip_of, settings)
        ] * settings.votes
        pairs, tally = np.unique(np.concatenate(votes), return_counts=True)
        enough = tally >= settings.votes
        for code, n in zip(pairs[enough].tolist(), tally[enough].tolist(), strict=True):
            (a, i), (b, j) = owner[code // len(owner)], owner[code % len(owner)]
            found.setdefault((a, b), []).append(Vote(n, i, j, mirror))
    return found


def _near(first: U8, second: U8, frame_of: I64, clip_of: I64, settings: MatchSettings) -> I64:
    """Pairs of frames whose hashes are near: equal in one of 16 words, nearly sure up to 30 bits of 256."""
    if not len(first):
        return np.zeros(0, dtype=np.int64)
    one, two = first.view(np.uint16), second.view(np.uint16)
    pairs = np.unique(
        np.concatenate([_collide(one[:, w], two[:, w], frame_of, clip_of, settings) for w in range(one.shape[1])])
    )
    left = np.searchsorted(frame_of, pairs // len(clip_of))
    right = np.searchsorted(frame_of, pairs % len(clip_of))
    near: I64 = pairs[np.bitwise_count(first[left] ^ second[right]).sum(axis=1) <= settings.phash_distance]
    return near


def _bits(descriptors: U8, settings: MatchSettings) -> npt.NDArray[np.uint32]:
    """Compare chosen pairs of a descriptor's numbers, ``bits`` of them to a key: shape (n, tables)."""
    first, second = _comparisons(settings.tables, settings.bits)
    larger = descriptors[:, first] > descriptors[:, second]
    weights = np.uint32(1) << np.arange(settings.bits, dtype=np.uint32)
    packed: npt.NDArray[np.uint32] = (larger * weights).sum(axis=2, dtype=np.uint32)
    return packed


def _comparisons(tables: int, bits: int) -> tuple[I64, I64]:
    rng = np.random.default_rng(1)  # any fixed choice will do
    first = rng.integers(0, 128, (tables, bits))
    return first, (first + rng.integers(1, 128, (tables, bits))) % 128


def _collide(first: Keys, second: Keys, frames: I64, clip_of: I64, settings: MatchSettings) -> I64:
    """Pairs ``frame a * number of frames + frame b`` of different clips, a's clip first, whose keys are equal."""
    total, clips = len(clip_of), int(clip_of[-1]) + 1
    one, two = _once(first, frames, clip_of), _once(second, frames, clip_of)
    bucket = first[one].astype(np.int64) * clips
    entries = second[two].astype(np.int64) * clips + clip_of[frames[two]]  # sorted by bucket, then by clip
    begin, end = np.searchsorted(entries, bucket), np.searchsorted(entries, bucket + clips)
    low = np.searchsorted(entries, bucket + clip_of[frames[one]], side="right")
    size = np.where(end - begin > settings.crowded, np.minimum(end - low, settings.neighbours), end - low)
    left = np.repeat(frames[one], size)
    steps = np.arange(int(size.sum())) - np.repeat(np.cumsum(size) - size, size)
    right = frames[two[np.repeat(low, size) + steps]]
    pairs: I64 = left * total + right
    return pairs


def _once(keys: Keys, frames: I64, clip_of: I64) -> I64:
    """Positions of each key's first entry in each clip, sorted by key: a clip that stands still counts once."""
    clips = clip_of[frames]
    order = np.lexsort((clips, keys))
    sorted_keys, sorted_clips = keys[order], clips[order]
    new = np.ones(len(order), dtype=bool)
    new[1:] = (sorted_keys[1:] != sorted_keys[:-1]) | (sorted_clips[1:] != sorted_clips[:-1])
    return order[new]


def strongest_first(votes: Votes) -> list[tuple[int, int]]:
    """Return the pairs of clips, those with most votes for their best frames first."""
    strength = {pair: sum(sorted((v.votes for v in found), reverse=True)[:4]) for pair, found in votes.items()}
    return sorted(strength, key=lambda pair: (-strength[pair], pair))
