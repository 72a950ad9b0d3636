"""Keep the libraries offline: nothing about a case leaves the machine, nothing is installed behind anybody's back.

Runs when ``vidcheck`` is imported, before any of them can be.
"""

from __future__ import annotations

import os
import sys


def keep_offline() -> None:
    """Switch off analytics, network look-ups and self-installation of the libraries that have them.

    * ultralytics looks for a network, sends analytics, and installs packages that it misses.
    * openvino sends analytics on import through ``openvino_telemetry``, without asking, and leaves an identifier in the
      home folder; where that module cannot be imported, it uses a stub of its own.
    """
    os.environ["YOLO_OFFLINE"] = "true"
    os.environ["YOLO_AUTOINSTALL"] = "false"
    os.environ["YOLO_VERBOSE"] = "false"
    if "openvino_telemetry" not in sys.modules:
        sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]
