"""Any Hugging Face question-answering model as a reader, exported on first use.

Imported only when the configuration names such a model; it needs torch and
transformers once, and what it writes is read without them.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import torch
from transformers import AutoConfig, AutoModelForQuestionAnswering, AutoTokenizer

from qa.answer.span_reader import LAYOUT_FILE
from qa.errors import ModelError
from qa.index.encoder import INPUTS
from qa.index.models import from_hub
from qa.index.tracing import trace


def export(name: str, target: Path) -> None:
    """Write a model's ONNX file, tokenizer and layout into a folder, all or nothing.

    Args:
        name: a folder, or a name on the model hub.
        target: the folder to make.

    Raises:
        ModelError: there is no such model, it is damaged or answers no questions, its
            tokenizer gives no offsets, or it can't be exported.
    """
    files = Path(name) if Path(name).is_dir() else from_hub("answering.reader", name, "span")
    try:
        config = AutoConfig.from_pretrained(files)
        architectures = config.architectures or []
        if not any("QuestionAnswering" in architecture for architecture in architectures):
            raise ModelError(
                f"answering.reader {name!r} is a {', '.join(architectures) or 'model'}, "
                "not one for question answering"
            )
        tokenizer: Any = AutoTokenizer.from_pretrained(files, use_fast=True)
        config._attn_implementation = "eager"
        # Other weights are pickles, which run what they please.
        model = AutoModelForQuestionAnswering.from_pretrained(
            files, config=config, use_safetensors=True
        ).eval()
    except ModelError:
        raise
    except Exception as error:  # loading weights of another shape, or damaged ones, has its own
        raise ModelError(
            f"answering.reader {name!r}: can't be loaded ({' '.join(str(error).split())[:120]})"
        ) from None
    if not tokenizer.is_fast or tokenizer.cls_token_id is None:
        raise ModelError(f"answering.reader {name!r}: its tokenizer gives no offsets")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent) as folder:
            _export(model, tokenizer, Path(folder))
            shutil.rmtree(target, ignore_errors=True)
            shutil.copytree(folder, f"{target}.new", dirs_exist_ok=True)
            os.rename(f"{target}.new", target)
    except Exception as error:  # torch has many
        raise ModelError(
            f"answering.reader {name!r}: can't be exported to {target.parent} "
            f"({' '.join(str(error).split())[:120]})"
        ) from None


def _export(model: Any, tokenizer: Any, folder: Path) -> None:
    names = [name for name in INPUTS if name in tokenizer.model_input_names]
    pair = tokenizer("a b", "c d", return_tensors="pt")
    trace(
        _Logits(model, names),
        tuple(pair[name] for name in names),
        folder / "model.onnx",
        names,
        ["start_logits", "end_logits"],
    )
    tokenizer.backend_tokenizer.save(str(folder / "tokenizer.json"))
    ids = pair["input_ids"][0].tolist()
    separator = tokenizer.sep_token_id
    between = ids[:-1].count(separator)
    layout = {"cls": tokenizer.cls_token_id, "between": [separator] * between}
    (folder / LAYOUT_FILE).write_text(json.dumps(layout))


class _Logits(torch.nn.Module):
    """The two outputs as a tuple, inputs by position."""

    def __init__(self, model: Any, names: list[str]) -> None:
        super().__init__()
        self.model = model
        self.names = names

    def forward(self, *tensors: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        output = self.model(**dict(zip(self.names, tensors, strict=True)))
        return output.start_logits, output.end_logits
