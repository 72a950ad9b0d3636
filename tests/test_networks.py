"""OpenVINO is ready for several threads from the start."""

from __future__ import annotations

import subprocess
import sys

CODE = """
import threading
import numpy as np
from vidcheck import networks
ov = networks.openvino()
together = threading.Barrier(4)
def use():
    together.wait()
    np.asarray(ov.Tensor(np.ones(3, np.float32)).data)
threads = [threading.Thread(target=use) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print("done")
"""


def test_threads_that_use_it_first_together_do_not_wait_for_ever() -> None:
    """Its bridge to numpy is set up before: two threads that set it up together hang."""
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.split() == ["done"]
