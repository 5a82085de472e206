"""Units that are treated one after another, by period, and the totals from which their effects follow."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_ROWS_AT_ONCE = 100_000
_NEVER = 1 << 40


@dataclass(frozen=True, kw_only=True, eq=False)
class StaggeredPanel:
    """What units did by period, and since when they are treated; a treated unit stays treated.

    Attributes:
        outcomes: Units x periods: a frame, an array or a sparse matrix (scipy, CSR best where most are 0); finite.
        first_treated: Number of the first treated period (column) by unit, which may lie past the last one; NaN or
            infinite for units never treated.
        strata: Kind of each unit: units are compared within their kind only. None: all are of one kind.
        clusters: Cluster of each unit, such as its household: clusters are independent. None: each unit is its own.
        observed_from: Number of the first period in which a unit is looked at; None: all of them from the first.
            Units with the same one are compared with each other only, so that all are of one age.
        copies: How many alike units a row stands for, each a cluster of its own: customers who did nothing need no row
            each. None: one.
    """

    outcomes: Any
    first_treated: ArrayLike
    strata: ArrayLike | None = None
    clusters: ArrayLike | None = None
    observed_from: ArrayLike | None = None
    copies: ArrayLike | None = None

    def __post_init__(self) -> None:
        """Refuse columns of another length.

        Raises:
            ValueError: What is told by unit is not told for each of them.
        """
        units = self.outcomes.shape[0]
        for name in ("first_treated", "strata", "clusters", "observed_from", "copies"):
            told = getattr(self, name)
            if told is not None and len(np.asarray(told)) != units:
                msg = f"{name} is told for {len(np.asarray(told))} units, outcomes for {units}; one for each is needed"
                raise ValueError(msg)


@dataclass(frozen=True, kw_only=True, eq=False)
class Totals:
    """Counts and sums of units by kind and group, and the products that carry their uncertainty.

    The count of units of a kind and group stands at their place in `products`, their sums by period right after it.

    Attributes:
        groups: First treated periods, in order, those past the last period among them; the last column of `sizes`
            and `sums` is of units never treated.
        observed_from: First period looked at, by kind.
        sizes: Units, kinds x (groups + 1).
        sums: Sums of outcomes, kinds x (groups + 1) x periods.
        places: Place of each kind and group, kinds x (groups + 1); -1 where there is no unit.
        products: Sums over clusters of products of what they add to the totals, sparse (scipy, CSR).
        clusters: Clusters (count).
        treated_from_start: Units treated before there is any period to compare with; they are left out (count).
    """

    groups: Ints
    observed_from: Ints
    sizes: Floats
    sums: Floats
    places: Ints
    products: Any
    clusters: int
    treated_from_start: int


@dataclass(frozen=True, kw_only=True, eq=False)
class _Units:
    """Units that count: all but those treated before there is any period to compare with.

    Attributes:
        outcomes: All units x periods.
        rows: Rows of the units that count.
        cell: Place of the kind and group of each among `cells`.
        copies: How many alike units each stands for.
        clusters: Number of the cluster of each.
        cells: Kinds and groups that have units, as one number: kind times (groups + 1) plus group.
        groups: First treated periods, in order.
        observed_from: First period looked at, by kind.
    """

    outcomes: Any
    rows: Ints
    cell: Ints
    copies: Floats
    clusters: Ints
    cells: Ints
    groups: Ints
    observed_from: Ints

    @property
    def totals(self) -> int:
        """How many totals there are (count)."""
        return len(self.cells) * (self.outcomes.shape[1] + 1)


def totals(panel: StaggeredPanel) -> Totals:
    """The totals of a panel, in one pass.

    Args:
        panel: The panel.

    Raises:
        ValueError: An outcome is missing or infinite, or a unit with copies shares its cluster.
    """
    units = _units(panel)
    blocks = _blocks(units)
    cells, wide, _ = blocks.shape
    shape = (len(units.observed_from), len(units.groups) + 1)
    sums, places = np.zeros((shape[0] * shape[1], wide)), np.full(shape[0] * shape[1], -1)
    sums[units.cells], places[units.cells] = blocks[:, 0], np.arange(cells) * wide
    shared = np.bincount(units.clusters, minlength=1)
    everybody = panel.outcomes.shape[0] if panel.copies is None else np.asarray(panel.copies).sum()
    return Totals(
        groups=units.groups,
        observed_from=units.observed_from,
        sizes=sums[:, 0].reshape(shape),
        sums=sums[:, 1:].reshape(*shape, wide - 1),
        places=places.reshape(shape),
        products=_products(units, blocks, shared),
        clusters=int((shared > 0).sum() + (units.copies - 1).sum()),
        treated_from_start=int(everybody - units.copies.sum()),
    )


def unit_influence(panel: StaggeredPanel, gradients: Any) -> Floats:
    """How far each unit moves some estimates: units x estimates; a unit with copies stands for one of them.

    Args:
        panel: The panel from which the estimates came.
        gradients: `Linearised.gradients` of the estimates asked for; few of them, as the result is dense.
    """
    units = _units(panel)
    found = np.zeros((panel.outcomes.shape[0], gradients.shape[0]))
    found[units.rows] = (_added(units) @ gradients.T).toarray()
    return found


def _units(panel: StaggeredPanel) -> _Units:
    """The units that count, each with its cell and cluster."""
    outcomes = _matrix(panel.outcomes)
    units, periods = outcomes.shape
    first = _first(panel.first_treated)
    since = np.zeros(units) if panel.observed_from is None else np.asarray(panel.observed_from, dtype=float)
    since = np.clip(since, 0, periods).astype(np.int64)
    counted = first > since
    groups = np.unique(first[counted & (first < _NEVER)])
    kind = _kinds(panel.strata, since, counted)
    observed_from = np.zeros(int(kind.max(initial=-1)) + 1, dtype=np.int64)
    observed_from[kind] = since[counted]
    copies = np.ones(units) if panel.copies is None else np.asarray(panel.copies, dtype=float)
    numbers = kind * (len(groups) + 1) + np.searchsorted(groups, first[counted])
    cells, cell = np.unique(numbers, return_inverse=True)
    return _Units(
        outcomes=outcomes,
        rows=np.flatnonzero(counted),
        cell=cell,
        copies=copies[counted],
        clusters=_clusters(panel.clusters, counted, copies),
        cells=cells,
        groups=groups,
        observed_from=observed_from,
    )


def _matrix(outcomes: Any) -> Any:
    """Outcomes as an array or a sparse matrix of rows, refused where one is missing."""
    from scipy.sparse import csr_array, issparse

    matrix = csr_array(outcomes) if issparse(outcomes) else np.asarray(outcomes)
    if not np.isfinite(matrix.data if issparse(matrix) else matrix).all():
        msg = "a unit has a period without a number; a period in which it did nothing must be 0"
        raise ValueError(msg)
    return matrix


def _first(first_treated: ArrayLike) -> Ints:
    """First treated period by unit; `_NEVER` for those never treated."""
    told = np.asarray(first_treated, dtype=float)
    return np.where(np.isfinite(told), np.nan_to_num(told, posinf=0, neginf=0), _NEVER).astype(np.int64)


def _kinds(strata: ArrayLike | None, since: Ints, counted: NDArray[np.bool_]) -> Ints:
    """Number of the kind of each unit that counts: its stratum and since when it is looked at."""
    _, stratum = np.unique(np.zeros(len(since)) if strata is None else np.asarray(strata), return_inverse=True)
    _, kind = np.unique(stratum[counted] * (since.max(initial=0) + 1) + since[counted], return_inverse=True)
    return kind


def _clusters(clusters: ArrayLike | None, counted: NDArray[np.bool_], copies: Floats) -> Ints:
    """Number of the cluster of each unit that counts."""
    if clusters is None:
        return np.arange(int(counted.sum()))
    _, number = np.unique(np.asarray(clusters)[counted], return_inverse=True)
    if (np.bincount(number, minlength=1)[number][copies[counted] != 1] > 1).any():
        msg = "a row with copies stands for units that are clusters of their own; it cannot share its cluster"
        raise ValueError(msg)
    return number


def _blocks(units: _Units) -> Floats:
    """Of each cell, the sum over units of (1, outcomes) times itself: cells x (periods + 1) x (periods + 1)."""
    cells, periods = len(units.cells), units.outcomes.shape[1]
    blocks = np.zeros((cells, periods + 1, periods + 1))
    order = np.argsort(units.cell, kind="stable")
    bounds = np.searchsorted(units.cell[order], np.arange(cells + 1))
    for cell in range(cells):
        for start in range(bounds[cell], bounds[cell + 1], _ROWS_AT_ONCE):
            chosen = order[start : min(start + _ROWS_AT_ONCE, bounds[cell + 1])]
            blocks[cell] += _block(units.outcomes[units.rows[chosen]], units.copies[chosen])
    return blocks


def _block(outcomes: Any, copies: Floats) -> Floats:
    """The sum over rows of copies times (1, outcomes) times itself."""
    from scipy.sparse import issparse

    periods = outcomes.shape[1]
    block = np.empty((periods + 1, periods + 1))
    block[0, 0] = copies.sum()
    block[0, 1:] = block[1:, 0] = copies @ outcomes
    if issparse(outcomes):
        block[1:, 1:] = (outcomes.astype(float).T @ outcomes.multiply(copies[:, None]).tocsr()).toarray()
    else:
        exact = outcomes.astype(float)
        block[1:, 1:] = exact.T @ (exact * copies[:, None])
    return block


def _products(units: _Units, blocks: Floats, shared: Ints) -> Any:
    """Products of totals: blocks of cells, with what units of one cluster add together where it has several."""
    from scipy.sparse import bsr_array

    cells, wide, _ = blocks.shape
    apart = bsr_array((blocks, np.arange(cells), np.arange(cells + 1)), shape=(cells * wide, cells * wide)).tocsr()
    apart.eliminate_zeros()
    several = shared[units.clusters] > 1
    if not several.any():
        return apart
    _, cluster = np.unique(units.clusters[several], return_inverse=True)
    each = _added(replace(units, rows=units.rows[several], cell=units.cell[several]))
    together = _summed(each, cluster)
    return (apart + together.T @ together - each.T @ each).tocsr()


def _added(units: _Units) -> Any:
    """What each unit adds to the totals: units x totals, sparse."""
    from scipy.sparse import csr_array

    outcomes = csr_array(units.outcomes[units.rows])
    start = units.cell * (outcomes.shape[1] + 1)
    entries = np.diff(outcomes.indptr)
    indptr = outcomes.indptr + np.arange(len(units.rows) + 1)
    places = np.empty(indptr[-1], dtype=np.int64)
    values = np.ones(indptr[-1])
    rest = np.ones(indptr[-1], dtype=bool)
    rest[indptr[:-1]] = False
    places[indptr[:-1]] = start
    places[rest] = np.repeat(start + 1, entries) + outcomes.indices
    values[rest] = outcomes.data
    return csr_array((values, places, indptr), shape=(len(units.rows), units.totals))


def _summed(each: Any, cluster: Ints) -> Any:
    """Rows added up by cluster."""
    from scipy.sparse import csr_array

    count = len(cluster)
    shape = (int(cluster.max()) + 1, count)
    return csr_array((np.ones(count), (cluster, np.arange(count))), shape=shape) @ each
