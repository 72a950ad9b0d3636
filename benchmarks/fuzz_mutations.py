"""Damage to files: every mutation is a function of the bytes and a random source, so that a seed number gives it again.

Some know nothing of formats (bits, cuts, copied blocks); some know the boxes of MP4 and QuickTime, the elements of
Matroska, the chunks of PNG and RIFF and the segments of JPEG, and break what only a parser that got that far can meet.
"""

from __future__ import annotations

import random
import struct
import zlib
from collections.abc import Callable, Iterator

ABSURD = (0, 1, 2, 0x7F, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF)
_CONTAINERS = set(b"moov trak mdia minf stbl edts udta meta dinf moof traf mvex".split())
_BOXES_WITH_FIELDS = (b"mvhd", b"tkhd", b"mdhd", b"elst", b"stts", b"ctts", b"stss", b"stsc", b"stsz", b"stco", b"trun",
                      b"tfhd", b"avcC", b"hvcC", b"stsd", b"hdlr", b"dref", b"ispe", b"iloc", b"iprp", b"colr",
                      b"pasp", b"tmcd", b"keys", b"ilst")  # fmt: skip

Mutation = Callable[[bytearray, random.Random], bytearray]


def bits(data: bytearray, chance: random.Random) -> bytearray:
    """Flip one to sixty-four bits anywhere."""
    for _ in range(2 ** chance.randrange(7)):
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    return data


def head_bytes(data: bytearray, chance: random.Random) -> bytearray:
    """Replace bytes of the first kilobyte, where headers lie."""
    for _ in range(chance.randint(1, 8)):
        data[chance.randrange(min(1024, len(data)))] = chance.choice((0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256)))
    return data


def absurd_number(data: bytearray, chance: random.Random) -> bytearray:
    """Write an absurd number of one, two, four or eight bytes somewhere."""
    size, order = chance.choice((1, 2, 4, 8)), chance.choice(("big", "little"))
    at = chance.randrange(max(1, len(data) - size))
    value = (
        chance.choice(ABSURD) % (1 << (8 * size)) if size < 8 else chance.choice((0, 1 << 31, 1 << 62, (1 << 64) - 1))
    )
    data[at : at + size] = value.to_bytes(size, order)  # type: ignore[arg-type]
    return data


def cut_off(data: bytearray, chance: random.Random) -> bytearray:
    """Keep the first part."""
    return data[: chance.randint(1, len(data))]


def head_lost(data: bytearray, chance: random.Random) -> bytearray:
    """Lose some of the first bytes."""
    return data[chance.randint(1, min(256, len(data) - 1)) :]


def hole(data: bytearray, chance: random.Random) -> bytearray:
    """Overwrite a stretch with zeros or noise."""
    at, size = chance.randrange(len(data)), chance.randint(1, max(2, len(data) // 4))
    size = min(size, len(data) - at)
    data[at : at + size] = bytes(size) if chance.random() < 0.5 else chance.randbytes(size)
    return data


def block_moved(data: bytearray, chance: random.Random) -> bytearray:
    """Copy or move a block to another place."""
    size = chance.randint(1, max(2, len(data) // 3))
    at, to = chance.randrange(len(data)), chance.randrange(len(data))
    block = data[at : at + size]
    if chance.random() < 0.5:
        del data[at : at + size]
    data[to:to] = block
    return data


def tail_added(data: bytearray, chance: random.Random) -> bytearray:
    """Append noise, zeros, or the file again."""
    return data + chance.choice((bytes(data), bytes(4096), chance.randbytes(2048)))


def _boxes(data: bytes, start: int, end: int, depth: int = 0) -> Iterator[tuple[int, int, bytes]]:
    """Yield (offset, size, type) of ISO boxes, containers before what they hold."""
    at = start
    while at + 8 <= end and depth < 8:
        size, kind = struct.unpack_from(">I4s", data, at)
        if size < 8 or at + size > end:
            return
        yield at, size, kind
        if kind in _CONTAINERS:
            yield from _boxes(data, at + (12 if kind == b"meta" else 8), at + size, depth + 1)
        at += size


def boxes_swapped(data: bytearray, chance: random.Random) -> bytearray:
    """Exchange two boxes that do not overlap."""
    found = list(_boxes(data, 0, len(data)))
    one, two = sorted(chance.sample(found, 2))
    if one[0] + one[1] > two[0]:
        return box_lost(data, chance)
    middle = data[one[0] + one[1] : two[0]]
    first, second = data[one[0] : one[0] + one[1]], data[two[0] : two[0] + two[1]]
    return data[: one[0]] + second + middle + first + data[two[0] + two[1] :]


def box_lost(data: bytearray, chance: random.Random) -> bytearray:
    """Hide a box under the name of free space, so that all offsets stay."""
    at, _, _ = chance.choice(list(_boxes(data, 0, len(data))))
    data[at + 4 : at + 8] = b"free"
    return data


def box_twice(data: bytearray, chance: random.Random) -> bytearray:
    """Repeat a box behind itself."""
    at, size, _ = chance.choice(list(_boxes(data, 0, len(data))))
    return data[: at + size] + data[at : at + size] + data[at + size :]


def box_size(data: bytearray, chance: random.Random) -> bytearray:
    """Let a box state an absurd size."""
    at, _, _ = chance.choice(list(_boxes(data, 0, len(data))))
    struct.pack_into(">I", data, at, chance.choice(ABSURD))
    return data


def box_field(data: bytearray, chance: random.Random) -> bytearray:
    """Write absurd numbers into a header: durations, time scales, sizes, counts, matrices, edit lists."""
    found = [box for box in _boxes(data, 0, len(data)) if box[2] in _BOXES_WITH_FIELDS]
    at, size, _ = chance.choice(found)
    for _ in range(chance.randint(1, 3)):
        field = at + 8 + 4 * chance.randrange(max(1, (size - 8) // 4))
        if field + 4 <= len(data):
            struct.pack_into(">I", data, field, chance.choice(ABSURD))
    return data


def _png_chunks(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    at = 8
    while at + 12 <= len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        if at + 12 + size > len(data):
            return
        yield at, size, kind
        at += 12 + size


def png_chunk(data: bytearray, chance: random.Random) -> bytearray:
    """Change a chunk and give it the right check sum, so that the change is believed."""
    at, size, _ = chance.choice([chunk for chunk in _png_chunks(data) if chunk[1]])
    for _ in range(chance.randint(1, 4)):
        data[at + 8 + chance.randrange(size)] = chance.choice((0, 1, 0x7F, 0xFF, chance.randrange(256)))
    struct.pack_into(">I", data, at + 8 + size, zlib.crc32(data[at + 4 : at + 8 + size]))
    return data


def png_size(data: bytearray, chance: random.Random) -> bytearray:
    """State an absurd width or height with the right check sum."""
    struct.pack_into(">I", data, chance.choice((16, 20)), chance.choice((*ABSURD, 1 << 14, 1 << 16, 1 << 20)))
    struct.pack_into(">I", data, 29, zlib.crc32(data[12:29]))
    return data


def jpeg_segment(data: bytearray, chance: random.Random) -> bytearray:
    """Change bytes of a segment: sizes, tables, EXIF."""
    segments, at = [], 2
    while at + 4 <= len(data) and data[at] == 0xFF and data[at + 1] != 0xDA:
        size = struct.unpack_from(">H", data, at + 2)[0]
        segments.append((at, size))
        at += 2 + size
    at, size = chance.choice(segments)
    for _ in range(chance.randint(1, 6)):
        place = at + chance.randrange(2, size + 2)
        if place < len(data):
            data[place] = chance.choice((0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256)))
    return data


# Duration, TimestampScale, PixelWidth, PixelHeight, Timestamp, DefaultDuration, DisplayWidth, DisplayHeight, TrackType,
# CodecID, CodecPrivate, Colour, StereoMode, AlphaMode
_EBML = "4489 2ad7b1 b0 ba e7 23e383 54b0 54ba 83 86 63a2 55b0 53b8 53c0"


def ebml_element(data: bytearray, chance: random.Random) -> bytearray:
    """Change what follows an element of Matroska: duration, time scale, width, height, codec, block times."""
    places = [at for name in _EBML.split() for at in _all(data, bytes.fromhex(name))][:200]
    at = chance.choice(places) + 2
    for step in range(chance.randint(1, 8)):
        if at + step < len(data):
            data[at + step] = chance.choice((0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256)))
    return data


def riff_header(data: bytearray, chance: random.Random) -> bytearray:
    """Write absurd numbers into the headers of AVI and WebP."""
    names = b"avih strh strf VP8X ANIM ANMF idx1 RIFF".split()
    places = [at for name in names for at in _all(data, name)]
    at = chance.choice(places) + 4 * chance.randint(1, 12)
    if at + 4 <= len(data):
        struct.pack_into("<I", data, at, chance.choice(ABSURD))
    return data


def _all(data: bytes, part: bytes) -> Iterator[int]:
    at = data.find(part)
    while at != -1:
        yield at
        at = data.find(part, at + 1)


ANYWHERE: tuple[Mutation, ...] = (bits, bits, head_bytes, absurd_number, absurd_number, cut_off, head_lost, hole,
                                  block_moved, tail_added)  # fmt: skip
BOXES: tuple[Mutation, ...] = (boxes_swapped, box_lost, box_twice, box_size, box_field, box_field, box_field)


def mutations_for(data: bytes) -> tuple[Mutation, ...]:
    """Return what can be done to a file, by what it begins with."""
    if data[4:8] in (b"ftyp", b"moov", b"wide", b"mdat"):
        return ANYWHERE + BOXES
    if data[:8] == b"\x89PNG\r\n\x1a\n":
        return (*ANYWHERE, png_chunk, png_chunk, png_size, png_size)
    if data[:2] == b"\xff\xd8":
        return (*ANYWHERE, jpeg_segment, jpeg_segment, jpeg_segment)
    if data[:4] == b"\x1a\x45\xdf\xa3":
        return (*ANYWHERE, ebml_element, ebml_element, ebml_element)
    if data[:4] == b"RIFF":
        return (*ANYWHERE, riff_header, riff_header)
    return ANYWHERE


def mutate(data: bytes, chance: random.Random) -> tuple[bytes, str]:
    """Damage a file once or twice; return the damaged bytes, never empty, and what was done."""
    changed, done = bytearray(data), []
    for _ in range(1 if chance.random() < 0.7 else 2):
        mutation = chance.choice(mutations_for(data))
        try:
            changed = mutation(changed, chance) or changed
        except (IndexError, ValueError, struct.error):  # a first damage took away what the second looks for
            changed = bits(changed, chance)
        done.append(mutation.__name__)
    return bytes(changed), "+".join(done)
