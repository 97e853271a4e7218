"""The span reader's network: a BERT encoder with span outputs and a relevance output."""

from __future__ import annotations

from pathlib import Path

from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from transformers import AutoConfig, BertConfig, BertModel


class SpanReader(nn.Module):
    """Start and end logits for every token, and whether the passage answers at all.

    The last one, ``relevance``, is read from ``[CLS]``: one pass both ranks the
    passage and reads it.
    """

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        self.config = config
        self.bert = BertModel(config, add_pooling_layer=False)
        self.qa_outputs = nn.Linear(config.hidden_size, 2)
        self.relevance = nn.Linear(config.hidden_size, 1)

    def forward(
        self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Logits of shapes ``(batch, tokens)``, ``(batch, tokens)`` and ``(batch,)``."""
        hidden = self.bert(
            input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids
        ).last_hidden_state
        start, end = self.qa_outputs(hidden).unbind(-1)
        return start, end, self.relevance(hidden[:, 0]).squeeze(-1)

    @classmethod
    def from_folder(cls, folder: Path, dropout: float = 0.0) -> SpanReader:
        """Load an encoder, a question-answering checkpoint or an earlier reader.

        ``dropout`` is of the hidden states; attention keeps all weights, because
        dropping them costs a third of the speed on a CPU.

        Weights the file lacks (the outputs, for a plain encoder) start at random;
        weights the encoder lacks are an error.
        """
        config = AutoConfig.from_pretrained(folder)
        # Fused attention has a slow backward pass on CPUs: plain attention trains
        # 1.5 times as many questions a second.
        config._attn_implementation = "eager"
        config.hidden_dropout_prob, config.attention_probs_dropout_prob = dropout, 0.0
        model = cls(config)
        weights = {
            name if name.startswith(("bert.", "qa_outputs.", "relevance.")) else f"bert.{name}": w
            for name, w in load_file(folder / "model.safetensors").items()
        }
        missing, unexpected = model.load_state_dict(
            {name: w.float() for name, w in weights.items() if ".pooler." not in name},
            strict=False,
        )
        lost = [name for name in missing if name.startswith("bert.")]
        if lost or [name for name in unexpected if "position_ids" not in name]:
            raise ValueError(f"{folder}: not a BERT encoder (missing {lost}, unknown {unexpected})")
        return model

    def save(self, folder: Path) -> None:
        """Write ``config.json`` and ``model.safetensors`` (half precision)."""
        folder.mkdir(parents=True, exist_ok=True)
        self.config.architectures = [type(self).__name__]
        self.config.save_pretrained(folder)
        state = {name: w.detach().half().contiguous() for name, w in self.state_dict().items()}
        save_file(state, folder / "model.safetensors")
