"""What is fixed about a figure: its name, unit, formula and good direction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from retention_lib.reports.words import Unit, Words

Better = Literal["up", "down"]


@dataclass(frozen=True, kw_only=True)
class FigureSpec:
    """What is fixed about a figure.

    Attributes:
        id: Its id, or a pattern such as `visit_effect_*`.
        label: Name on a card, a message; `{name}` stands for what the pattern's star matched.
        unit: How the value is written and what the record says.
        formula: How it is computed, in words, a message.
        better: The good direction; None where neither is.
        name: What the star matched, for the spec of one id.
    """

    id: str
    label: str
    unit: Unit
    formula: str
    better: Better | None = None
    name: str | None = None

    def label_in(self, words: Words) -> str:
        """The label in the reader's language."""
        return words.say(self.label, name=self.name or "")

    def formula_in(self, words: Words) -> str:
        """The formula in the reader's language."""
        return words.say(self.formula, name=self.name or "")


def one(id: str, label: str, unit: Unit, formula: str, better: Better | None = None) -> FigureSpec:
    """The spec of one id."""
    return FigureSpec(id=id, label=label, unit=unit, formula=formula, better=better)
