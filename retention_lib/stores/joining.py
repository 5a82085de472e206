"""Columns of ours that a source writes in several, as a day and the time beside it."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

import ibis

from retention_lib.stores.columns import RAW
from retention_lib.stores.parsing import STAMP, is_text_stamp, source_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    import ibis.expr.types as ir

    from retention_lib.stores.sources import Source

MIDNIGHT = r" 0?0:00(?::00(?:\.0+)?)?$"
"""The time that a program writes behind a day without one."""


def with_joined(source: Source, raw: ir.Table) -> ir.Table:
    """The rows as they were read, with one column more for each of ours that the source writes in several.

    Args:
        source: The table's source, which says what belongs together.
        raw: Its rows as they were read.
    """
    whole = {source.column(name): parts for name, parts in source.settings.joined.items()}
    return raw.mutate(**{RAW + name: _joined([raw[RAW + part] for part in parts]) for name, parts in whole.items()})


def _joined(parts: Sequence[ir.Value]) -> ir.Value:
    """The parts with a blank between them: a stamp where the first is a day by its type, else text."""
    day, *others = [source_text(part) for part in parts]
    plain = day.re_replace(MIDNIGHT, "")
    text = reduce(lambda one, other: ibis.coalesce(one + " " + other, one, other), others, plain)
    return text if is_text_stamp(parts[0]) else text.try_cast(STAMP)
