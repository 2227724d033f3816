"""What a test or an interval says, with all that is needed to doubt it."""

from dataclasses import dataclass

FEW = 8
"""Tasks below which differences of methods are not told from chance."""


@dataclass(frozen=True)
class Verdict:
    """One finding; its text names the test, alpha and number of tasks.

    Attributes:
        test: Its name.
        finding: What came out, in words and figures.
        alpha: Chance of a false finding that was accepted beforehand.
        tasks: How many tasks it rests on.
        p: Its p-value (adjusted, where several were made); None for intervals.
        note: What it leaves out.
    """

    test: str
    finding: str
    alpha: float
    tasks: int
    p: float | None = None
    note: str = ""

    @property
    def significant(self) -> bool:
        """Whether the test rejects at alpha; an interval rejects nothing."""
        return self.p is not None and self.p < self.alpha

    @property
    def warning(self) -> str:
        """What speaks against it; empty where nothing does."""
        if self.tasks >= FEW:
            return ""
        count = f"{self.tasks} task{'s' * (self.tasks != 1)}"
        return f"WARNING: {count}, fewer than {FEW}: too few to separate methods"

    def __str__(self) -> str:
        count = f"{self.tasks} task{'s' * (self.tasks != 1)}"
        sentence = f"{self.test} (alpha {self.alpha:g}, {count}): {self.finding}"
        return ". ".join(part for part in (sentence, self.note, self.warning) if part) + "."
