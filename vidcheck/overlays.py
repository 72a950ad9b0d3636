"""Frames to texts: the only module that touches the OCR engine.

The clip is looked at cheaply, few frames are read in full, the texts are followed along time, and regions that
hold a clock are read again by recognition alone, once or twice a second. :mod:`vidcheck.text_schedule` chooses
the frames, :mod:`vidcheck.text_reader` reads them, :mod:`vidcheck.text_tracking` joins readings and votes on
them, and :mod:`vidcheck.text_kinds` tells overlay, scene and interface apart.

Engine: RapidOCR with the PP-OCR models that its wheel carries, through OpenVINO (2.4 times as fast as
onnxruntime here, with the same output from the same networks). In large frames of clips, with OpenVINO, texts are
located by our 8-bit form of the wheel's model (``models/text_locator.md``). Nothing is ever downloaded.
"""

from __future__ import annotations

import hashlib
import logging
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from vidcheck import networks, text_schedule, weights
from vidcheck.errors import DependencyError
from vidcheck.hashing import sha256_of
from vidcheck.media import Clip, Frame
from vidcheck.text_reader import TextReader, small_luma
from vidcheck.text_schedule import Sample
from vidcheck.threads import count
from vidcheck.types import Box, JsonObject, OverlayText, Shot, StepResult

U8 = npt.NDArray[np.uint8]
F32 = npt.NDArray[np.float32]

VERSION = "7"
"""Version of this step's code, part of its cache key."""

_PRECISION = {"INFERENCE_PRECISION_HINT": "f32"}

LOCATOR = "text_locator"
"""Name in the model registry of the 8-bit network that locates texts in large frames of clips."""
DETECTOR = "PP-OCRv6_det_small.onnx"
"""The network that it was made from, in RapidOCR's wheel, for everything else."""
RECOGNISER = "PP-OCRv6_rec_small.onnx"

_LARGE_PX = 500_000  # where a clip's frames are larger, a third of a second is spent on compiling for their shape
_LINE_HEIGHT = 48  # the recogniser's input height in pixels
_WIDTH_STEP = 96  # crops are padded to widths of this multiple: every new width costs the runtime a new plan


@dataclass(frozen=True, slots=True)
class OverlaySettings:
    """How much is read, and what is kept."""

    scan_hz: float = 4.0
    """Frames per second of the cheap pass over the luma."""
    scan_side_px: int = 800
    """Long side of the scanned luma, pixels."""
    max_full_reads: int = 40
    """Budget of full-frame reads; what it leaves out is counted."""
    every_s: float = 5.0
    """In moving shots, longest time without a full read, seconds."""
    min_gap_s: float = 0.8
    """Shortest time between two full reads of one shot, seconds."""
    detect_side_px: int = 1280
    """Long side at which text is located, pixels; it is recognised at full size."""
    fine_side_px: int = 1920
    """Long side for the first read of a shot, where small print would be lost at ``detect_side_px``, pixels."""
    fine_reads: int = 4
    """Shots whose first read is a fine one; it costs about twice an ordinary read."""
    clock_hz: float = 2.0
    """How often a region with a clock is read again, per second."""
    max_clock_reads: int = 120
    """Readings of one clock; over a longer clip they are spread evenly."""
    votes: int = 3
    """Readings that a standing text should have."""
    max_region_reads: int = 600
    """Budget of region reads."""
    min_confidence: float = 0.55
    """Engine score under which a line is dropped, 0..1."""
    max_texts: int = 400
    """Texts that are kept, the most often read first."""
    threads: int = 2
    """Threads of the engine."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line that the engine read."""

    box: Box
    """Upright box around it, pixels of the picture that was given."""
    angle_deg: float
    """Slant of its lower edge, degrees."""
    text: str
    """What it says, as the engine returned it."""
    confidence: float
    """The engine's score, 0..1."""


class _LeanLocator:
    """The locating network; for large frames of clips in 8 bits and compiled for their shape.

    A network that takes every shape keeps each intermediate result in memory of its own: 610 MiB for 1920 x 1088. One
    that is compiled for that shape shares memory out beforehand: 240 MiB. In 8 bits it takes half the time and finds a
    twentieth fewer lines in hard photos (``models/text_locator.md``), so photos are left to the network as it was.
    """

    def __init__(self, session: Any, quantised: Path, threads: int) -> None:
        self._session, self._quantised, self._threads = session, quantised, threads
        self._model: Any = None
        self._requests: dict[tuple[int, ...], Any] = {}
        self.lean = False
        """Whether large pictures are left to the 8-bit network, compiled for their shape."""

    def __call__(self, picture: F32) -> F32:
        """Return the probability of text, float32 of shape (1, 1, h, w), of a picture of shape (1, 3, h, w)."""
        if not self.lean or not _is_large(picture.shape):
            return np.asarray(self._session(picture))
        for shape, other in self._requests.items():
            if shape != picture.shape:  # before this shape takes its memory
                other.get_compiled_model().release_memory()
        request = self.request_for(picture.shape)
        request.infer([picture])
        return np.asarray(request.get_output_tensor().data)

    def request_for(self, shape: tuple[int, ...]) -> Any:
        """Return the network compiled for a shape, which takes a third of a second the first time."""
        if shape not in self._requests:
            self._requests[shape] = self._compiled(shape)
        return self._requests[shape]

    def _compiled(self, shape: tuple[int, ...]) -> Any:
        core = networks.openvino().Core()
        if self._model is None:
            self._model = core.read_model(self._quantised)
        model = self._model.clone()
        model.reshape(list(shape))
        settings = {"INFERENCE_NUM_THREADS": self._threads, **_PRECISION}
        return core.compile_model(model, "CPU", settings).create_infer_request()

    def release_memory(self) -> None:
        """Give back what the network keeps for the pictures so far."""
        self._session.session.get_compiled_model().release_memory()
        self._requests.clear()


def _is_large(shape: tuple[int, ...]) -> bool:
    return shape[2] * shape[3] >= _LARGE_PX


def _by_table(locator: Any) -> Any:
    """Return RapidOCR's preparation of a picture for its locating network, with a table of the 256 values of a channel.

    The same to the last bit in a tenth of the time: its own goes by way of 64-bit floats.
    """
    import cv2

    own = locator.get_preprocess()
    values = np.repeat(np.arange(256, dtype=np.uint8)[:, None, None], 3, axis=2)
    tables = np.ascontiguousarray(np.asarray(own.normalize(values), np.float32)[:, 0].T)

    def prepare(picture: U8) -> F32 | None:
        scaled = own.resize(picture)
        if scaled is None:
            return None
        prepared = np.empty((1, 3, *scaled.shape[:2]), np.float32)
        for channel, plane in enumerate(cv2.split(scaled)):
            cv2.LUT(plane, tables[channel], dst=prepared[0, channel])
        return prepared

    def sized() -> Any:
        own.limit_side_len, own.limit_type = locator.limit_side_len, locator.limit_type
        return prepare

    return sized


class OcrEngine:
    """RapidOCR, silent, offline, and with recognition alone as a call of its own.

    Raises
    ------
    DependencyError
        Where the library or a model in its wheel is missing; it never downloads one.
    ModelError
        Where the 8-bit network is missing or altered; with OpenVINO it is asked for although photos do not need it, so
        that a damaged installation is noticed.
    """

    def __init__(self, detect_side_px: int, threads: int) -> None:
        logging.getLogger("RapidOCR").setLevel(logging.CRITICAL)
        # Before anything else is imported: a detector that waits for it can then be compiled meanwhile.
        has_openvino = _has_openvino()
        try:
            import rapidocr
            from rapidocr import EngineType, RapidOCR
            from rapidocr.ch_ppocr_rec import TextRecInput
        except ImportError as error:
            raise DependencyError(f"The text reader cannot be loaded: {error}.") from error
        self._input = TextRecInput
        self._side_px = detect_side_px
        self._lock = threading.Lock()
        models = Path(rapidocr.__file__).parent / "models"
        detector, recogniser = models / DETECTOR, models / RECOGNISER
        for model in (detector, recogniser):
            if not model.is_file():
                raise DependencyError(
                    f"The text reader's model {model.name} is missing from its package.",
                    "Install it again: pip install --force-reinstall 'rapidocr>=3.10,<4'",
                )
        engine = EngineType.OPENVINO if has_openvino else EngineType.ONNXRUNTIME
        hashes = [sha256_of(detector), sha256_of(recogniser)]
        quantised = None
        if engine is EngineType.OPENVINO:
            found = weights.resolve(LOCATOR)
            hashes.append(found.sha256)
            quantised = found.path / "text_locator.xml"
        self.sha256 = hashlib.sha256("".join(hashes).encode()).hexdigest()
        """Over the hashes of the networks."""
        self.runtime: str = engine.value
        params: dict[str, Any] = {
            "Global.log_level": "critical",
            "Global.use_cls": False,
            "Global.text_score": 0.0,
            "Global.max_side_len": 4096,
            "Det.engine_type": engine,
            "Det.model_path": str(detector),
            "Det.limit_type": "max",
            "Det.limit_side_len": detect_side_px,
            "Rec.engine_type": engine,
            "Rec.model_path": str(recogniser),
            "EngineConfig.openvino.inference_num_threads": threads,
            "EngineConfig.onnxruntime.intra_op_num_threads": threads,
        }
        with _no_downloads(), _full_precision(engine is EngineType.OPENVINO):
            try:
                self._engine = RapidOCR(params=params)
                self._engine(np.full((64, 256, 3), 255, dtype=np.uint8))  # models load on the first call
                self._recogniser: Any = self._engine._load_rec_model()
                self._locator: Any = self._engine._load_det_model()
                self._locator.get_preprocess = _by_table(self._locator)
                if quantised is not None:
                    self._locator.session = _LeanLocator(self._locator.session, quantised, threads)
            except DependencyError:
                raise
            except Exception as error:
                raise DependencyError(f"The text reader cannot be started: {error}.") from error

    def prepare(self, size_px: tuple[int, int], side_px: int) -> bool:
        """Do beforehand what a lean :meth:`read` does at the first picture of a size.

        Returns whether the 8-bit network will locate in such pictures.

        Parameters
        ----------
        size_px:
            Width and height of the pictures.
        side_px:
            As for :meth:`read`.
        """
        with self._lock:
            if isinstance(self._locator.session, _LeanLocator):
                self._locator.limit_side_len = side_px
                prepared = self._locator.get_preprocess()(np.zeros((size_px[1], size_px[0], 3), np.uint8))
                if prepared is not None and _is_large(prepared.shape):
                    self._locator.session.request_for(prepared.shape)
                    return True
        return False

    def read(self, picture: U8, side_px: int | None = None, lean: bool = False) -> list[Line]:
        """Locate and read all lines of a picture.

        Parameters
        ----------
        picture:
            uint8 of shape (h, w, 3), blue first.
        side_px:
            Long side at which text is located, pixels; None takes the engine's own.
        lean:
            Locate in large pictures with the 8-bit network: half the time, less memory, a third of a second more for
            the first picture of a shape.
        """
        with self._lock:
            self._locator.limit_side_len = side_px or self._side_px
            if isinstance(self._locator.session, _LeanLocator):
                self._locator.session.lean = lean
            result = self._engine(picture)
        if getattr(result, "txts", None) is None or getattr(result, "boxes", None) is None:
            return []
        lines = []
        for quad, text, score in zip(result.boxes, result.txts, result.scores, strict=True):
            corners = np.asarray(quad, dtype=np.float64)
            box = (
                float(corners[:, 0].min()),
                float(corners[:, 1].min()),
                float(corners[:, 0].max()),
                float(corners[:, 1].max()),
            )
            dx, dy = corners[1] - corners[0]
            lines.append(Line(box, float(np.degrees(np.arctan2(dy, dx))), str(text), float(score)))
        return lines

    def free_memory(self) -> None:
        """Give back what the networks keep for pictures as large as the largest so far, some 200 MB."""
        with self._lock:
            if isinstance(self._locator.session, _LeanLocator):  # with onnxruntime there is nothing to give back
                self._locator.session.release_memory()
                self._recogniser.session.session.get_compiled_model().release_memory()

    def read_regions(self, crops: Sequence[U8]) -> list[tuple[str, float]]:
        """Read crops of one line each, shape (h, w, 3), blue first; returns text and score, 0..1."""
        if not crops:
            return []
        with self._lock:
            result = self._recogniser(self._input(img=[_line_picture(crop) for crop in crops]))
        return [(str(text), float(score)) for text, score in zip(result.txts, result.scores, strict=True)]


_engines: dict[tuple[int, int], OcrEngine] = {}
_engines_lock = threading.Lock()


def engine(settings: OverlaySettings | None = None) -> OcrEngine:
    """Return the engine for these settings, loaded once in a process."""
    chosen = settings or OverlaySettings()
    key = (chosen.detect_side_px, count(chosen.threads))
    with _engines_lock:
        if key not in _engines:
            _engines[key] = OcrEngine(*key)
        return _engines[key]


def warm_up(settings: OverlaySettings) -> None:
    """Load the engine for later; where that fails, whoever needs it is told."""
    with suppress(Exception):  # whatever it is, the step meets it again
        engine(settings)


class Scout:
    """The cheap look at the whole clip: takes every frame in order, measures some.

    Usage: :meth:`process_frame` for each frame; then give it to :func:`read_overlays`.
    """

    def __init__(self, clip: Clip, settings: OverlaySettings) -> None:
        self._clip, self._settings = clip, settings
        self._scanner = text_schedule.Scanner()
        self._next_s = -1.0
        self.samples: list[Sample] = []
        """What was measured, in order of time."""
        self.frames_total = 0
        """Frames that went by."""

    def process_frame(self, frame: Frame) -> None:
        """Measure the frame if it is due."""
        self.frames_total += 1
        if frame.ref.time_s + 1e-6 < self._next_s:
            return
        self._next_s = frame.ref.time_s + 1 / self._settings.scan_hz
        self.samples.append(self._scanner.add(frame.ref, small_luma(frame, self._clip, self._settings.scan_side_px)))


def read_overlays(
    clip: Clip, shots: tuple[Shot, ...], settings: OverlaySettings | None = None, scouted: Scout | None = None
) -> StepResult[tuple[OverlayText, ...]]:
    """Read the texts of a clip or photo.

    Parameters
    ----------
    clip:
        The open clip.
    shots:
        Its shots; without any the clip counts as one.
    settings:
        What to read.
    scouted:
        The cheap look at every frame where it was done already; None looks now.

    Raises
    ------
    DependencyError, ModelError
        Where the OCR engine or its models are missing or altered.
    """
    chosen = settings or OverlaySettings()
    reader = engine(chosen)
    if scouted is None:
        scouted = Scout(clip, chosen)
        for frame in clip.frames():
            scouted.process_frame(frame)
    samples = scouted.samples
    plan = text_schedule.plan_reads(
        samples,
        shots,
        max_reads=chosen.max_full_reads,
        every_s=chosen.every_s,
        min_gap_s=chosen.min_gap_s,
        timeline=clip.timeline(),
    )
    work = TextReader(clip, shots, chosen, reader)
    work.read_frames(plan)
    reader.free_memory()
    work.read_again(samples)
    value = work.finish()
    stats: JsonObject = {
        "frames_read": work.frames_read,
        "frames_read_fine": work.frames_read_fine,
        "frames_total": scouted.frames_total,
        "frames_scanned": len(samples),
        "scans_per_s": chosen.scan_hz,
        "frames_wanted": plan.wanted,
        "frames_left_out": plan.cut,
        "shots_not_read": list(plan.unread_shots),
        "regions_read": work.regions_read,
        "regions_left_out": work.regions_left_out,
        "texts_left_out": work.texts_left_out,
        "located_in_8_bit": work.located_in_8_bit,
        "runtime": reader.runtime,
    }
    located = f"{DETECTOR.split('.')[0]}{' in 8 bit' if work.located_in_8_bit else ''}"
    method = (
        f"RapidOCR (PP-OCR, {located} and {RECOGNISER.split('.')[0]}, {reader.runtime}): "
        f"{work.frames_read} of {scouted.frames_total} frames read in full, {work.regions_read} regions read again"
    )
    return StepResult(value, method, stats, reader.sha256)


def _line_picture(crop: U8) -> U8:
    """Scale a crop to the recogniser's height and pad its width, so that few shapes are ever compiled."""
    import cv2

    height, width = crop.shape[:2]
    scaled = max(8, min(48 * 60, round(width * _LINE_HEIGHT / height)))
    shape = (scaled, _LINE_HEIGHT)
    line = cv2.resize(crop, shape, interpolation=cv2.INTER_CUBIC if height < _LINE_HEIGHT else cv2.INTER_AREA)
    short = -scaled % _WIDTH_STEP
    padded = cv2.copyMakeBorder(line, 0, 0, 0, short, cv2.BORDER_REPLICATE) if short else line
    return np.asarray(padded, dtype=np.uint8)


def _has_openvino() -> bool:
    try:
        networks.openvino()
    except DependencyError:
        return False
    return True


@contextmanager
def _no_downloads() -> Iterator[None]:
    """Turn RapidOCR's wish to download a model into an error while it starts."""
    from rapidocr.utils.download_file import DownloadFile

    def refuse(*_: object, **__: object) -> None:
        raise DependencyError("The text reader wants to download a model, which vidcheck never does.")

    downloader: Any = DownloadFile
    original = downloader.run
    downloader.run = refuse
    try:
        yield
    finally:
        downloader.run = original


@contextmanager
def _full_precision(is_openvino: bool) -> Iterator[None]:
    """Have RapidOCR's networks compute alike on every processor: left to itself, OpenVINO halves where it can."""
    if not is_openvino:
        yield
        return
    from rapidocr.inference_engine.openvino.device_config import CPUConfig

    config: Any = CPUConfig  # it knows no setting for that
    original = config.get_config
    config.get_config = lambda self: original(self) | _PRECISION
    try:
        yield
    finally:
        config.get_config = original
