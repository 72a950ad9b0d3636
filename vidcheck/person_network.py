"""A YOLO detector run by OpenVINO itself: the same boxes as from ultralytics' predictor, without torch.

The predictor needs torch for the letterbox and the suppression, which costs seconds and 600 MB before the first frame.
The network is compiled for the shape of a clip's frames: that is faster than with free shapes, and 8-bit networks with
free shapes crash on some processors (openvino issue 37577).
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import yaml

from vidcheck import networks, threads
from vidcheck.errors import ModelError
from vidcheck.media import U8

F32 = npt.NDArray[np.float32]

_GREY = 114  # of the borders, as in training
_MOST_BOXES = 600
_MOST_THREADS = 4
_SHAPES_KEPT = 2  # a photo is looked at whole and in tiles


@dataclass
class _Compiled:
    """The network for one shape of input, and its requests that nobody uses just now."""

    network: Any
    free: list[Any] = field(default_factory=list)


class PersonNetwork:
    """One detector. Several threads may look at pictures side by side.

    Parameters
    ----------
    folder:
        OpenVINO files as ultralytics exports them, ``metadata.yaml`` beside the ``.xml``; hashes already verified.

    Raises
    ------
    ModelError
        Where they cannot be read.
    DependencyError
        Where OpenVINO is missing.
    """

    def __init__(self, folder: Path) -> None:
        ov = networks.openvino()
        path = next(iter(sorted(folder.glob("*.xml"))), None)
        if path is None:
            raise ModelError(f"{folder} holds no OpenVINO model.")
        self._path, self._core = path, ov.Core()
        try:
            described = yaml.safe_load((folder / "metadata.yaml").read_text("utf-8"))
            shape = self._core.read_model(path).input(0).get_partial_shape()
        except (OSError, yaml.YAMLError, RuntimeError) as error:
            raise ModelError(f"The detector {folder} cannot be loaded: {str(error).splitlines()[0]}") from error
        self._stride = int(described.get("stride", 32))
        self._suppresses_itself = bool(described.get("end2end", False))
        self._fixed = None if shape[2].is_dynamic else (int(shape[2].get_length()), int(shape[3].get_length()))
        self._threads = threads.count(_MOST_THREADS)
        self._lock = threading.Lock()
        self._compiled: dict[tuple[int, int], _Compiled] = {}

    def look_at(
        self,
        picture: U8,
        *,
        input_px: int,
        confidence: float,
        iou: float,
        size_px: tuple[int, int] | None = None,
    ) -> tuple[F32, F32]:
        """Return boxes (n, 4), xyxy pixels of the picture, and scores (n,), the surest first.

        Parameters
        ----------
        picture:
            uint8 of shape (h, w, 3), blue first.
        input_px:
            Long side of the network's input, pixels; a network of fixed shape keeps its own.
        confidence:
            Scores must be greater.
        iou:
            Intersection over union above which the weaker of two boxes is dropped.
        size_px:
            Width and height that the picture had before it was scaled to :meth:`scaled_px`; the boxes lie in that.

        Raises
        ------
        ModelError
            Where the network cannot be compiled or fails.
        """
        width, height = size_px or (picture.shape[1], picture.shape[0])
        boxed, inside, corner = self._letterbox(picture, input_px)
        planes = np.ascontiguousarray(boxed[..., ::-1].transpose(2, 0, 1))
        raw = self._infer(planes[None].astype(np.float32) / np.float32(255))
        if self._suppresses_itself:
            found = raw[0][(raw[0][:, 4] > confidence) & (raw[0][:, 5] == 0)]
            boxes, scores = found[:, :4], found[:, 4]
        else:
            boxes, scores = _of_people(raw[0], confidence)
            kept = _suppress(boxes, scores, iou)[:_MOST_BOXES]
            boxes, scores = boxes[kept], scores[kept]
        boxes[:, 0::2] = np.clip((boxes[:, 0::2] - corner[0]) / np.float32(inside[0] / width), 0, width)
        boxes[:, 1::2] = np.clip((boxes[:, 1::2] - corner[1]) / np.float32(inside[1] / height), 0, height)
        return boxes, scores

    def prepare(self, width: int, height: int, input_px: int) -> None:
        """Compile the network for pictures of this size.

        Raises
        ------
        ModelError
            Where that fails.
        """
        self._for_shape(self._boxed_shape(width, height, input_px)[0])

    def scaled_px(self, width: int, height: int, input_px: int) -> tuple[int, int]:
        """Width and height to which a picture is scaled, by linear interpolation, before the network sees it."""
        tall, wide = self._input_shape(input_px)
        scale = min(tall / height, wide / width)
        return (max(round(width * scale), 1), max(round(height * scale), 1))

    def _input_shape(self, input_px: int) -> tuple[int, int]:
        """Height and width of the input's frame."""
        side = -(-input_px // self._stride) * self._stride
        return self._fixed or (side, side)

    def _boxed_shape(self, width: int, height: int, input_px: int) -> tuple[tuple[int, int], tuple[int, int]]:
        """Height and width of a picture of this size with its grey borders, and width and height inside them."""
        tall, wide = self._input_shape(input_px)
        inside = self.scaled_px(width, height, input_px)
        if self._fixed is None:  # no more border than fills the last stride
            tall, wide = inside[1] + (tall - inside[1]) % self._stride, inside[0] + (wide - inside[0]) % self._stride
        return (tall, wide), inside

    def _letterbox(self, picture: U8, input_px: int) -> tuple[U8, tuple[int, int], tuple[int, int]]:
        """Scale into the input's shape; also width and height inside the grey borders, and the top left corner."""
        import cv2

        height, width = picture.shape[:2]
        (tall, wide), inside = self._boxed_shape(width, height, input_px)
        across, down = wide - inside[0], tall - inside[1]
        left, top = round(across / 2 - 0.1), round(down / 2 - 0.1)
        if inside != (width, height):
            picture = np.asarray(cv2.resize(picture, inside, interpolation=cv2.INTER_LINEAR), np.uint8)
        boxed = cv2.copyMakeBorder(
            picture, top, down - top, left, across - left, cv2.BORDER_CONSTANT, value=(_GREY, _GREY, _GREY)
        )
        return np.asarray(boxed, np.uint8), inside, (left, top)

    def _infer(self, batch: F32) -> F32:
        compiled = self._for_shape((batch.shape[2], batch.shape[3]))
        with self._lock:
            request = compiled.free.pop() if compiled.free else compiled.network.create_infer_request()
        try:
            result = np.array(request.infer([batch])[0], dtype=np.float32)
        except RuntimeError as error:
            raise ModelError(f"The detector {self._path} failed: {str(error).splitlines()[0]}") from error
        with self._lock:
            compiled.free.append(request)
        return result

    def _for_shape(self, shape: tuple[int, int]) -> _Compiled:
        settings = {
            "INFERENCE_PRECISION_HINT": "f32",  # half precision on newer processors would change the last digits
            # One look after the other, each as fast as can be: what one shows decides when the next is due. Two at a
            # time would get no more done.
            "NUM_STREAMS": 1,
            "INFERENCE_NUM_THREADS": self._threads,
        }
        with self._lock:
            if shape not in self._compiled:
                while len(self._compiled) >= _SHAPES_KEPT:
                    del self._compiled[next(iter(self._compiled))]
                try:
                    model = self._core.read_model(self._path)
                    model.reshape([1, 3, *shape])
                    self._compiled[shape] = _Compiled(self._core.compile_model(model, "CPU", settings))
                except RuntimeError as error:
                    said = str(error).splitlines()[0]
                    raise ModelError(f"The detector {self._path} cannot be loaded: {said}") from error
            return self._compiled[shape]


def _of_people(raw: F32, confidence: float) -> tuple[F32, F32]:
    """Boxes (xyxy) and scores of the first class, where it is the likeliest; ``raw`` is (4 + classes, candidates)."""
    best = raw[4:].max(axis=0)
    rows = np.flatnonzero((raw[4] > confidence) & (raw[4] >= best))
    x, y, width, height = raw[:4, rows]
    boxes = np.stack((x - width / 2, y - height / 2, x + width / 2, y + height / 2), axis=1)
    return boxes, raw[4, rows]


def _suppress(boxes: F32, scores: F32, iou: float) -> npt.NDArray[np.intp]:
    """Greedy non-maximum suppression: rows to keep, the surest first."""
    order = np.argsort(-scores, kind="stable")
    x1, y1, x2, y2 = boxes[order].T
    area = (x2 - x1) * (y2 - y1)
    alive = np.ones(len(order), dtype=bool)
    for i in range(len(order)):
        if not alive[i]:
            continue
        rest = slice(i + 1, None)
        across = np.minimum(x2[i], x2[rest]) - np.maximum(x1[i], x1[rest])
        down = np.minimum(y2[i], y2[rest]) - np.maximum(y1[i], y1[rest])
        shared = np.maximum(across, 0) * np.maximum(down, 0)
        alive[rest] &= ~(shared > iou * (area[i] + area[rest] - shared))
    kept: npt.NDArray[np.intp] = order[alive]
    return kept
