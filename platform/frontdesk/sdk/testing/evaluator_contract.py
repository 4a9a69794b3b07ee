"""What every evaluator must do. A plugin's tests subclass it:

class TestContract(EvaluatorContract):
    manifest = plugin.manifest()
    evaluators = plugin.register_evaluators()
"""

from __future__ import annotations

import asyncio
from importlib import import_module
from typing import ClassVar

from ..evaluators import Evaluator, Exchange, Verdict
from ..values import Passage
from .context import context_for

_PASSAGE = Passage(id=1, text="We open at eight. قهوة 4.50", title="Guide", score=1.0, source_id=1, source_name="guide.pdf")
_EXCHANGES = (
    Exchange("When do you open?", "At eight [1].", [_PASSAGE], expected="Eight o'clock.", seconds=0.4),
    Exchange("متى تفتحون؟", "نفتح في الثامنة [1]", [_PASSAGE]),
    Exchange("", ""),
    Exchange("?", "x" * 50_000),
    Exchange("<script>", "\x00 [999] https:// @ ٤٫"),
)
_SECONDS = 5.0


class EvaluatorContract:
    """Verdicts are whole, whatever is judged, and the same twice."""

    module: ClassVar[str]
    """Where the entry point leads: "frontdesk_checks.plugin"."""

    def evaluators(self) -> list[type[Evaluator]]:
        """All that the plugin offers."""
        return list(import_module(self.module).register_evaluators())

    def test_they_have_names(self) -> None:
        offered = self.evaluators()
        assert len({evaluator.slug for evaluator in offered}) == len(offered) > 0
        assert all(evaluator.label and evaluator.description for evaluator in offered)

    async def test_a_verdict_is_a_score_and_a_sentence(self) -> None:
        for evaluator in self.evaluators():
            context = context_for(import_module(self.module).manifest(), evaluator.config_model())
            for exchange in _EXCHANGES:
                async with asyncio.timeout(_SECONDS):
                    verdict = await evaluator().judge(exchange, context)
                assert isinstance(verdict, Verdict)
                assert 0 <= verdict.score <= 1
                assert verdict.passed in (True, False, None)
                assert verdict.reason.strip().endswith((".", "!", "?", "。", "؟"))
                assert await evaluator().judge(exchange, context) == verdict
