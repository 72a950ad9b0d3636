"""The codec, the cache, atomic writes, manifests."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest

from tests.report_example import example_analysis
from vidcheck import store
from vidcheck.errors import InputError, OutputError
from vidcheck.types import FrameRef, StepRun


def test_an_analysis_survives_the_round_trip() -> None:
    analysis = example_analysis()
    data = store.to_json(analysis)
    assert store.from_json(data) == analysis
    assert store.to_json(store.from_json(data)) == data


def test_an_analysis_in_parts_is_the_same_to_the_byte() -> None:
    analysis = example_analysis()
    seen = analysis.detections[0]
    for count in (0, 1, 4000, 4001, 12_345):
        many = replace(analysis, detections=(replace(seen, label='two\nlines, "[" and ]'),) * count)
        assert b"".join(store.json_parts(many)) == store.to_json(many)


def test_analysis_fits_its_schema() -> None:
    validator = jsonschema.Draft202012Validator(store.schema())
    validator.check_schema(store.schema())
    whole = json.loads(store.to_json(example_analysis()))
    validator.validate(whole)
    del whole["people_count"]
    assert not validator.is_valid(whole)


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"nonsense", b'{"schema_version": 1}'])
def test_foreign_json_is_an_input_error(data: bytes) -> None:
    with pytest.raises(InputError) as caught:
        store.from_json(data)
    assert "\n" not in str(caught.value)


def stored(value: object) -> store.Stored:  # type: ignore[type-arg]
    return store.Stored(value, StepRun("shots", "ok", "m", "1", None, {}, {"frames": 3}, 0.5))


def test_the_cache_returns_what_was_stored_and_nothing_else(tmp_path: Path) -> None:
    cache = store.StepCache(tmp_path, "ab")
    kind = tuple[FrameRef, ...]
    value = (FrameRef(0, 0, 0.0), FrameRef(1, 512, 0.04))
    cache.save("shots", "k1", kind, stored(value))
    found = cache.load("shots", "k1", kind)
    assert found is not None and found.value == value and found.run.stats == {"frames": 3}
    assert cache.load("shots", "k2", kind) is None
    assert store.StepCache(None, "ab").load("shots", "k1", kind) is None


def test_a_damaged_cache_file_is_a_miss(tmp_path: Path) -> None:
    cache = store.StepCache(tmp_path, "ab")
    cache.save("shots", "k1", tuple[FrameRef, ...], stored((FrameRef(0, 0, 0.0),)))
    (file,) = tmp_path.rglob("shots-k1.json")
    file.write_bytes(file.read_bytes()[:-20])
    assert cache.load("shots", "k1", tuple[FrameRef, ...]) is None


def test_keys_change_with_every_part() -> None:
    base = store.key_of(version="1", settings=FrameRef(1, 2, 3.0), model="m", upstream=["a"])
    assert base == store.key_of(version="1", settings=FrameRef(1, 2, 3.0), model="m", upstream=["a"])
    for change in ({"version": "2"}, {"settings": FrameRef(1, 2, 3.5)}, {"model": "n"}, {"upstream": ["b"]}):
        parts = {"version": "1", "settings": FrameRef(1, 2, 3.0), "model": "m", "upstream": ["a"]} | change
        assert store.key_of(**parts) != base


def test_a_full_disk_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    (tmp_path / "report.html").write_bytes(b"old")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError, match="No space left"):
        store.write_atomic(tmp_path / "report.html", b"new" * 1000)
    assert (tmp_path / "report.html").read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["report.html"]


def test_the_manifest_finds_every_change(tmp_path: Path) -> None:
    for name in ("report.html", "media/p1.jpg", "media/p2.jpg"):
        store.write_atomic(tmp_path / name, name.encode())
    store.write_manifest(tmp_path, {"path": "clip.mp4", "sha256": "00", "size_bytes": 1})
    assert store.verify(tmp_path) == ()
    (tmp_path / "report.html").write_text("changed")
    (tmp_path / "media/p1.jpg").unlink()
    (tmp_path / "extra.txt").write_text("new")
    found = {(d.path, d.what) for d in store.verify(tmp_path)}
    assert found == {("report.html", "altered"), ("media/p1.jpg", "missing"), ("extra.txt", "added")}


def test_a_folder_without_a_manifest(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no readable manifest"):
        store.verify(tmp_path)
