"""Who is put into which arm of a test: by chance, by household, in exact shares of strata, the same on every run."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

import ibis
import numpy as np
import pandas as pd
from ibis.expr import datatypes as dt
from ibis.expr import types as ir

from retention_lib.estimates import NotAsked, NotEnough
from retention_lib.measures.planning import Eligible
from retention_lib.measures.spreadsheets import spreadsheet_formula

HOLDOUT, MARKETED = "holdout", "marketed"
"""The arms of a global hold-out: who gets no campaign, and who gets all of them."""

YEAR_DAYS = 365
"""Days for which a hold-out is left alone."""

LIST_COLUMNS = ("customer_id", "experiment_id", "variant", "assigned_at", "stratum")
"""The columns of a list, which are those of the table `assignments`."""

MOST_LISTED = 1_000_000
"""Customers on a list: of a larger store a random part takes part."""


@dataclass(frozen=True, kw_only=True)
class Arm:
    """An arm of a test.

    Attributes:
        name: Its name.
        share: Of the units that go into it, above 0; what the shares of all arms leave of 1 goes into none.
    """

    name: str
    share: float


@dataclass(frozen=True, kw_only=True, eq=False)
class AssignmentList:
    """The customers of a test and their arms, to be sent to and to be read again as the table `assignments`.

    Attributes:
        table: One row a customer, ordered by arm, stratum and id: customer_id (in clear), experiment_id, variant,
            assigned_at (time, 0:00 of the day of the start), stratum.
        arms: One row an arm, in the order given: arm, customers, units (counts), share (of the units in the test).
        experiment: Name of the test.
        start: Day of the start.
        unit: What a unit is: `customer` or `household`.
        consents_known: Whether the store knows who agreed to be written to.
        marked: Customers whose id begins with = + - or @: the file marks these ids with an apostrophe, so that no
            spreadsheet takes them for formulas (count).
    """

    table: pd.DataFrame
    arms: pd.DataFrame
    experiment: str
    start: date
    unit: str
    consents_known: bool
    marked: int = 0

    @property
    def is_holdout(self) -> bool:
        """Whether it is a global hold-out."""
        return tuple(self.arms["arm"]) == (HOLDOUT, MARKETED)

    @property
    def ends(self) -> date:
        """The day on which a hold-out is over."""
        return self.start + timedelta(days=YEAR_DAYS)

    @property
    def customers(self) -> int:
        """Customers on the list (count)."""
        return len(self.table)

    @property
    def held_out(self) -> int:
        """Customers who get no campaign (count)."""
        return self.in_arm(HOLDOUT)

    def in_arm(self, arm: str) -> int:
        """Customers in an arm (count).

        Args:
            arm: Its name.

        Raises:
            KeyError: There is no such arm.
        """
        rows = self.arms[self.arms["arm"] == arm]
        if rows.empty:
            msg = f"no arm {arm!r}; arms: {', '.join(self.arms['arm'])}"
            raise KeyError(msg)
        return int(rows["customers"].iloc[0])

    def to_frame(self) -> pd.DataFrame:
        """The list."""
        return self.table


@ibis.udf.scalar.builtin(name="md5_number_lower")
def _number(text: str) -> dt.uint64:
    """DuckDB's `md5_number_lower(text)`: the lower 64 bits of its MD5, the same in every version."""


def unit_key(experiment: str, unit: ir.StringValue) -> ir.IntegerValue:
    """A number that stands for chance: the same for a unit of a test on every run, and unlike that of another test.

    Args:
        experiment: Name of the test.
        unit: Names of the units.
    """
    return _number(ibis.literal(f"{experiment}\x1f") + unit)


def split(people: ir.Table, arms: Sequence[Arm], *, experiment: str) -> ir.Table:
    """Put units into arms by chance, each arm with its exact share of each stratum.

    The order of units is that of a hash of the test's name and the unit's, so that the same units are put the same way
    on every run, whatever the order of the rows, and differently in another test. Within a stratum an arm holds its
    share of the units, give or take less than one; which arm gets the odd unit is drawn by a hash as well.

    Args:
        people: One row a customer: `customer_id`, `unit` (text), `stratum` (text or NULL). A unit whose customers are
            in several strata counts in the first of these.
        arms: The arms, with shares of 1 at most together.
        experiment: Name of the test.

    Returns:
        One row a customer in an arm: `customer_id`, `unit`, `stratum`, `variant` (text).

    Raises:
        ValueError: There is no arm, two have one name, or the shares are not above 0 or are more than 1 together.

    References:
        Systematic sampling with a random start: Cochran (1977), Sampling Techniques, 3rd ed., section 8.1.
    """
    rows = people.select("customer_id", "unit", "stratum", experiment_id=ibis.literal(experiment))
    return split_each(rows, {experiment: arms}).drop("experiment_id")


def split_each(people: ir.Table, arms: Mapping[str, Sequence[Arm]]) -> ir.Table:
    """Put the units of several tests into their arms, each test as `split` does.

    Args:
        people: One row a customer and test: `experiment_id`, `customer_id` (or a number in its place), `unit`,
            `stratum`, as for `split`.
        arms: The arms of each test, by its name; rows of other tests are left out.

    Returns:
        One row a customer in an arm: `experiment_id`, `customer_id`, `unit`, `stratum`, `variant` (text).

    Raises:
        ValueError: As for `split`.
    """
    for each in arms.values():
        _check_arms(each)
    of_unit = ["experiment_id", "unit"]
    strata = people.group_by(of_unit).aggregate(stratum=people.stratum.fill_null("").min())
    ordered = strata.mutate(key=_number(strata.experiment_id + "\x1f" + strata.unit))
    place = ibis.row_number().over(group_by=["experiment_id", "stratum"], order_by=["key", "unit"])
    # Kept, for it is read twice: the arms' sizes are whole numbers of those in each stratum.
    placed = ordered.mutate(place=place).drop("key").cache()
    groups = placed.group_by("experiment_id", "stratum").aggregate(n=placed.count())
    sizes = groups.order_by("experiment_id", "stratum").to_pandas()
    put = _put(placed, _all_cuts(sizes, arms))
    joined = people.select("experiment_id", "customer_id", "unit").inner_join(put, of_unit)
    return joined.select("experiment_id", "customer_id", "unit", "stratum", "variant")


def _put(placed: ir.Table, cuts: pd.DataFrame) -> ir.Table:
    """The arm of each unit, by its place in its stratum.

    The join is by the stratum alone, whose row has all its cuts: with places compared in it, the engine took gigabytes
    for some ten thousand customers in several tests.
    """
    arms = [name for name in cuts.columns if name.startswith("arm_")]
    lasts = [name.replace("arm_", "last_") for name in arms]
    kinds = {"test": "string", "within": "string"} | dict.fromkeys(arms, "string") | dict.fromkeys(lasts, "int64")
    told = ibis.memtable(cuts[list(kinds)].astype(object), schema=kinds)
    joined = placed.inner_join(told, [placed.experiment_id == told.test, placed.stratum == told.within])
    variant = ibis.cases(*((joined.place < joined[last], joined[arm]) for arm, last in zip(arms, lasts, strict=True)))
    put = joined.select("experiment_id", "unit", "stratum", variant=variant)
    return put.filter(put.variant.notnull())


def _all_cuts(sizes: pd.DataFrame, arms: Mapping[str, Sequence[Arm]]) -> pd.DataFrame:
    """Where each arm ends in each stratum of each test: test, within, and by arm `arm_<i>`, `last_<i>`.

    A test with fewer arms than others has none, which end at 0, behind its own.
    """
    most = max(map(len, arms.values()), default=1)
    each = [
        _cuts(own, arms[str(experiment)], str(experiment), most=most)
        for experiment, own in sizes.groupby("experiment_id", sort=True)
        if experiment in arms
    ]
    return pd.concat(each) if each else _cuts(sizes.iloc[:0], (), "", most=most)


def assignment_list(
    found: Eligible | NotEnough,
    n_per_arm: int | NotEnough,
    *,
    arms: Sequence[str],
    experiment: str,
) -> AssignmentList | NotEnough:
    """The list of a test with arms of one size; where there are fewer units than wanted, all of them.

    Args:
        found: Who can be put into it; its day is that of the start.
        n_per_arm: Units wanted in each arm.
        arms: Names of the arms, the one left alone first.
        experiment: Name of the test.

    Returns:
        The list; the `NotEnough` that came in; NotEnough("experiment_assigned") where the store has assignments of that
        name already, so that nobody is put anew; NotEnough("customers_listed") where there are more than a list holds.

    Raises:
        ValueError: There are fewer than two arms, or two have one name.
    """
    if len(arms) < 2:
        msg = f"arms are {', '.join(arms) or 'none'}; a test needs two or more, the one left alone first"
        raise ValueError(msg)
    if isinstance(found, NotEnough):
        return found
    if isinstance(n_per_arm, NotEnough):
        return n_per_arm
    share = min(n_per_arm / found.count, 1 / len(arms))
    if share * len(arms) * found.customers > MOST_LISTED:
        return NotEnough("customers_listed", share * len(arms) * found.customers, MOST_LISTED)
    return _listed(found, [Arm(name=name, share=share) for name in arms], experiment)


def holdout_list(found: Eligible | NotEnough, *, share: float, experiment: str) -> AssignmentList | NotEnough:
    """The list of a global hold-out: a share of the customers who get no campaign for a year, and the others.

    Args:
        found: Who may be written to; its day is that of the start.
        share: Of their units that is left alone, in (0, 0.5]; 0 for no hold-out.
        experiment: Name of the hold-out.

    Returns:
        The list, of a random million customers where there are more; `NotAsked` for a share of 0; the `NotEnough` that
        came in; NotEnough("holdout_assigned") where one is under way, NotEnough("experiment_assigned") where the store
        has a test of that name.

    Raises:
        ValueError: The share is none, or above a half.
    """
    if not 0 <= share <= 0.5:
        msg = f"holdout_share is {share}; it must be between 0 and 0.5, such as 0.05"
        raise ValueError(msg)
    if share == 0:
        return NotAsked("holdout_wanted", 0, 1)
    if isinstance(found, NotEnough):
        return found
    if found.held_out:
        return NotEnough("holdout_assigned", found.held_out, 0)
    part = min(1.0, MOST_LISTED / found.customers)
    arms = [Arm(name=HOLDOUT, share=share * part), Arm(name=MARKETED, share=(1 - share) * part)]
    return _listed(found, arms, experiment)


def without_holdout(found: Eligible | NotEnough, listed: AssignmentList | NotEnough) -> Eligible | NotEnough:
    """Who is left for tests once a hold-out is taken from them.

    Args:
        found: Who may be written to.
        listed: From `holdout_list`; nobody is taken where there is none.
    """
    if isinstance(found, NotEnough) or isinstance(listed, NotEnough):
        return found
    alone = listed.table.loc[listed.table["variant"] == HOLDOUT, ["customer_id"]]
    held = ibis.memtable(alone.astype({"customer_id": object}), schema={"customer_id": "string"})
    people = found.people.anti_join(held, "customer_id").cache()
    told = people.aggregate(customers=people.count(), count=people.unit.nunique()).to_pandas().iloc[0]
    left, count = int(told["customers"]), int(told["count"])
    return replace(
        found,
        people=people,
        customers=left,
        count=count,
        arrivals_per_day=found.arrivals_per_day * count / found.count,
        counts=pd.concat([found.counts, pd.DataFrame([{"step": "left", "customers": left}])], ignore_index=True),
    )


def _listed(found: Eligible, arms: Sequence[Arm], experiment: str) -> AssignmentList | NotEnough:
    """The list of a test that the store does not have yet."""
    if not experiment.strip():
        msg = "a test needs a name; give experiment one, such as autumn_mailing"
        raise ValueError(msg)
    if experiment in found.assigned:
        return NotEnough("experiment_assigned", found.assigned[experiment], 0)
    put = split(found.people, arms, experiment=experiment).cache()
    names = [arm.name for arm in arms]
    at = {name: place for place, name in enumerate(names)}
    told = put.group_by("variant").aggregate(customers=put.count(), units=put.unit.nunique()).to_pandas()
    counts = told.rename(columns={"variant": "arm"}).sort_values("arm", key=lambda arm: arm.map(at))
    table = _table(put, experiment, found.on)
    return AssignmentList(
        table=table,
        arms=counts.assign(share=counts["units"] / counts["units"].sum()).reset_index(drop=True),
        experiment=experiment,
        start=found.on,
        unit=found.unit,
        consents_known=found.consents_known,
        marked=int(spreadsheet_formula(table["customer_id"]).sum()),
    )


def _table(put: ir.Table, experiment: str, start: date) -> pd.DataFrame:
    """The rows of a list."""
    rows = put.order_by("variant", "stratum", "customer_id").select("customer_id", "variant", "stratum").to_pandas()
    told = rows.assign(experiment_id=experiment, assigned_at=pd.Timestamp(datetime.combine(start, time())))
    return told[list(LIST_COLUMNS)]


def _cuts(sizes: pd.DataFrame, arms: Sequence[Arm], experiment: str, *, most: int) -> pd.DataFrame:
    """The place at which each arm of a test ends in each stratum; the next one begins there."""
    start = np.array([_start(experiment, str(stratum)) for stratum in sizes["stratum"]])
    units = sizes["n"].to_numpy(dtype=np.int64)
    told: dict[str, object] = {"test": experiment, "within": sizes["stratum"].astype(str)}
    reached = 0.0
    for place in range(most):
        arm = arms[place] if place < len(arms) else None
        reached += arm.share if arm else 0.0
        # An arm ends where its cumulated share of the stratum, moved on by a random start, passes a whole number.
        ends = np.minimum(units, np.floor(reached * units + start + 1e-9).astype(np.int64))
        told[f"arm_{place}"], told[f"last_{place}"] = (arm.name, ends) if arm else ("", 0)
    return pd.DataFrame(told)


def _start(experiment: str, stratum: str) -> float:
    """A number in [0, 1) that depends on the test and the stratum alone."""
    digest = hashlib.sha256(f"{experiment}\x1fstratum\x1f{stratum}".encode()).digest()
    return int.from_bytes(digest[:7], "big") / 2**56


def _check_arms(arms: Sequence[Arm]) -> None:
    names = [arm.name for arm in arms]
    if not names or len(set(names)) < len(names) or not all(names):
        msg = f"arms are {', '.join(names) or 'none'}; each needs a name of its own"
        raise ValueError(msg)
    total = sum(arm.share for arm in arms)
    if not all(arm.share > 0 for arm in arms) or total > 1 + 1e-9:
        shares = ", ".join(f"{arm.name} {arm.share}" for arm in arms)
        msg = f"shares of arms are {shares}; each must be above 0, and together they must be 1 at most"
        raise ValueError(msg)
