"""Links between tracks come in one order, whatever the parts they are kept in."""

from __future__ import annotations

import numpy as np
import pytest

from vidcheck import track_links
from vidcheck.track_links import KINDS, LINK, RANKS, LinkTable


def some_links(rng: np.random.Generator, count: int, tracks: int) -> np.ndarray:
    links = np.empty(count, dtype=LINK)
    links["a"], links["b"] = rng.integers(0, tracks, (2, count))
    links["kind"] = rng.integers(0, len(KINDS), count)
    links["certain"] = rng.random(count) < 0.2
    # Few different likenesses, some a last digit apart: ties are where parts could fall out of order.
    links["alike"] = np.nextafter(rng.integers(0, 5, count) / 4, rng.integers(-1, 2, count))
    return links


@pytest.mark.parametrize(("part", "marks"), [(64, 8), (17, 4), (1 << 18, 32)])
def test_links_come_in_the_order_of_one_sort(monkeypatch: pytest.MonkeyPatch, part: int, marks: int) -> None:
    monkeypatch.setattr(track_links, "_PART", part)
    monkeypatch.setattr(track_links, "_MARKS", marks)
    rng = np.random.default_rng(7)
    names = rng.permutation(40).astype(np.int32)
    links = some_links(rng, 1000, 40)
    table = LinkTable(names)
    for some in np.array_split(links, 60):
        table.add(some)
    rank = np.array(list(RANKS.values()))[links["kind"]]
    order = np.lexsort((names[links["b"]], names[links["a"]], -links["alike"], rank, ~links["certain"]))
    parts = list(table.in_order())
    assert np.array_equal(np.concatenate(parts), links[order])
    assert len(table) == 1000
    if part < 1000:
        assert len(table.parts()) > 5 and len(parts) > 5
        # No part is much larger than the others, or the table would be sorted, and copied, whole.
        assert max(map(len, parts)) < 400


def test_a_table_without_links_yields_none() -> None:
    table = LinkTable(np.zeros(0, np.int32))
    assert sum(map(len, table.in_order())) == 0 and table.parts() == [] and len(table) == 0
