"""Open ONNX graphs the way a server with several threads wants them."""

from __future__ import annotations

from pathlib import Path
from typing import TypeAlias

import onnxruntime

Session: TypeAlias = onnxruntime.InferenceSession


def open_session(file: Path, threads: int = 0) -> Session:
    """A session on the CPU, safe to share by threads.

    Args:
        file: the graph.
        threads: that work together on one run; 0 for one a core.

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
    session: Session = onnxruntime.InferenceSession(
        str(file), options, providers=["CPUExecutionProvider"]
    )
    return session
