"""Small things done with files in more than one place."""

from __future__ import annotations

import functools
import hashlib
import sys
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from qa.errors import ModelError

# Folder of the program's rooms.
PROGRAM = Path(__file__).parent.parent
# What documents are read, cut and put into terms with, besides the project's own code.
_PACKAGES = (
    "PyStemmer",
    "PyYAML",
    "charset-normalizer",
    "lxml",
    "mammoth",
    "markdown-it-py",
    "mdit-py-plugins",
    "pypdfium2",
    "python-frontmatter",
    "regex",
    "sentencex",
    "tokenizers",
)
# What those rooms take from the modules below them.
_FOUNDATION = ("control.py", "errors.py", "types.py")


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


def code_sha256(rooms: Iterable[str]) -> str:
    """Hash of all files of some of the program's rooms, data included."""
    digest = hashlib.sha256()
    for room in rooms:
        for name, found in file_hashes(PROGRAM / room).items():
            if "__pycache__" not in name:
                digest.update(f"{room}/{name} {found}\n".encode())
    return digest.hexdigest()


@functools.cache
def indexing_code() -> str:
    """Hash of the code that makes passages and terms of files, libraries' versions included."""
    versions = [f"{name} {version(name)}" for name in _PACKAGES]
    foundation = [file_sha256(PROGRAM / name) for name in _FOUNDATION]
    # Python knows what characters are.
    code = " ".join([code_sha256(("ingest", "index")), *foundation, *versions, sys.version])
    return hashlib.sha256(code.encode()).hexdigest()


def mapped(file: Path) -> NDArray[Any]:
    """An array in a ``.npy`` file, mapped into memory.

    A plain view of the map: every slice of a map itself costs a microsecond more.

    Raises:
        OSError, ValueError, EOFError: it is missing or no such file.
    """
    return np.asarray(np.load(file, mmap_mode="r", allow_pickle=False))


def whole_tokenizer(folder: Path) -> Tokenizer:
    """A folder's tokenizer, neither cutting texts off nor padding them.

    Raises:
        ModelError: it is missing or damaged.
    """
    file = folder / "tokenizer.json"
    try:
        tokenizer = Tokenizer.from_file(str(file))
    except Exception as error:  # the library has no narrower one
        reason = " ".join(str(error).split())[:120]
        raise ModelError(f"{file}: not a usable tokenizer: {reason}") from None
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer
