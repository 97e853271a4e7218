"""Open ONNX graphs the way a server with several threads wants them."""

from __future__ import annotations

from pathlib import Path

import onnxruntime


def open_session(file: Path, threads: int = 0) -> onnxruntime.InferenceSession:
    """A session on the CPU, safe to share by threads.

    Args:
        file: the graph.
        threads: cores one call may use; 0 for all.

    Raises:
        Exception: onnxruntime's own, of no common class, if the file is missing or no
            graph.
    """
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = threads
    # Requests run side by side; threads that spin while waiting would take the cores
    # from each other.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
