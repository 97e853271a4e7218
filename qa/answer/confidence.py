"""How probable it is that an answer is right."""

from __future__ import annotations

import math
from collections.abc import Mapping
from importlib import resources
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from qa.errors import ModelError

Fraction = Annotated[float, Field(ge=0.0, le=1.0)]


class Point(BaseModel):
    """One row of the calibration table: what answering at a threshold gave.

    On the questions the calibration was fitted on, of articles on whose questions no reader was
    trained.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    threshold: Fraction
    precision: Fraction
    coverage: Fraction


class Calibration(BaseModel):
    """Logistic regression over a candidate's evidence (Platt, 1999), with its table.

    Fitted on held-out training articles, end to end; see ``qa.train``.

    Attributes:
        weights: by feature name.
        limits: lowest and highest value seen in fitting, by feature name; values
            beyond are brought to the limit, so that an odd input can't claim more
            certainty than the data ever showed.
        table: by rising threshold.
        gap_threshold: the lead over the null score from which a passage known to be
            the right one is taken to answer; fitted on held-out ones, as many that
            answer as that don't.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    reader: str
    bias: float
    weights: dict[str, float]
    limits: dict[str, tuple[float, float]]
    table: list[Point]
    gap_threshold: float = 0.0

    def probability(self, features: Mapping[str, float]) -> float:
        """Probability in [0, 1] that the candidate is right."""
        total = self.bias
        for name, weight in self.weights.items():
            low, high = self.limits[name]
            # In this order NaN becomes the lower limit.
            total += weight * min(max(low, features[name]), high)
        return 1 / (1 + math.exp(-total))

    @property
    def highest_precision(self) -> float:
        """The highest share of right answers that the table has a threshold for."""
        return max(point.precision for point in self.table)

    def threshold(self, target_precision: float) -> float:
        """The lowest confidence to answer at for this share of right answers.

        Where no row of the table reaches the target, that of the highest precision.
        """
        reaching = [point for point in self.table if point.precision >= target_precision]
        if reaching:
            return reaching[0].threshold
        return max(self.table, key=lambda p: (p.precision, p.threshold)).threshold


def shipped(reader: str) -> Calibration:
    """The calibration that ships for a reader.

    Raises:
        ModelError: there is none.
    """
    file = resources.files("qa.answer").joinpath("data", f"{reader}-calibration.json")
    try:
        return Calibration.model_validate_json(file.read_bytes())
    except FileNotFoundError:
        raise ModelError(
            f"no calibration ships for the reader {reader!r}; fit one with qa.train"
        ) from None
    except ValidationError:
        raise ModelError(
            f"the calibration of the reader {reader!r} is damaged; reinstall"
        ) from None
