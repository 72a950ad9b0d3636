"""Write video with the bundled ffmpeg, through ffmpeg-python: the only module that runs ffmpeg."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from vidcheck.errors import DependencyError

U8 = npt.NDArray[np.uint8]


def ffmpeg_binary() -> str:
    """Return the path of the bundled ffmpeg.

    Raises
    ------
    DependencyError
        Where the wheel that carries it is missing.
    """
    try:
        import imageio_ffmpeg

        return str(imageio_ffmpeg.get_ffmpeg_exe())
    except (ImportError, RuntimeError) as error:
        raise DependencyError(f"No ffmpeg binary: {error}.") from error


def write_video(
    path: Path,
    frames: Iterable[U8],
    *,
    fps: float,
    metadata: dict[str, str] | None = None,
    crf: int = 23,
    options: dict[str, str] | None = None,
) -> None:
    """Encode BGR frames of equal shape (height, width, 3) to H.264 (or by file ending), without sound.

    Parameters
    ----------
    path:
        Where to write; an existing file is replaced.
    frames:
        uint8 pictures, blue first, even sides.
    fps:
        Frames per second.
    metadata:
        Container tags.
    crf:
        H.264 constant rate factor, 0 (lossless) to 51.
    options:
        More ffmpeg output options.

    Raises
    ------
    OSError
        Where ffmpeg fails, with its last words.
    """
    import ffmpeg

    pictures = iter(frames)
    first = next(pictures)
    height, width = first.shape[:2]
    output: dict[str, Any] = {"pix_fmt": "yuv420p", **(options or {})}
    if path.suffix.lower() in {".mp4", ".mov", ".mkv", ".3gp"}:
        output = {"vcodec": "libx264", "crf": crf, "preset": "veryfast", **output}
    for number, (key, value) in enumerate((metadata or {}).items()):
        output[f"metadata:g:{number}"] = f"{key}={value}"
    process = (
        ffmpeg.input("pipe:", format="rawvideo", pix_fmt="bgr24", s=f"{width}x{height}", framerate=fps)
        .output(os.fspath(path), **output)
        .overwrite_output()
        .global_args("-loglevel", "error", "-nostdin", "-bitexact")
        .run_async(cmd=ffmpeg_binary(), pipe_stdin=True, pipe_stderr=True, quiet=False)
    )
    try:
        process.stdin.write(np.ascontiguousarray(first).tobytes())
        for picture in pictures:
            process.stdin.write(np.ascontiguousarray(picture).tobytes())
        process.stdin.close()
    except BrokenPipeError:
        pass  # ffmpeg has died; its last words follow
    message = process.stderr.read().decode("utf-8", "replace").strip()
    process.stderr.close()
    if process.wait() != 0:
        raise OSError(f"ffmpeg could not write {path}: {message.splitlines()[-1] if message else 'no reason given'}")
