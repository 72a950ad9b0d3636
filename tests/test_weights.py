"""Models are verified before they are loaded."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from vidcheck import weights
from vidcheck.errors import ModelError


def test_everything_that_ships_is_what_the_registry_names() -> None:
    for name, entry in weights.registry().items():
        if "url" in entry:
            continue
        resolved = weights.resolve(name)
        assert len(resolved.sha256) == 64
        sizes = sum(f.stat().st_size for f in ([resolved.path] if resolved.path.is_file() else resolved.path.iterdir()))
        assert sizes <= 25 * 2**20, name
        for file in entry["files"]:
            part = resolved.path / file["name"] if resolved.path.is_dir() else resolved.path
            assert part.stat().st_size == file["size_bytes"]
        assert (weights.shipped_folder() / entry["card"]).is_file(), name


def test_an_altered_model_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    original = weights.resolve("person").path
    copy = tmp_path / original.name
    shutil.copytree(original, copy)
    monkeypatch.setenv(weights.ENV_VAR, str(tmp_path))
    assert weights.resolve("person").path == copy  # the environment comes before what is shipped
    weight = next(p for p in copy.iterdir() if p.suffix == ".bin")
    data = bytearray(weight.read_bytes())
    data[1000] ^= 1
    weight.write_bytes(bytes(data))
    with pytest.raises(ModelError, match="not the file that the registry names"):
        weights.resolve("person")


def test_a_missing_model_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(weights, "user_folder", lambda: tmp_path)
    monkeypatch.delenv(weights.ENV_VAR, raising=False)
    with pytest.raises(ModelError) as caught:
        weights.resolve("yolo11n")
    assert "vidcheck models fetch yolo11n" in str(caught.value)
    assert caught.value.exit_code == 4
    with pytest.raises(ModelError, match="Known models"):
        weights.resolve("no-such-model")


def test_a_pickle_with_an_unknown_hash_is_never_loaded(tmp_path: Path) -> None:
    path = tmp_path / "own.pt"
    path.write_bytes(b"cos\nsystem\n(S'echo'\ntR.")
    with pytest.raises(ModelError, match="unknown weights"):
        weights.resolve(str(path))


def test_fetching_without_a_network_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "user_folder", lambda: tmp_path)
    entry = dict(weights.entry("yolo11n")) | {"url": "http://127.0.0.1:9/yolo11n.pt"}
    monkeypatch.setattr(weights, "entry", lambda name: entry)
    with pytest.raises(ModelError, match="could not be downloaded"):
        weights.fetch("yolo11n")
    assert list(tmp_path.iterdir()) == []


def test_a_download_that_is_another_file_is_thrown_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = tmp_path / "served.pt"
    wrong.write_bytes(b"not the weights")
    store = tmp_path / "store"
    monkeypatch.setattr(weights, "user_folder", lambda: store)
    entry = dict(weights.entry("yolo11n")) | {"url": wrong.as_uri()}
    monkeypatch.setattr(weights, "entry", lambda name: entry)
    with pytest.raises(ModelError, match="not the file"):
        weights.fetch("yolo11n")
    assert list(store.iterdir()) == []


class _Payload:
    """A pickle that makes a file when it is loaded."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return (Path.touch, (self.mark,))


@pytest.mark.parametrize("name", ["a.pt", "a.PT", "a.pth", "a.torchscript", "a.bin", "a.onnx", "a.pkl"])
def test_no_file_is_unpickled_before_its_hash_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    import pickle

    from tests import media as make
    from vidcheck import pipeline
    from vidcheck.people import DetectSettings

    mark, evil = tmp_path / "it-ran", tmp_path / name
    evil.write_bytes(pickle.dumps(_Payload(mark)))
    clip = make.moving_clip(tmp_path / "clip.mp4", (3,))
    with pytest.raises(ModelError, match="unknown weights"):
        pipeline.analyze(clip, pipeline.Settings(detect=DetectSettings(model=str(evil)), only=("people",)))
    shutil.copyfile(evil, tmp_path / "yolo11n.pt")
    monkeypatch.setenv(weights.ENV_VAR, str(tmp_path))
    with pytest.raises(ModelError, match="is not the file that the registry names"):
        pipeline.analyze(clip, pipeline.Settings(detect=DetectSettings(model="yolo11n"), only=("people",)))
    assert not mark.exists()
    pickle.loads(evil.read_bytes())
    assert mark.exists()  # it would have run
