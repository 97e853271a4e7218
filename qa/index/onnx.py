"""Open ONNX graphs the way a server with several threads wants them."""

from __future__ import annotations

from pathlib import Path

import onnxruntime


def open_session(file: Path) -> onnxruntime.InferenceSession:
    """A session on the CPU, safe to share by threads.

    Raises:
        Exception: onnxruntime's own, of no common class, if the file is missing or no
            graph.
    """
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    # Requests run side by side; threads that spin while waiting would take the cores
    # from each other.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
