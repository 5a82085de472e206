"""What is fixed about a figure: its name, unit, formula and good direction."""

from __future__ import annotations

import re
import string
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from retention_lib.estimates import NotEnough
from retention_lib.reports.words import DASH, Unit, Words

_MONTH = re.compile(r"\d{4}-\d{2}")

Better = Literal["up", "down"]


@dataclass(frozen=True, kw_only=True)
class FigureSpec:
    """What is fixed about a figure.

    Attributes:
        id: Its id, or a pattern such as `visit_effect_*`.
        label: Name on a card, a message; `{name}` stands for what the pattern's star matched.
        unit: How the value is written and what the record says.
        formula: How it is computed, in words, a message; `{name}` as in the label, any other name a fact of the result
            that the figure is about.
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

    def formula_in(self, words: Words, *, about: Any = None) -> str:
        """The formula in the reader's language.

        Args:
            words: The reader's language.
            about: The result that the figure is about, whose attributes the formula names; a dash stands for those of
                a refusal, and where nothing is given.
        """
        named = {name for _, name, _, _ in string.Formatter().parse(self.formula) if name and name != "name"}
        facts = {name: None if about is None else getattr(about, name) for name in named}
        return words.say(
            self.formula, name=self.name or "", **{name: _told(fact, words) for name, fact in facts.items()}
        )


def one(id: str, label: str, unit: Unit, formula: str, better: Better | None = None) -> FigureSpec:
    """The spec of one id."""
    return FigureSpec(id=id, label=label, unit=unit, formula=formula, better=better)


def _told(fact: Any, words: Words) -> str:
    """A fact in words; several as a list."""
    if fact is None or isinstance(fact, NotEnough):
        return DASH
    if isinstance(fact, tuple | list):
        return words.listed([_told(each, words) for each in fact])
    if isinstance(fact, date):
        return words.date(fact)
    if isinstance(fact, str):
        return words.month(fact) if _MONTH.fullmatch(fact) else fact
    return words.number(fact)
