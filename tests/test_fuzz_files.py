"""A fixed few of the damaged clips and photos of benchmarks/fuzz.py, and those that once found something."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from vidcheck import isolation, media, pipeline
from vidcheck.errors import VidcheckError
from vidcheck.pipeline import Settings

ROOT = Path(__file__).resolve().parents[1]
CORPUS = Path(__file__).parent / "corpus"
EXAMINED = Settings(only=("shots", "clues", "time", "credentials"))

# What each file of the corpus found, and what is expected of it now: the number of frames, or the error.
FOUND = {
    "exif-that-is-no-tiff.heic": ("SyntaxError over a damaged EXIF block cost the photo", 1),
    "frame-of-noise.png": ("OSError when going back to a frame behind a damaged one", 4),
    "frames-that-are-missing.png": ("SyntaxError over an animation with fewer frames than it states", 3),
    "item-that-is-empty.avif": ("RuntimeError of the AVIF plug-in", "NotMedia"),
    "sequence-out-of-order.png": ("SyntaxError over the sequence numbers of an animation", 3),
    "side-data-of-a-new-kind.heic": ("ValueError over side data that FFmpeg knows and PyAV does not", 1),
}


@pytest.mark.parametrize("name", sorted(FOUND))
def test_what_found_something(name: str) -> None:
    expected = FOUND[name][1]
    if isinstance(expected, str):
        with pytest.raises(VidcheckError) as caught:
            pipeline.analyze(CORPUS / name, EXAMINED)
        assert type(caught.value).__name__ == expected and caught.value.exit_code == 3
        return
    analysis = pipeline.analyze(CORPUS / name, EXAMINED)
    assert analysis.source.frames_decoded == expected
    assert not [run.step for run in analysis.steps if run.status == "failed"]


def test_the_corpus_is_complete() -> None:
    assert {path.name for path in CORPUS.iterdir()} == set(FOUND)


@pytest.fixture(scope="module")
def seeds(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The whole files that damage starts from."""
    if not (ROOT / "benchmarks" / "fuzz.py").is_file():
        pytest.skip("the benchmarks are not beside an installed package")
    sys.path.insert(0, str(ROOT / "benchmarks"))
    import fuzz

    made: list[Path] = fuzz.make_seeds(tmp_path_factory.mktemp("seeds"))
    return made


def test_damaged_files_of_every_kind(seeds: list[Path], tmp_path: Path) -> None:
    import fuzz

    before = isolation.deaths()
    for number in range(0, len(seeds), 2):
        case = fuzz.make_case(seeds, 11, number, tmp_path, 0)
        outcome, said = fuzz.examine(Path(case.path), None)
        assert outcome in ("result", "error"), f"{case}: {said}"
    assert isolation.deaths() == before


def test_seeds_are_what_they_should_be(seeds: list[Path]) -> None:
    facts = {}
    for path in seeds:
        try:
            with media.open_clip(path) as clip:
                refs = [frame.ref for frame in clip.frames()]
                facts[path.name] = (clip.source, refs)
        except VidcheckError as error:
            assert path.name == "cover-art.m4a" and type(error).__name__ == "NoPicture", path
    assert facts["rotated-90.mp4"][0].rotation_deg == facts["rotated-270-flipped.mp4"][0].rotation_deg == 270
    assert facts["negative-times.mkv"][0].pts_origin == "assumed_rate"  # FFmpeg gives none of them
    assert facts["late-start.mp4"][0].start_pts > 0 and facts["late-start.mp4"][1][0].time_s == 0.0
    assert any("size changes" in e.message for e in facts["size-changes.ts"][0].decode_errors)
    assert facts["240-fps.mp4"][1][-1].time_s == pytest.approx(71 / 240, abs=0.002)
    assert facts["one-fps.mp4"][1][-1].time_s == pytest.approx(5.0, abs=0.01)
    assert facts["wide-pixels.mp4"][0].width_px == 140
    assert (facts["odd-size.mkv"][0].width_px, facts["odd-size.mkv"][0].height_px) == (97, 61)
    assert facts["one-pixel.mkv"][0].width_px == 1
    assert facts["timecode.mov"][0].kind == "video" and facts["clip-with-cover.mp4"][0].frames_decoded == 15
