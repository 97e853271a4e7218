"""What the service counts about itself."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Histogram

from qa.types import Reply

_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


class Metrics:
    """Counters in a registry of their own, so that two apps in one process don't clash."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._questions = Counter(
            "qa_questions", "Questions by outcome", ["outcome"], registry=self.registry
        )
        self._seconds = Histogram(
            "qa_stage_seconds",
            "Time by stage of answering",
            ["stage"],
            buckets=_BUCKETS,
            registry=self.registry,
        )

    def observe(self, reply: Reply) -> None:
        """Count a reply."""
        self._questions.labels(reply.reason or "answered").inc()
        for stage, ms in reply.took_ms.items():
            self._seconds.labels(stage).observe(ms / 1000)
