"""PlaygroundProblem: why a question has no answer, in words for a person."""

from __future__ import annotations


class PlaygroundProblem(Exception):
    """A question that cannot be answered: what is wrong, and what to do."""

    def __init__(self, problem: str, hint: str = "") -> None:
        super().__init__(problem)
        self.problem = problem
        self.hint = hint

    @property
    def answer(self) -> dict[str, str]:
        """The problem as the page is told it."""
        return {"problem": self.problem, "hint": self.hint} if self.hint else {"problem": self.problem}
