"""Columns of Arrow from numpy arrays, without a loop over rows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from retention_lib.stores.simulation.hours import DAY_SECONDS
from retention_lib.stores.simulation.stage import Bools, Calendar, Ints

MONEY = pa.decimal128(18, 2)
MOMENT = pa.timestamp("us")


def numbered(prefix: str, numbers: Ints, *, width: int = 9, present: Bools | None = None) -> pa.Array:
    """Ids like `C000000042`: a prefix and a number with leading zeros.

    Args:
        prefix: What the ids begin with.
        numbers: Not negative, of at most `width` digits.
        width: Digits (count).
        present: Where there is an id at all; everywhere if omitted.
    """
    size = len(prefix) + width
    text = np.empty((len(numbers), size), dtype=np.uint8)
    text[:, : len(prefix)] = np.frombuffer(prefix.encode(), dtype=np.uint8)
    rest = np.asarray(numbers, dtype=np.int64)
    for place in range(size - 1, len(prefix) - 1, -1):
        rest, digit = np.divmod(rest, 10)
        text[:, place] = digit + ord("0")
    offsets = np.arange(0, size * (len(numbers) + 1), size, dtype=np.int32)
    ids = pa.StringArray.from_buffers(len(numbers), pa.py_buffer(offsets), pa.py_buffer(text.tobytes()))
    if present is None:
        return ids
    return ids.filter(pa.array(present)).take(_places(present))


def _places(present: Bools) -> pa.Array:
    """For each row its place among the present ones; null where it is absent."""
    return pa.array(np.cumsum(present) - 1, mask=~present)


def named(codes: Ints, names: Sequence[str]) -> pa.Array:
    """Names by code; a negative code is no name."""
    places = pa.array(codes.astype(np.int32), mask=codes < 0)
    return pa.DictionaryArray.from_arrays(places, pa.array(list(names), type=pa.string()))


def money(cents: Ints, *, present: Bools | None = None) -> pa.Array:
    """Money from whole cents."""
    words = np.empty((len(cents), 2), dtype=np.int64)
    words[:, 0] = cents
    words[:, 1] = np.asarray(cents) >> 63
    found = pa.Array.from_buffers(MONEY, len(cents), [None, pa.py_buffer(words.tobytes())])
    return found if present is None else found.take(_all_places(present))


def moments(calendar: Calendar, day: Ints, second: Ints, *, present: Bools | None = None) -> pa.Array:
    """Stamps from days since the shop's first and seconds of the day."""
    start = np.datetime64(calendar.first_day, "s").astype(np.int64)
    stamps = ((start + day * DAY_SECONDS + second) * 1_000_000).astype(np.int64)
    return pa.array(stamps, mask=None if present is None else ~present).cast(MOMENT)


def dates(days: NDArray[np.datetime64]) -> pa.Array:
    """Dates from numpy's."""
    return pa.array(days.astype("datetime64[D]"))


def numbers(values: NDArray[np.generic], *, present: Bools | None = None) -> pa.Array:
    """Numbers or booleans as they are."""
    return pa.array(values, mask=None if present is None else ~present)


def _all_places(present: Bools) -> pa.Array:
    return pa.array(np.arange(len(present)), mask=~present)


def ranks(group: Ints) -> Ints:
    """0 for the first row of each group, 1 for the second ...; the rows of a group stand together.

    Args:
        group: The group of each row, not negative.
    """
    place = np.arange(len(group))
    first = np.diff(group, prepend=-1) != 0
    return place - np.maximum.accumulate(np.where(first, place, 0))


def summed(values: Ints, place: Ints, size: int) -> Ints:
    """Whole numbers summed by place; exact as long as a sum stays below 2**53.

    Args:
        values: The numbers.
        place: The place of each, below `size`.
        size: Sums to return (count).
    """
    return np.bincount(place, weights=values, minlength=size).astype(np.int64)
