"""What made a result: vidcheck with the hash of its code, Python, the system, and the libraries that decide results."""

from __future__ import annotations

import hashlib
import importlib.metadata
import platform
from functools import cache
from pathlib import Path

from vidcheck.hashing import sha256_of


@cache
def code_sha256() -> str:
    """Return the SHA-256 over vidcheck's own files, without models: a version number can stand on changed code."""
    root = Path(__file__).parent
    whole = hashlib.sha256()
    for path in sorted(root.rglob("*")):
        parts = path.relative_to(root).parts
        if path.is_file() and not {"__pycache__", "_models"} & set(parts):
            whole.update(f"{'/'.join(parts)}\n{sha256_of(path)}\n".encode())
    return whole.hexdigest()


def tool_versions() -> dict[str, str]:
    """Return vidcheck with the hash of its code, Python, the system, and the libraries that decide results."""
    names = (
        "vidcheck",
        "av",
        "numpy",
        "opencv-python-headless",
        "openvino",
        "torch",
        "ultralytics-opencv-headless",
        "rapidocr",
    )
    versions = {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "vidcheck code (SHA-256)": code_sha256(),
    }
    for name in names:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            versions[name] = "not installed"
    return versions
