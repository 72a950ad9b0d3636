"""Person detectors: which one is used, how it is loaded, and what may run it.

The network that ships runs in OpenVINO (:mod:`vidcheck.person_network`); official weights are converted to it once, and
run in torch where that fails.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from vidcheck import weights
from vidcheck.errors import DependencyError, ModelError
from vidcheck.media import U8
from vidcheck.person_network import PersonNetwork

F32 = npt.NDArray[np.float32]


class Network(Protocol):
    """What looks at a picture: OpenVINO, or torch for weights that could not be converted."""

    def prepare(self, width: int, height: int, input_px: int) -> None:
        """Do beforehand what the first look at a picture of this size does."""

    def look_at(
        self,
        picture: U8,
        *,
        input_px: int,
        confidence: float,
        iou: float,
        size_px: tuple[int, int] | None = None,
    ) -> tuple[F32, F32]:
        """Return boxes (n, 4), xyxy pixels, and scores (n,), the surest first.

        Where the picture was scaled by :meth:`scaled_px`, ``size_px`` is the width and height that it was scaled from.
        """

    def scaled_px(self, width: int, height: int, input_px: int) -> tuple[int, int] | None:
        """Width and height to which a picture is scaled, by linear interpolation, before the network sees it."""


def prepare_ultralytics() -> None:
    """Give ultralytics a settings folder of its own; must run before its first import in the process.

    Its offline switches are set by :mod:`vidcheck.offline`. Its settings file is of no use here, and the home folder
    may be read-only.
    """
    import tempfile

    user = os.getuid() if hasattr(os, "getuid") else 0
    os.environ.setdefault("YOLO_CONFIG_DIR", str(Path(tempfile.gettempdir()) / f"vidcheck-ultralytics-{user}"))
    Path(os.environ["YOLO_CONFIG_DIR"]).mkdir(parents=True, exist_ok=True)


def choose(name: str) -> weights.ResolvedModel:
    """Resolve ``auto`` or a name or path to a verified detector."""
    if name != "auto":
        return weights.resolve(name)
    return weights.resolve("yolo11n" if weights.find("yolo11n") else "person")


class TorchNetwork:
    """Weights in torch, through ultralytics' own predictor."""

    def __init__(self, path: Path) -> None:
        self._model = ultralytics_yolo()(str(path), task="detect")

    def prepare(self, width: int, height: int, input_px: int) -> None:
        """It takes pictures of every size."""

    def scaled_px(self, width: int, height: int, input_px: int) -> None:
        """It scales pictures by itself."""

    def look_at(
        self,
        picture: U8,
        *,
        input_px: int,
        confidence: float,
        iou: float,
        size_px: tuple[int, int] | None = None,
    ) -> tuple[F32, F32]:
        """Return boxes and scores; see :class:`Network`."""
        (found,) = self._model.predict(
            [picture], imgsz=input_px, conf=confidence, iou=iou, classes=[0], max_det=600, verbose=False, device="cpu"
        )
        boxes = np.asarray(found.boxes.xyxy.cpu().numpy(), dtype=np.float32).reshape(-1, 4)
        return boxes, np.asarray(found.boxes.conf.cpu().numpy(), dtype=np.float32)


@cache
def load(path: Path) -> Network:
    """Load a detector, once per process."""
    if path.suffix == ".pt":
        path = _as_openvino(path)
    try:
        return PersonNetwork(path) if path.is_dir() else TorchNetwork(path)
    except (ModelError, DependencyError):
        raise
    except Exception as error:  # the loader raises whatever its backends raise
        raise ModelError(f"The detector {path} cannot be loaded: {str(error).splitlines()[0]}") from error


def ultralytics_yolo() -> Any:
    """Return ultralytics' ``YOLO``, kept from the network and from the home folder."""
    prepare_ultralytics()
    try:
        from ultralytics import YOLO
        from ultralytics.utils import patches
    except (ImportError, OSError) as error:
        raise DependencyError(f"ultralytics cannot be loaded: {error}.") from error
    # It replaces PIL.Image.open by a version that wants to install a HEIC plug-in whenever a file is no picture;
    # vidcheck brings its own plug-in.
    patches._pil_plugins_registered = True
    return YOLO


def _as_openvino(path: Path) -> Path:
    """Return the OpenVINO form of PyTorch weights, made once and kept; the weights themselves where that fails.

    OpenVINO is what CPU inference goes through; torch runs the same weights, only slower.
    """
    import logging
    import shutil
    import tempfile

    target = weights.user_folder() / "converted" / f"{weights.hash_of(path)[:16]}_openvino_model"
    if target.is_dir():
        return target
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent) as folder:
            copy = Path(shutil.copy(path, folder))
            made = Path(
                ultralytics_yolo()(str(copy), task="detect").export(format="openvino", dynamic=True, verbose=False)
            )
            made.rename(target)
    except Exception as error:  # whatever the exporter raises: torch still runs the weights, only slower
        logging.getLogger(__name__).warning("%s runs in torch, OpenVINO export failed: %s", path.name, error)
        return path
    return target
