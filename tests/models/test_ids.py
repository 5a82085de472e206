"""Look-alike and orphan ids as they are judged."""

from __future__ import annotations

import pandas as pd

from retention_lib.estimates import NotEnough
from retention_lib.models.ids import LookAlikes, OrphanIds, look_alikes, orphan_ids, reused_orders


def kinds(*rows: tuple[str, int, int]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["kind", "groups", "ids"]).assign(example="")


def test_kinds_without_a_group_are_left_out() -> None:
    found = look_alikes(kinds(("zeros", 2, 5), ("case", 0, 0), ("letters", 1, 2), ("all", 0, 100)))
    assert isinstance(found, LookAlikes)
    assert (found.ids, found.groups, found.found) == (100, 3, True)
    assert found.table["kind"].tolist() == ["zeros", "letters"]
    clean = look_alikes(kinds(("zeros", 0, 0), ("all", 0, 100)))
    assert isinstance(clean, LookAlikes)
    assert not clean.found


def test_without_ids_nothing_is_judged() -> None:
    assert look_alikes(kinds(("all", 0, 0))) == NotEnough("customers_with_sales", 0, 1)


def orphans(*rows: tuple[str, int, int]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["table", "ids", "orphans"])
    return frame.assign(column="customer_id", reference="customers")


def test_orphans_are_shares_of_the_tables_ids_the_worst_first() -> None:
    found = orphan_ids(orphans(("contacts", 200, 2), ("service", 10, 5), ("feedback", 7, 0), ("costs", 0, 0)))
    assert isinstance(found, OrphanIds)
    assert found.found
    assert found.table["share"].tolist() == [0.01, 0.5, 0.0]
    assert found.worst["table"].tolist() == ["service", "contacts"]
    assert not orphan_ids(orphans(("feedback", 7, 0))).found


def test_one_table_has_nothing_to_be_compared_with() -> None:
    assert orphan_ids(orphans()) == NotEnough("tables_with_ids", 1, 2)


def test_order_numbers_used_again_are_found_above_one_percent() -> None:
    few, many = (reused_orders(pd.DataFrame({"orders": [200], "reused": [again]})) for again in (2, 3))
    assert (few.share, few.found) == (0.01, False)
    assert (many.share, many.found) == (0.015, True)
    assert many.to_frame().to_dict("records") == [{"orders": 200, "reused": 3, "share": 0.015}]
    assert reused_orders(pd.DataFrame({"orders": [], "reused": []})) == NotEnough("sales_known", 0, 1)
