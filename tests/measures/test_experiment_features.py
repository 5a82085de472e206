from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from measures.tested_shop import TWELVE, arm_of, assigned, judged, shop

from retention_lib.estimates import NotEnough
from retention_lib.measures import experiment_units
from retention_lib.measures.experiment_features import Features, features
from retention_lib.measures.experiment_segment_sums import segment_sums
from retention_lib.measures.experiment_segments import Segments, segments

BEFORE = [
    "c01,o1,2025-06-01 10:00:00,100,25",  # long ago: only the days since the first sale
    "c01,o2,2026-01-30 10:00:00,30,10",
    "c01,o3,2026-02-02 11:00:00,50,0",  # on the day, before the assignment
    "c02,o4,2026-01-31 10:00:00,40,0",
    "c03,o5,2025-12-01 10:00:00,70,0",
    "c04,o6,2025-11-01 10:00:00,70,0",
]
AFTER = [
    "c01,o7,2026-02-02 12:00:00,1000,0",
    "c05,o8,2026-02-05 10:00:00,20,0",
    "c06,o9,2026-02-14 10:00:00,9,0",
]
SENT = [
    "c01,news,email,2026-01-27 10:00:00,2026-01-28 11:00:00",
    "c01,news,email,2026-01-28 10:00:00,2026-01-28 11:00:00",
    "c01,news,email,2026-01-29 10:00:00,2026-02-05 11:00:00",  # opened after the assignment
    "c02,news,email,2026-01-20 10:00:00,2026-01-20 11:00:00",  # before the days looked at
    "c02,x,email,2026-02-02 13:00:00,2026-02-02 14:00:00",
]
SALES = {"transactions": "customer_id,order_id,ordered_at,amount,discount"}
PEOPLE = [
    f"{name},,{'north' if place < 7 else 'south' if place < 11 else ''},,{'f' if place < 6 else 'm'},1990-02-02,yes"
    for place, name in enumerate(TWELVE)
]


def told(outcomes: object, **options: int) -> Features:
    found = features(outcomes, **options)  # type: ignore[arg-type]
    assert isinstance(found, Features)
    return found


def row_of(found: Features, **wanted: float) -> pd.Series:
    rows = found.frame
    for name, value in wanted.items():
        rows = rows[rows[name] == value]
    assert len(rows) == 1
    return rows.iloc[0]


def test_features_by_hand(tmp_path: Path) -> None:
    store = shop(
        tmp_path,
        headers=SALES,
        assignments=assigned(),
        transactions=BEFORE + AFTER,
        contacts=SENT,
        customers=PEOPLE,
    )
    _, outcomes = judged(store)
    found = told(outcomes)
    assert (found.units_all, found.share, found.unit, found.control) == (12, 1.0, "customer", "none")
    assert found.arms == ("none", "mail")
    assert found.names == (
        *("orders_before", "revenue_before", "mean_order_before", "discount_share_before"),
        *("days_since_last", "days_since_first", "messages_before", "opens_before", "region_north", "sex_f", "sex_m"),
    )
    assert found.results == ("revenue_full", "orders_full", "conversion", "contacts")
    assert list(found.frame.columns) == ["cluster", "arm", "members", *found.names, *found.results]
    ann = row_of(found, revenue_before=80)
    assert ann["arm"] == "mail"
    assert ann[["orders_before", "mean_order_before"]].tolist() == [2, 40]
    assert ann["discount_share_before"] == pytest.approx(10 / 90)
    assert ann[["days_since_last", "days_since_first"]].tolist() == [0, 246]
    assert ann[["messages_before", "opens_before"]].tolist() == [3, 2]
    assert ann[["region_north", "sex_f", "sex_m"]].tolist() == [1, 1, 0]
    assert ann[["revenue_full", "orders_full", "conversion"]].tolist() == [1000, 1, 1]
    never = row_of(found, revenue_full=9)
    assert never[["mean_order_before", "days_since_last"]].isna().all()
    assert never[["orders_before", "messages_before", "conversion"]].tolist() == [0, 0, 0]
    assert {name for name, kind in found.kinds.items() if kind == "flag"} == {"region_north", "sex_f", "sex_m"}


def test_nothing_that_happens_after_the_assignment_changes_a_feature(tmp_path: Path) -> None:
    frames = []
    for name, sales, sent in (("with", BEFORE + AFTER, SENT), ("without", BEFORE, SENT[:4])):
        (tmp_path / name).mkdir()
        tables = {"transactions": sales, "contacts": sent, "customers": PEOPLE}
        _, outcomes = judged(shop(tmp_path / name, headers=SALES, assignments=assigned(), **tables))
        found = told(outcomes)
        frames.append(found.frame[["cluster", "arm", "members", *found.names]])
    pd.testing.assert_frame_equal(*frames)


def test_the_rows_hold_no_ids_and_come_in_the_same_order_whatever_order_they_are_read_in(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    names = [f"k{number:04d}" for number in range(400)]
    rows = [f"{name},x,{'mail' if place % 3 else 'none'},2026-02-02 12:00:00,old" for place, name in enumerate(names)]
    sales = [f"{name},o{place},2026-01-{1 + place % 28:02d},{place}" for place, name in enumerate(names)]
    frames = []
    for turn in ("one", "two"):
        (tmp_path / turn).mkdir()
        order = rng.permutation(400)
        mixed = [rows[place] for place in order], [sales[place] for place in order[::-1]]
        _, outcomes = judged(shop(tmp_path / turn, assignments=mixed[0], transactions=mixed[1]), before_days=60)
        frames.append(told(outcomes).frame)
        few = told(outcomes, most=100)
        assert 30 < len(few.frame) <= 100
        assert few.share == len(few.frame) / 400
    pd.testing.assert_frame_equal(*frames)
    assert not frames[0].astype(str).apply(lambda column: column.str.match(r"k\d{4}")).any(axis=None)
    # The order says nothing about the customers: the revenue is the place of the id.
    assert abs(np.corrcoef(frames[0].index, frames[0]["revenue_before"])[0, 1]) < 4 / 400**0.5


def test_members_of_a_household_are_one_cluster_where_customers_are_the_units(tmp_path: Path) -> None:
    homes = [f"{name},h{place // 2},,,,," for place, name in enumerate(TWELVE[:4])]
    _, outcomes = judged(
        shop(tmp_path, assignments=assigned(), transactions=[row[:-3] for row in BEFORE], customers=homes)
    )
    found = told(outcomes)
    assert found.unit == "customer"
    # Two homes of two, and eight customers.
    assert sorted(found.frame["cluster"].value_counts()) == [1] * 8 + [2] * 2
    assert sorted(set(found.frame["cluster"])) == list(range(10))


def test_a_household_is_told_by_its_member_with_the_smallest_id_who_said_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(experiment_units, "FEWEST_HOMES", 1)
    homes = [f"{name},h{(place - 1) // 4 * 2 + place % 2},,,,," for place, name in enumerate(TWELVE, 1)]
    # c01 and c03 live together; c01 does not say where.
    homes = [row.replace(",,,,,", f",{region},,,,", 1) for row, region in zip(homes, REGIONS, strict=True)]
    _, outcomes = judged(shop(tmp_path, assignments=assigned(), transactions=["c09,o0,2026-01-30,5"], customers=homes))
    found = segments(outcomes)
    assert isinstance(found, Segments)
    # Of six homes five are in the north: by c03, by c02 (not c04), by c05, c06 and c09; the sixth by c10 (not c12).
    assert found.to_frame().query("dimension == 'region'")["segment"].tolist() == ["north", "other"]
    assert found.to_frame().query("dimension == 'region'")["units"].tolist() == [5, 1]


REGIONS = ["", "north", "north", "west", "north", "north", "", "", "north", "south", "", "north"]


def test_results_that_arrive_with_the_test_bring_what_was_known_before(tmp_path: Path) -> None:
    headers = {"outcomes": "customer_id,experiment_id,spend,visit,newbie,history"}
    rows = [f"{name},x,{place}.50,{place % 2},{int(place > 8)},{place * 10}" for place, name in enumerate(TWELVE[:11])]
    given = [f"{name},x,{arm_of(name)},," for name in TWELVE]
    store = shop(tmp_path, headers=headers, assignments=given, outcomes=rows)
    _, outcomes = judged(store, metrics=("spend", "visit"), known_before=("newbie", "history"))
    found = told(outcomes)
    assert (dict(found.kinds), found.results) == ({"newbie": "flag", "history": "number"}, ("spend", "visit"))
    assert found.frame["spend"].isna().sum() == 1  # c12 has no row
    assert row_of(found, history=100)[["spend", "newbie"]].tolist() == [10.5, 1]
    assert segments(outcomes).to_frame().to_numpy().tolist() == [
        ["newbie", "no", 9],
        ["newbie", "yes", 2],
        ["newbie", "unknown", 1],
        ["history", "low", 4],  # up to 33.3: 0 to 30
        ["history", "middle", 3],
        ["history", "high", 4],  # above 66.7: 70 to 100
        ["history", "unknown", 1],
    ]


SEGMENTED = [
    "c01,o1,2026-01-03 12:00:00,5",  # 30 days before
    "c02,o2,2026-01-02 12:00:00,5",  # 31
    "c03,o3,2025-11-04 12:00:00,5",  # 90
    "c04,o4,2025-11-03 12:00:00,5",  # 91
    "c05,o5,2026-02-02 12:00:00,5",  # at the assignment: after it
    *(f"c06,p{number},2026-01-{number:02d} 12:00:00,5" for number in range(20, 25)),
    *(f"c07,q{number},2026-01-{number:02d} 12:00:00,5" for number in range(20, 22)),
    "c08,r1,2026-01-20 12:00:00,5",  # sent back whole
    "c08,r1,2026-01-22 12:00:00,-5",
]


def test_segments_by_hand(tmp_path: Path) -> None:
    store = shop(tmp_path, assignments=assigned(), transactions=SEGMENTED, customers=PEOPLE)
    _, outcomes = judged(store, before_days=90)
    found = segments(outcomes)
    assert isinstance(found, Segments)
    assert found.to_frame().to_numpy().tolist() == [
        ["purchases", "0", 7],
        ["purchases", "1", 3],
        ["purchases", "2-4", 1],
        ["purchases", "5+", 1],
        ["recency", "0-30", 3],
        ["recency", "31-90", 2],
        ["recency", "91+", 7],
        ["region", "north", 7],
        ["region", "other", 4],  # fewer than five say south
        ["region", "unknown", 1],
        ["sex", "f", 6],
        ["sex", "m", 6],
    ]


def test_sums_by_segment_are_pandas(tmp_path: Path) -> None:
    """The sums of all units, taken one by one."""
    later = [f"{name},z{place},2026-02-0{3 + place % 4} 10:00:00,{place + 1}.25" for place, name in enumerate(TWELVE)]
    sales = [*SEGMENTED, *later]
    _, outcomes = judged(shop(tmp_path, assignments=assigned(), transactions=sales, customers=PEOPLE), before_days=90)
    groups = segments(outcomes)
    assert isinstance(groups, Segments)
    found = segment_sums(outcomes, groups, columns=("revenue", "conversion_full"))
    assert isinstance(found, pd.DataFrame)
    units = outcomes.table.to_pandas().merge(groups.table.to_pandas(), on="unit")
    expected = []
    for dimension, labels in groups.labels.items():
        for place, label in enumerate(labels):
            for arm in ("none", "mail"):
                rows = units[(units[dimension] == place) & (units["arm"] == arm)].astype({"revenue": float})
                if rows.empty:
                    continue
                before = rows["revenue_before"].astype(float)
                x = rows["revenue"]
                squares = ((x**2).sum(), before.sum(), (before**2).sum(), (before * x).sum())
                expected.append((dimension, label, arm, "revenue", len(rows), x.sum(), *squares))
                bought = rows["conversion_full"].sum()
                expected.append((dimension, label, arm, "conversion_full", len(rows), bought, bought, *[np.nan] * 3))
    pd.testing.assert_frame_equal(found, pd.DataFrame(expected, columns=found.columns), check_dtype=False)


def test_units_without_a_value_are_in_no_sum_of_their_segment(tmp_path: Path) -> None:
    headers = {"outcomes": "customer_id,experiment_id,spend,newbie"}
    rows = [f"{name},x,2,{place % 2}" for place, name in enumerate(TWELVE[:10])]
    given = [f"{name},x,{arm_of(name)},," for name in TWELVE]
    store = shop(tmp_path, headers=headers, assignments=given, outcomes=rows)
    _, outcomes = judged(store, metrics=("spend",), known_before=("newbie",))
    found = segment_sums(outcomes, segments(outcomes), columns=["spend"])
    assert isinstance(found, pd.DataFrame)
    # Odd customers are mailed and stand at even places.
    assert found[["segment", "arm", "n", "total", "total_squares"]].to_numpy().tolist() == [
        ["no", "mail", 5, 10, 20],
        ["yes", "none", 5, 10, 20],
        ["unknown", "none", 0, 0, 0],
        ["unknown", "mail", 0, 0, 0],
    ]


def test_a_store_that_knows_nothing_before_has_neither_features_nor_segments(tmp_path: Path) -> None:
    headers = {"assignments": "customer_id,experiment_id,variant"}
    rows = [f"{name},x,0,1.50" for name in TWELVE]
    given = [f"{name},x,{arm_of(name)}" for name in TWELVE]
    _, outcomes = judged(shop(tmp_path, headers=headers, assignments=given, outcomes=rows))
    assert features(outcomes) == segments(outcomes) == NotEnough("features_known", 0, 1)


def test_a_refusal_is_handed_on() -> None:
    refused = NotEnough("arms", 1, 2)
    assert features(refused) is refused
    assert segments(refused) is refused
    assert segment_sums(refused, refused, columns=["spend"]) is refused
