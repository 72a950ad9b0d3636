"""Text from strangers made visible and printable.

A clip's text can hold control characters, marks that turn the writing direction, and letters that a font
lacks. None of them may hide something, reorder a line of the report, or stop the PDF from being written.
"""

from __future__ import annotations

import dataclasses
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable
from typing import Any

# What Libertinus Serif and DejaVu Sans Mono cover, as embedded in the typst wheel 0.15. PDF/A forbids a
# missing glyph; a test compiles every one of these, so a typesetter with other fonts is noticed.
_COVERED = """
20-7e a0-ac ae-34e 350-36f 374-377 37a-37f 384-38a 38c 38e-3a1 3a3-3ce 3d0-3e1 3f0-477 47c-47f 483 48c-4c4
4c7-4cc 4cf-4f9 510-511 51a-51d 531-556 559-55f 561-587 589-58a 5b0-5c3 5c6 5d0-5ea 5f0-5f4 606-607 609-60a
60c 615 61b 61f 621-63a 640-655 65a 660-66d 674 679-67b 67e-680 683-684 686-687 691 698 6a4 6a9 6af 6be 6cc
6f0-6f9 e3f e81-e82 e84 e87-e88 e8a e8d e94-e97 e99-e9f ea1-ea3 ea5 ea7 eaa-eab ead-eb9 ebb-ebc ec8-ecd
10d0-10fc 1e00-1f15 1f18-1f1d 1f20-1f45 1f48-1f4d 1f50-1f57 1f59 1f5b 1f5d 1f5f-1f7d 1f80-1fb4 1fb6-1fc4
1fc6-1fd3 1fd6-1fdb 1fdd-1fef 1ff2-1ff4 1ff6-1ffe 2000-200a 2010-2027 202f-2037 2039-203f 2042 2044-204b
204f 205f 2070-2071 2074-208e 2090-209c 20a0-20b5 20b8-20ba 20bd 20bf 2100-2103 2105-2106 2109 2113
2115-2117 2119-211a 211c-211d 2120 2122 2124 2126-2127 212a-212b 212e 2132 214f-2151 2153-2184 2189
2190-222e 2234-223d 2241-226b 226d-228b 2300-2306 2308-2315 2318-2319 231c-2321 2325-2328 2335-237a
23ce-23cf 2423 2460-2487 24b6-2606 2609-262f 2638-268b 2690-269c 26a0-26a7 2701-2704 2706-2709 270c-2714
2717-2726 272a-274b 274d 274f-2752 2756 2758-275e 2761-277f 2794 2798-27af 27b1-27be 27e6-27eb 27f5-27f7
2b05-2b0d 2b12-2b1a fb01-fb02 fb52-fb81 fb8a-fb95 fb9e-fb9f fbe8-fbe9 fbfc-fbff fe70-fe74 fe76-fefc fffc-
fffd
"""


def _ranges(table: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
    pairs = [part.partition("-") for part in table.split()]
    starts = tuple(int(first, 16) for first, _, _ in pairs)
    ends = tuple(int(last or first, 16) for first, _, last in pairs)
    return starts, ends


_STARTS, _ENDS = _ranges(_COVERED)
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_SAFE_TOKEN = 18  # characters that a narrow column can hold in one piece
_LONG = re.compile(rf"\S{{{_SAFE_TOKEN + 1},}}")
_PRINTABLE = "".join(map(chr, range(0x20, 0x7F)))


def code(char: str) -> str:
    """Return the visible code of a character, for example ``⟨U+202E⟩``."""
    return f"⟨U+{ord(char):04X}⟩"


def visible(text: str) -> str:
    """Return ``text`` with hidden and unassigned characters written as codes, a line break as ``⏎``."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        "⏎ " if char == "\n" else code(char) if unicodedata.category(char) in _HIDDEN else char
        for char in text.replace("\r\n", "\n")
    )


def covered(char: str) -> bool:
    """Say whether the PDF's fonts have a glyph for ``char``."""
    place = bisect_right(_STARTS, ord(char)) - 1
    return place >= 0 and ord(char) <= _ENDS[place]


def printable(text: str) -> str:
    """Return ``text`` with every character that the PDF's fonts lack written as a code.

    Letters and their marks are composed where Unicode has the whole; a mark that is left over becomes a code,
    since no font here can set every mark on every letter.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        char if char == "\u200b" or (covered(char) and not unicodedata.category(char).startswith("M")) else code(char)
        for char in unicodedata.normalize("NFC", text)
    )


def plain(text: str) -> str:
    """Return ``text`` with everything but Latin letters and signs written as a code: the last resort."""
    return "".join(
        char
        if char in _PRINTABLE or (covered(char) and ord(char) < 0x250) or char in "–—‘’“”…⟨⟩⏎≥≤→×·\u200b"
        else code(char)
        for char in text
    )


def breakable(text: str) -> str:
    """Return ``text`` with places to break inside long unbroken stretches (zero-width spaces)."""

    def split(match: re.Match[str]) -> str:
        piece = match.group()
        return "\u200b".join(piece[at : at + _SAFE_TOKEN] for at in range(0, len(piece), _SAFE_TOKEN))

    return _LONG.sub(split, text) if len(text) > _SAFE_TOKEN else text


def map_strings(value: Any, change: Callable[[str], str], *, keep: frozenset[str] = frozenset()) -> Any:
    """Return ``value`` as plain lists and dictionaries with ``change`` applied to every string.

    Parameters
    ----------
    value:
        Dataclasses, dictionaries, tuples, lists and scalars, nested at will.
    change:
        What is done to each string.
    keep:
        Names of fields and keys whose strings stay as they are.
    """
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        value = {item.name: getattr(value, item.name) for item in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {
            name: inner if name in keep and isinstance(inner, str) else map_strings(inner, change, keep=keep)
            for name, inner in value.items()
        }
    if isinstance(value, list | tuple):
        return [map_strings(inner, change, keep=keep) for inner in value]
    return change(value) if isinstance(value, str) else value
