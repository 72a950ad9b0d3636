"""Load OpenVINO, and compile a network for the processor, with its precision and number of threads."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import numpy as np

from vidcheck import threads
from vidcheck.errors import DependencyError, ModelError

_MOST_THREADS = 2
_first_use = threading.Lock()


def openvino() -> Any:
    """Return the module ``openvino``, ready for several threads.

    Its bridge to numpy sets itself up on first use. Two threads that come there together wait for each other for ever:
    one holds the interpreter's lock, the other that of the set-up. So one thread uses it once before anybody can.

    Raises
    ------
    DependencyError
        Where OpenVINO is missing.
    """
    with _first_use:
        try:
            import openvino as ov
        except ImportError as error:
            raise DependencyError(f"OpenVINO cannot be loaded ({error}).") from error
        np.asarray(ov.Tensor(np.zeros(1, np.float32)).data)
    return ov


def compile_for_cpu(path: Path, sha256: str, batch: int | None = None) -> Any:
    """Return an ONNX or OpenVINO file compiled by OpenVINO.

    Full precision on every processor: half precision on newer ones would change the last digits.

    Parameters
    ----------
    path:
        The file, whose hash was verified.
    sha256:
        That hash, for the message.
    batch:
        Fixes the first side of every input: OpenVINO has faster kernels where it knows all sides. None leaves it open.

    Raises
    ------
    ModelError
        Where it cannot be read.
    DependencyError
        Where OpenVINO is missing.
    """
    ov = openvino()
    settings = {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": threads.count(_MOST_THREADS)}
    try:
        core = ov.Core()
        model = core.read_model(path)
        if batch is not None:
            model.reshape({port: [batch, *list(port.get_partial_shape())[1:]] for port in model.inputs})
        return core.compile_model(model, "CPU", settings)
    except RuntimeError as error:
        said = str(error).splitlines()[0]
        raise ModelError(f"{path} (SHA-256 {sha256[:16]}…) cannot be loaded: {said}") from error
