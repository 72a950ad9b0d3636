"""Compile a network for the processor; the only place that decides precision and number of threads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from vidcheck import threads
from vidcheck.errors import DependencyError, ModelError

_MOST_THREADS = 2


def compile_for_cpu(path: Path, sha256: str) -> Any:
    """Return an ONNX or OpenVINO file compiled by OpenVINO.

    Full precision on every processor: half precision on newer ones would change the last digits.

    Parameters
    ----------
    path:
        The file, whose hash was verified.
    sha256:
        That hash, for the message.

    Raises
    ------
    ModelError
        Where it cannot be read.
    DependencyError
        Where OpenVINO is missing.
    """
    try:
        import openvino as ov
    except ImportError as error:
        raise DependencyError(f"OpenVINO cannot be loaded ({error}).") from error
    settings = {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": threads.count(_MOST_THREADS)}
    try:
        return ov.Core().compile_model(path, "CPU", settings)
    except RuntimeError as error:
        said = str(error).splitlines()[0]
        raise ModelError(f"{path} (SHA-256 {sha256[:16]}…) cannot be loaded: {said}") from error
