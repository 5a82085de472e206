"""Who is put into which arm: whole households, exact shares, the same on every run, and readable again."""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from fractions import Fraction
from pathlib import Path

import ibis
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from measures.tested_shop import shop

from retention_lib.estimates import NotAsked, NotEnough
from retention_lib.measures import splitting
from retention_lib.measures.experiments import Experiment, Reading, experiment
from retention_lib.measures.planning import Audience, Eligible, eligible
from retention_lib.measures.splitting import (
    Arm,
    AssignmentList,
    assignment_list,
    holdout_list,
    split,
    split_each,
    without_holdout,
)
from retention_lib.reports.blocks import table_csv
from retention_lib.stores.store import Store

START = date(2026, 6, 1)


def people(rows: Sequence[tuple[str, str, str | None]]) -> ibis.Table:
    frame = pd.DataFrame(rows, columns=["customer_id", "unit", "stratum"])
    return ibis.memtable(frame, schema={"customer_id": "string", "unit": "string", "stratum": "string"})


def put(rows: Sequence[tuple[str, str, str | None]], arms: Sequence[Arm], name: str = "spring") -> dict[str, str]:
    """Arm by customer."""
    found = split(people(rows), arms, experiment=name).to_pandas()
    return dict(zip(found["customer_id"], found["variant"], strict=True))


def crowd(sizes: Sequence[int], *, several: int = 2) -> list[tuple[str, str, str | None]]:
    """Households in strata of these sizes, of one customer and more in turn."""
    return [
        (f"c{stratum}-{home}-{member}", f"h{stratum}-{home}", f"s{stratum}")
        for stratum, size in enumerate(sizes)
        for home in range(size)
        for member in range(1 + home % several)
    ]


@settings(max_examples=40, deadline=None)
@given(
    sizes=st.lists(st.integers(1, 40), min_size=1, max_size=5),
    weights=st.lists(st.integers(1, 9), min_size=1, max_size=4),
    rest=st.integers(0, 5),
    seed=st.integers(0, 2**32 - 1),
)
def test_households_stay_whole_and_arms_have_their_share_of_each_stratum(
    sizes: list[int], weights: list[int], rest: int, seed: int
) -> None:
    total = sum(weights) + rest
    arms = [Arm(name=f"a{place}", share=weight / total) for place, weight in enumerate(weights)]
    rows = crowd(sizes)
    found = put(rows, arms)
    homes: dict[str, set[str | None]] = {}
    for customer, home, _ in rows:
        homes.setdefault(home, set()).add(found.get(customer))
    assert all(len(held) == 1 for held in homes.values())
    for stratum, size in enumerate(sizes):
        held = Counter(next(iter(arm)) for home, arm in homes.items() if home.startswith(f"h{stratum}-"))
        for arm in arms:
            assert abs(held[arm.name] - arm.share * size) < 1
        if not rest:
            assert held[None] == 0
    shuffled = [rows[place] for place in np.random.default_rng(seed).permutation(len(rows))]
    assert put(shuffled, arms) == found == put(rows, arms)


def test_another_test_puts_them_otherwise_and_as_if_independently() -> None:
    rows = crowd([4_000], several=1)
    halves = [Arm(name="none", share=0.5), Arm(name="mail", share=0.5)]
    one, other = put(rows, halves), put(rows, halves, "summer")
    both = Counter((one[customer], other[customer]) for customer, _, _ in rows)
    assert all(abs(count - 1_000) < 100 for count in both.values())  # 3.4 standard deviations of 29.6


def test_every_unit_has_its_share_as_its_chance() -> None:
    """A stratum of one: over many tests each arm gets it as often as its share says."""
    arms = [Arm(name="none", share=0.2), Arm(name="mail", share=0.5)]
    held = Counter(put([("c", "c", "s")], arms, f"test {number}").get("c") for number in range(300))
    assert abs(held["none"] - 60) < 25
    assert abs(held["mail"] - 150) < 31
    assert abs(held[None] - 90) < 29


def test_several_tests_at_once_are_put_as_each_alone() -> None:
    arms = {
        "spring": [Arm(name="none", share=0.5), Arm(name="mail", share=0.5)],
        "summer": [Arm(name="none", share=0.2), Arm(name="at_2", share=0.3), Arm(name="at_24", share=0.4)],
        "autumn": [Arm(name="mail", share=0.1)],
    }
    rows = crowd([37, 4, 211])
    each = people(rows)
    names = [each.mutate(experiment_id=ibis.literal(name)) for name in (*arms, "winter")]
    found = split_each(ibis.union(*names), arms).to_pandas()
    told = {
        name: dict(zip(own["customer_id"], own["variant"], strict=True)) for name, own in found.groupby("experiment_id")
    }
    assert told == {name: put(rows, own, name) for name, own in arms.items()}


def drawn_by_hand(units: Mapping[str, str], arms: Sequence[tuple[str, Fraction]], name: str) -> dict[str, str]:
    """Arm by unit, for the stratum of each unit: by hashes of the standard library and exact fractions."""
    found: dict[str, str] = {}
    for stratum in set(units.values()):
        keys = {
            unit: hashlib.md5(f"{name}\x1f{unit}".encode()).digest()[8:] for unit in units if units[unit] == stratum
        }
        ordered = sorted(keys, key=lambda unit: int.from_bytes(keys[unit], "little"))
        start = Fraction(int(hashlib.sha256(f"{name}\x1fstratum\x1f{stratum}".encode()).hexdigest()[:14], 16), 2**56)
        begin, reached = 0, Fraction(0)
        for arm, share in arms:
            reached += share
            end = min(len(ordered), math.floor(reached * len(ordered) + start))
            found |= dict.fromkeys(ordered[begin:end], arm)
            begin = end
    return found


def test_the_draw_stays_as_it_is_from_version_to_version() -> None:
    """A report that is made again by a later version moves nobody to another arm.

    Units are ordered by the lower half of an MD5, and an arm ends where its cumulated share of the stratum, moved on by
    the stratum's random start, passes a whole number.
    """
    tests = {
        "spring": [("none", Fraction(1, 5)), ("mail", Fraction(4, 5))],
        "reactivation_2026_07": [("control", Fraction(1, 5)), ("at_2", Fraction(3, 10)), ("at_24", Fraction(2, 5))],
        "летняя": [("none", Fraction(1, 3)), ("mail", Fraction(1, 3)), ("sms", Fraction(1, 3))],
    }
    sizes = {"email:low": 23, "email:high": 11, "sms:low": 2, "sms:high": 1, "": 7}
    units = {f"home {stratum} {number}": stratum for stratum, size in sizes.items() for number in range(size)}
    rows = [(f"{unit} {member}", unit, stratum or None) for unit, stratum in units.items() for member in "ab"]
    each = [people(rows).mutate(experiment_id=ibis.literal(name)) for name in tests]
    arms = {name: [Arm(name=arm, share=float(share)) for arm, share in told] for name, told in tests.items()}
    found = split_each(ibis.union(*each), arms).to_pandas()
    for name, told in tests.items():
        own = found[found["experiment_id"] == name]
        by_hand = drawn_by_hand(units, told, name)
        assert dict(zip(own["unit"], own["variant"], strict=True)) == by_hand
        assert len(own) == 2 * len(by_hand)
    spring = drawn_by_hand(units, tests["spring"], "spring")
    alone = {"": "6", "email:high": "3 7", "email:low": "1 10 11 20 21", "sms:high": "0", "sms:low": "1"}
    assert {unit for unit, arm in spring.items() if arm == "none"} == {
        f"home {stratum} {number}" for stratum, numbers in alone.items() for number in numbers.split()
    }


def test_large_strata_need_little_memory() -> None:
    engine = ibis.duckdb.connect()
    for setting in ("memory_limit = '512MB'", "max_temp_directory_size = '0KB'", "threads = 2"):
        engine.raw_sql(f"SET {setting}")
    customers, tests, strata = 40_000, "abcdefgh", ["1 email", "2 email", "1 sms"]
    numbers = "SELECT range::INT AS row, 'c' || range AS customer_id, 'h' || range // 2 AS unit FROM range({})"
    engine.raw_sql(f"CREATE TABLE people AS {numbers.format(customers)}")
    rng = np.random.default_rng(0)
    drawn = {"experiment_id": rng.choice(list(tests), customers), "stratum": rng.choice(strata, customers)}
    listed = ibis.memtable(pd.DataFrame({"row": np.arange(customers, dtype=np.int32), **drawn}))
    arms = [Arm(name="control", share=0.2), Arm(name="mail", share=0.8)]
    found = split_each(listed.inner_join(engine.table("people"), "row"), dict.fromkeys(tests, arms))
    numbered = found.inner_join(engine.table("people"), "customer_id").select("row", "variant").to_pandas()
    assert len(numbered) == customers
    assert numbered["variant"].value_counts(normalize=True)["control"] == pytest.approx(0.2, abs=0.01)


def test_customers_without_a_stratum_are_one() -> None:
    rows = [(f"c{place}", f"c{place}", None) for place in range(10)]
    assert Counter(put(rows, [Arm(name="none", share=0.5), Arm(name="mail", share=0.5)]).values()) == {
        "none": 5,
        "mail": 5,
    }


@pytest.mark.parametrize(
    "arms",
    [
        [],
        [Arm(name="a", share=0.5), Arm(name="a", share=0.5)],
        [Arm(name="", share=0.5)],
        [Arm(name="a", share=0.0)],
        [Arm(name="a", share=0.7), Arm(name="b", share=0.4)],
    ],
)
def test_arms_that_make_no_split_are_refused(arms: list[Arm]) -> None:
    with pytest.raises(ValueError, match=r"arms are|shares of arms are"):
        split(people([("c", "c", "s")]), arms, experiment="x")


# Lists of a store


def opened(folder: Path, n: int = 200, *, prefix: str = "c", assigned: Sequence[str] = ()) -> Store:
    """A shop of customers who bought once, twice, ...; each third lives with the one before."""
    customers = [f"{prefix}{number:04d}" for number in range(n)]
    sales = [
        f"{customer},o{number}-{day},2026-05-{day:02d} 10:00:00,10"
        for number, customer in enumerate(customers)
        for day in range(1, 2 + number % 6)
    ]
    homes = [f"{customer},{f'home{number // 3}' if number % 3 else ''}" for number, customer in enumerate(customers)]
    more = {"assignments": assigned} if assigned else {}
    return shop(folder, headers={"customers": "customer_id,household_id"}, transactions=sales, customers=homes, **more)


def found(store: Store) -> Eligible:
    told = eligible(store, Audience(), on=START)
    assert isinstance(told, Eligible)
    return told


def test_a_list_has_arms_of_one_size_and_the_columns_of_assignments(tmp_path: Path) -> None:
    listed = assignment_list(found(opened(tmp_path)), 30, arms=["none", "mail", "push"], experiment="summer")
    assert isinstance(listed, AssignmentList)
    assert tuple(listed.table.columns) == splitting.LIST_COLUMNS
    assert listed.arms["arm"].tolist() == ["none", "mail", "push"]
    assert listed.arms["units"].between(28, 32).all()
    assert listed.in_arm("mail") == (listed.table["variant"] == "mail").sum()
    assert set(listed.table["assigned_at"].astype(str)) == {"2026-06-01"}
    assert not listed.is_holdout
    with pytest.raises(KeyError, match="no arm 'letter'; arms: none, mail, push"):
        listed.in_arm("letter")


def test_a_test_that_wants_more_than_there_are_takes_all(tmp_path: Path) -> None:
    told = found(opened(tmp_path))
    listed = assignment_list(told, 10**6, arms=["none", "mail"], experiment="summer")
    assert isinstance(listed, AssignmentList)
    assert listed.customers == told.customers


def test_the_file_is_read_again_as_assignments(tmp_path: Path) -> None:
    told = found(opened(tmp_path))
    listed = assignment_list(told, 40, arms=["none", "mail"], experiment="summer")
    assert isinstance(listed, AssignmentList)
    lines = table_csv(listed.to_frame()).splitlines()
    assert lines[0] == "customer_id,experiment_id,variant,assigned_at,stratum"
    again = opened(tmp_path, assigned=lines[1:])
    rows = again.table("assignments").to_pandas().sort_values("customer_id", ignore_index=True)
    wanted = listed.table.sort_values("customer_id", ignore_index=True)
    pd.testing.assert_frame_equal(rows[list(wanted)], wanted, check_dtype=False)
    # The report that evaluates it finds it as it was planned: by household, dated, with nobody in two arms.
    test = experiment(again, Reading(experiment="summer"), until=date(2026, 6, 2))
    assert isinstance(test, Experiment)
    assert (test.control, test.arms, test.units.name) == ("none", ("none", "mail"), "household")
    assert (test.mixed.mixed, test.first_day, test.last_day) == (0, START, START)
    assert test.people.count().to_pandas() == listed.arms["units"].sum()


def test_nobody_is_put_anew_into_a_test_that_stands(tmp_path: Path) -> None:
    told = found(opened(tmp_path, assigned=["c0001,summer,mail,2025-06-01 10:00:00,1"]))
    assert assignment_list(told, 40, arms=["none", "mail"], experiment="summer") == NotEnough(
        "experiment_assigned", 1, 0
    )


def test_ids_that_the_file_must_mark_are_counted(tmp_path: Path) -> None:
    told = found(opened(tmp_path, 12, prefix="+7"))
    listed = assignment_list(told, 100, arms=["none", "mail"], experiment="summer")
    assert isinstance(listed, AssignmentList)
    assert listed.marked == listed.customers == 12
    assert "'+70000," in table_csv(listed.to_frame())


def test_what_makes_no_list_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told, refusal = found(opened(tmp_path)), NotEnough("test_units", 3, 10)
    assert assignment_list(told, refusal, arms=["none", "mail"], experiment="summer") is refusal
    assert assignment_list(refusal, 40, arms=["none", "mail"], experiment="summer") is refusal
    assert holdout_list(refusal, share=0.1, experiment="hold26") is refusal
    with pytest.raises(ValueError, match="a test needs two or more, the one left alone first"):
        assignment_list(told, 40, arms=["none"], experiment="summer")
    with pytest.raises(ValueError, match="a test needs a name"):
        assignment_list(told, 40, arms=["none", "mail"], experiment=" ")
    monkeypatch.setattr(splitting, "MOST_LISTED", 50)
    many = assignment_list(told, 100, arms=["none", "mail"], experiment="summer")
    assert isinstance(many, NotEnough)
    assert many.reason == "customers_listed"


# The global hold-out


def test_a_hold_out_leaves_its_share_alone_for_a_year(tmp_path: Path) -> None:
    told = found(opened(tmp_path, 600))
    listed = holdout_list(told, share=0.05, experiment="hold26")
    assert isinstance(listed, AssignmentList)
    assert listed.is_holdout
    assert listed.arms["arm"].tolist() == ["holdout", "marketed"]
    assert listed.arms["share"].iloc[0] == pytest.approx(0.05, abs=0.01)
    assert listed.customers == told.customers
    assert listed.ends == date(2027, 6, 1)
    rest = without_holdout(told, listed)
    assert isinstance(rest, Eligible)
    assert rest.customers == told.customers - listed.held_out
    assert rest.counts.iloc[-1].tolist() == ["left", rest.customers]
    alone = set(listed.table.loc[listed.table["variant"] == "holdout", "customer_id"])
    assert not alone & set(rest.people.to_pandas()["customer_id"])
    assert without_holdout(told, NotAsked("holdout_wanted", 0, 1)) is told


def test_a_large_store_holds_out_a_share_of_those_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(splitting, "MOST_LISTED", 200)
    listed = holdout_list(found(opened(tmp_path, 600)), share=0.1, experiment="hold26")
    assert isinstance(listed, AssignmentList)
    assert 180 <= listed.customers <= 220
    assert listed.arms["share"].iloc[0] == pytest.approx(0.1, abs=0.03)


def test_one_hold_out_at_a_time_and_none_where_none_is_wanted(tmp_path: Path) -> None:
    told = found(opened(tmp_path, assigned=["c0001,hold25,holdout,2026-01-01 00:00:00,1"]))
    assert holdout_list(told, share=0.05, experiment="hold26") == NotEnough("holdout_assigned", 1, 0)
    assert isinstance(holdout_list(told, share=0, experiment="hold26"), NotAsked)
    with pytest.raises(ValueError, match="holdout_share is 0\\.7"):
        holdout_list(told, share=0.7, experiment="hold26")
