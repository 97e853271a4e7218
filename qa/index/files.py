"""Small things done with files in more than one place."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer


def file_sha256(path: Path) -> str:
    """Hex SHA-256 of a file.

    Raises:
        OSError: it can't be read.
    """
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def file_hashes(folder: Path) -> dict[str, str]:
    """SHA-256 of every file below a folder, by relative path in a fixed order.

    Raises:
        OSError: one can't be read.
    """
    return {
        path.relative_to(folder).as_posix(): file_sha256(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def mapped(file: Path) -> NDArray[Any]:
    """An array in a ``.npy`` file, mapped into memory.

    A plain view of the map: every slice of a map itself costs a microsecond more.

    Raises:
        OSError, ValueError, EOFError: it is missing or no such file.
    """
    return np.asarray(np.load(file, mmap_mode="r", allow_pickle=False))


def whole_tokenizer(folder: Path) -> Tokenizer:
    """A folder's tokenizer, neither cutting texts off nor padding them."""
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer
