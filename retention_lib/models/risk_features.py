"""Rows of customers as a matrix for the candidates of the churn risk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
import pandas as pd

_PURCHASES = ("purchases_30", "purchases_90", "purchases_180", "purchases_365")

THEMES: Mapping[str, Sequence[str]] = MappingProxyType(
    {
        "rhythm": ("frequency", "T", "silence", "silence_ratio", "gap_mean", "gap_sd", *_PURCHASES),
        "money": ("spend_90", "average_order"),
        "basket": ("items", "categories"),
        "discounts": ("discount_share",),
        "refunds": ("refund_share",),
        "delivery": ("late_first", "late_last"),
        "channel": ("last_channel",),
        "messages": ("messages", "opened", "clicked"),
        "visits": ("visits_30", "visits_90", "visit_ago", "carts"),
        "programme": ("member", "tier", "points_90"),
        "service": ("contacts_service",),
        "reviews": ("reviews", "bad_reviews", "bad_unanswered"),
        "person": ("region", "income_band", "age_band", "sex", "acquisition_channel"),
    }
)
"""What is known of a customer, by subject; each subject is one row of the table of importance."""

PACE = ("silence", "silence_ratio", "gap_mean", "purchases_30", "purchases_90")
"""What means the same in a young store as in an old one."""

TEXTS = ("last_channel", "tier", *THEMES["person"])
_ALREADY = ("refund_share", "discount_share", "late_first", "late_last", "member")
_AFTER = ("visit_ago", "silence_ratio", "gap_mean", "gap_sd")
"""Where missing is no zero: nothing happened, so there is nothing to measure."""

_PER_PURCHASE = ("items", "contacts_service", "reviews", "bad_reviews", "bad_unanswered")
_KNOTS = (0.2, 0.4, 0.6, 0.8)
_CURVED = ("silence", "silence_ratio", "T", "chance")
_TAILS = (0.01, 0.99)
_BINS = 40
_LEVELS = 12
_FEWEST = 30


@dataclass(frozen=True, kw_only=True, eq=False)
class Design:
    """How rows become a matrix, learned on training rows.

    Attributes:
        numbers: Columns taken as numbers; `chance` is the logit of the purchase model's chance.
        missing: Those of them with a column of their own for what is missing.
        ends: Lowest and highest value seen, but for a hundredth on each side: beyond them nothing was learned, so
            that values count as the end they lie beyond.
        knots: Places where the line of a curved column may bend, on its transformed scale.
        edges: Bounds of the bins in which trees read a column.
        levels: Values of a text that have a column of their own.
        centre: Means of the matrix's columns.
        spread: Their standard deviations.
    """

    numbers: tuple[str, ...]
    missing: tuple[str, ...]
    ends: Mapping[str, tuple[float, float]]
    knots: Mapping[str, np.ndarray]
    edges: Mapping[str, np.ndarray]
    levels: Mapping[str, tuple[str, ...]]
    centre: np.ndarray
    spread: np.ndarray

    def matrix(self, rows: pd.DataFrame, chance: np.ndarray) -> np.ndarray:
        """Standardised columns, first a one.

        Args:
            rows: From `measures.risk.risk_rows`.
            chance: Logit of the purchase model's chance of no purchase, one a row.
        """
        raw = (_raw(self, rows, chance) - self.centre) / self.spread
        return np.column_stack([np.ones(len(rows)), raw])

    def linear(self, rows: pd.DataFrame, chance: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """The same columns times weights, without a standardised copy of them.

        Args:
            rows: From `measures.risk.risk_rows`.
            chance: Logit of the purchase model's chance of no purchase, one a row.
            weights: One a column of the matrix.
        """
        slopes = weights[1:] / self.spread
        return np.asarray(_raw(self, rows, chance) @ slopes + (weights[0] - self.centre @ slopes))

    def binned(self, rows: pd.DataFrame, chance: np.ndarray) -> np.ndarray:
        """The same as trees read it: numbers by the place of their bin, missing ones missing, texts as 0 and 1."""
        columns = []
        for name in self.numbers:
            values = _clipped(self, rows, name, chance)
            places = np.searchsorted(self.edges[name], values).astype(np.float32)
            columns.append(np.where(np.isnan(values), np.float32(np.nan), places))
        columns += [_is(rows, name, level) for name, level in _pairs(self)]
        return np.column_stack(columns).astype(np.float32)


def design(rows: pd.DataFrame, chance: np.ndarray, *, only: Sequence[str] | None = None) -> Design:
    """Learn how rows become a matrix.

    Args:
        rows: Training rows.
        chance: Logit of the purchase model's chance of no purchase, one a row.
        only: Columns to take beside the purchase model's word; all known ones if omitted.

    Returns:
        The design; columns that never differ are left out.
    """
    wanted = [name for names in THEMES.values() for name in names] if only is None else only
    known = [name for name in wanted if name in rows]
    values = {name: _transformed(rows, name, chance) for name in [*known, "chance"] if name not in TEXTS}
    values = {name: column for name, column in values.items() if _differs(column)}
    unlearned = Design(
        numbers=tuple(values),
        missing=tuple(
            name for name, column in values.items() if _FEWEST <= np.isnan(column).sum() <= len(rows) - _FEWEST
        ),
        ends={name: _ends(column) for name, column in values.items()},
        knots={name: np.unique(np.nanquantile(values[name], _KNOTS)) for name in _CURVED if name in values},
        edges={name: np.unique(np.nanquantile(column, np.arange(1, _BINS) / _BINS)) for name, column in values.items()},
        levels={name: _common(rows[name]) for name in known if name in TEXTS},
        centre=np.zeros(1),
        spread=np.ones(1),
    )
    raw = _raw(unlearned, rows, chance)
    spread = raw.std(axis=0)
    return replace(unlearned, centre=raw.mean(axis=0), spread=np.where(spread > 0, spread, 1.0))


def logit(chance: np.ndarray) -> np.ndarray:
    """Log odds of chances, held inside (0, 1)."""
    held = np.clip(chance, 1e-5, 1 - 1e-5)
    return np.log(held / (1 - held))


def _transformed(rows: pd.DataFrame, name: str, chance: np.ndarray) -> np.ndarray:
    """A column on the scale on which it works: logarithms of counts, days and money."""
    if name == "chance":
        return np.asarray(chance, dtype=float)
    values = rows[name].to_numpy(dtype=float, na_value=np.nan)
    if name in _ALREADY:
        return values if name.startswith("late") else np.clip(np.nan_to_num(values), 0, 1)
    values = values if name in _AFTER else np.nan_to_num(values)
    if name in _PER_PURCHASE:
        values = values / rows["purchases_365"].to_numpy(dtype=float)
    return np.asarray(np.log1p(np.maximum(values, 0)))


def _raw(design: Design, rows: pd.DataFrame, chance: np.ndarray) -> np.ndarray:
    columns = []
    for name in design.numbers:
        values = _clipped(design, rows, name, chance)
        known = ~np.isnan(values)
        middle = float(design.knots[name].mean()) if name in design.knots else 0.0
        filled = np.where(known, values, middle)
        columns.append(filled)
        columns += [np.maximum(filled - knot, 0.0) for knot in design.knots.get(name, ())]
        columns += [1.0 - known] if name in design.missing else []
    columns += [_is(rows, name, level) for name, level in _pairs(design)]
    return np.column_stack(columns)


def _clipped(design: Design, rows: pd.DataFrame, name: str, chance: np.ndarray) -> np.ndarray:
    return np.clip(_transformed(rows, name, chance), *design.ends[name])


def _ends(values: np.ndarray) -> tuple[float, float]:
    """The ends of a column; of a rare yes the hundredths are both no, so that all is kept."""
    low, high = np.nanquantile(values, _TAILS)
    return (float(low), float(high)) if high > low else (float(np.nanmin(values)), float(np.nanmax(values)))


def _differs(values: np.ndarray) -> bool:
    return bool(np.isfinite(values).any() and np.nanmax(values) > np.nanmin(values))


def _is(rows: pd.DataFrame, name: str, level: str) -> np.ndarray:
    return (rows[name] == level).to_numpy(dtype=float, na_value=0.0)


def _pairs(design: Design) -> list[tuple[str, str]]:
    return [(name, level) for name, levels in design.levels.items() for level in levels]


def _common(texts: pd.Series) -> tuple[str, ...]:
    """The commonest values but for the very commonest, which is what the others are compared with."""
    counts = texts.value_counts()
    ordered = sorted(counts.items(), key=lambda item: (-item[1], str(item[0])))
    return tuple(str(level) for level, n in ordered[1 : _LEVELS + 1] if n >= _FEWEST)
