"""A past test's features, told of customers of today: counted by hand."""

from __future__ import annotations

from pathlib import Path

import pytest
from measures.actions.plan_shop import context, only

from retention_lib.estimates import NotEnough
from retention_lib.measures.actions.candidates import candidates
from retention_lib.measures.actions.offer_features import OfferFeatures, offer_features
from retention_lib.measures.actions.people import people

HEADERS = {"customers": "customer_id,region,email_consent"}
CUSTOMERS = [f"{number:02d}" for number in range(20)]


def told(folder: Path, test: str | NotEnough = "spring", scenario: str = "reactivation") -> OfferFeatures | NotEnough:
    """Twenty customers with an order in January, in a test in March; the even ones ordered 20 and 30 once more."""
    sales = [f'"{one}",{one}a,2026-01-10 10:00:00,{100 + int(one)}' for one in CUSTOMERS]
    sales += [f'"{one}",{one}b,2026-05-02 10:00:00,20' for one in CUSTOMERS[::2]]
    sales += [f'"{one}",{one}c,2026-05-22 10:00:00,30' for one in CUSTOMERS[::2]]
    plan = context(
        folder,
        playbook=only("reactivation"),
        headers=HEADERS,
        transactions=sales,
        customers=[f'"{one}",{"north" if int(one) < 10 else "south"},yes' for one in CUSTOMERS],
        assignments=[f'"{one}",spring,{("none", "gift")[int(one) % 2]},2026-03-02 00:00:00' for one in CUSTOMERS],
        service=[f'"{one}",2026-06-29 12:00:00,' for one in CUSTOMERS[:4]],  # these are not asked
    )
    found = candidates(plan, people(plan))
    return offer_features(plan, found, test, scenarios=[scenario], gross_margin=0.5)


def test_today_is_told_as_the_test_was(tmp_path: Path) -> None:
    found = told(tmp_path)
    assert isinstance(found, OfferFeatures)
    assert found.units.arms == ("none", "gift")
    assert list(found.now.columns) == ["row", *found.units.names]
    assert found.now["row"].tolist() == list(range(4, 20))
    rows = found.now.set_index("row")
    # In the 84 days before 1 July customer 4 bought for 20 and 30, customer 5 nothing.
    assert rows.loc[[4, 5], "revenue_before"].tolist() == [50.0, 0.0]
    # The test began in March, when all had bought for 100 and their number.
    units = found.units.frame
    assert sorted(units["revenue_before"]) == pytest.approx([100.0 + int(one) for one in CUSTOMERS])
    assert rows.loc[[4, 12], "region_north"].tolist() == [1.0, 0.0]


def test_nobody_asks(tmp_path: Path) -> None:
    assert told(tmp_path, scenario="birthday") == NotEnough("customers_to_contact", 0, 1)


def test_a_refusal_goes_through(tmp_path: Path) -> None:
    refusal = NotEnough("offers_tested", 0, 1)
    assert told(tmp_path, refusal) is refusal
