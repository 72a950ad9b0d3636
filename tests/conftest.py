"""What tests share: the data folder where it is, and one analysis of the demonstration clip for all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from vidcheck import demo, pictures, pipeline, timing
from vidcheck.kept_views import KeptPixels
from vidcheck.types import Analysis


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """The folder of real media, or a skip."""
    folder = os.environ.get("VIDCHECK_DATA")
    if not folder or not Path(folder).is_dir():
        pytest.skip("VIDCHECK_DATA is not set: no real media here")
    return Path(folder)


@pytest.fixture(scope="session")
def demo_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demonstration clip."""
    return demo.make_demo_clip(tmp_path_factory.mktemp("demo") / "demo.mp4")


@pytest.fixture(scope="session")
def demo_settings() -> pipeline.Settings:
    """Settings of the demonstration."""
    return pipeline.Settings(time=timing.TimeSettings(place="Banjarmasin"))


@pytest.fixture(scope="session")
def demo_workdir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The step cache that tests of the demonstration clip share."""
    return tmp_path_factory.mktemp("steps")


@pytest.fixture(scope="session")
def demo_pixels() -> KeptPixels:
    """What the analysis of the demonstration clip keeps of its frames."""
    return KeptPixels(with_faint=True, also=pictures.missing)


@pytest.fixture(scope="session")
def demo_analysis(
    demo_clip: Path, demo_settings: pipeline.Settings, demo_workdir: Path, demo_pixels: KeptPixels
) -> Analysis:
    """The whole analysis of the demonstration clip, made once."""
    return pipeline.analyze(demo_clip, demo_settings, workdir=demo_workdir, pixels=demo_pixels)


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No test reads or writes the cache of whoever runs the tests."""
    monkeypatch.setenv("VIDCHECK_WORKDIR", str(tmp_path_factory.getbasetemp() / "cli-steps"))
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    yield
