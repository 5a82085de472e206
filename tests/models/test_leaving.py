from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from retention_lib.estimates import NotEnough
from retention_lib.models.leaving import ReasonsToLeave, reasons_to_leave

COLUMNS = ["reason", "silence_from", "year_from", "recent_from", "exposed", "customers", "quiet"]
CUTOFF = date(2026, 4, 1)


def counted(*rows: tuple[str, int, bool, int, int]) -> pd.DataFrame:
    """Rows of (reason, silence class, exposed, customers, quiet), all with one class of purchases."""
    return pd.DataFrame([(name, silence, 1, 1, *rest) for name, silence, *rest in rows], columns=COLUMNS)


def reasons(frame: pd.DataFrame, active: int = 1000) -> ReasonsToLeave:
    result = reasons_to_leave(frame, active=active, cutoff=CUTOFF, horizon_days=90)
    assert isinstance(result, ReasonsToLeave)
    return result


BAD = counted(
    ("bad_review", 0, True, 100, 60),
    ("bad_review", 0, False, 500, 100),
    ("bad_review", 7, True, 100, 90),
    ("bad_review", 7, False, 100, 50),
)
ALIKE = counted(("price_rise", 0, True, 400, 40), ("price_rise", 0, False, 400, 40))
FEW = counted(("contact_open", 0, True, 10, 9), ("contact_open", 0, False, 400, 40))


def test_a_reason_by_hand() -> None:
    result = reasons(BAD)
    row = result.table.iloc[0]
    # Weights 100 * 500 / 600 and 100 * 100 / 200; both differences are .4.
    assert row["difference"] == pytest.approx(0.4)
    assert row["raw_difference"] == pytest.approx(0.75 - 0.25)
    assert (row["customers"], row["quiet"], row["active_share"]) == (200, 150, 0.2)
    assert row["behind_it"] == pytest.approx(80)
    assert row["share"] - row["alike_share"] == pytest.approx(row["difference"])
    assert result.worst == "bad_review"


UNLIKE = counted(
    ("bad_review", 0, True, 10, 8),
    ("bad_review", 0, False, 100, 20),
    ("bad_review", 7, True, 100, 30),
    ("bad_review", 7, False, 50, 10),
    ("bad_review", 28, True, 10, 9),
)


def test_who_stands_behind_a_reason_is_counted_by_class() -> None:
    row = reasons(UNLIKE).table.iloc[0]
    # 8 - 10 * .2 and 30 - 100 * .2; the ten of the last class have nobody to be compared with.
    assert row["behind_it"] == pytest.approx(16)
    assert row["covered"] == pytest.approx(110 / 120)
    # 100 (.16 / 9 + .16 / 99) + 10,000 (.21 / 99 + .16 / 49) = 55.805
    half = 1.959964 * 55.805**0.5
    assert [row["behind_low"], row["behind_high"]] == pytest.approx([16 - half, 16 + half], rel=1e-4)
    # Weighted by the overlap instead, and multiplied by all, it would be 25.
    assert row["difference"] * row["customers"] == pytest.approx(24.9, abs=0.1)


def test_only_classes_that_hold_both_make_a_reason_thick() -> None:
    apart = counted(
        ("bad_review", 0, True, 100, 90),
        ("bad_review", 0, False, 29, 3),
        ("bad_review", 7, False, 900, 90),
    )
    row = reasons(apart).table.iloc[0]
    assert row["thin"]
    assert np.isnan([row["p_adjusted"], row["behind_it"]]).all()
    assert not reasons(pd.concat([apart, counted(("bad_review", 0, False, 1, 0))])).table["thin"].iloc[0]


def test_a_reason_without_a_difference_has_nobody_behind_it() -> None:
    result = reasons(ALIKE)
    assert result.worst is None
    assert np.isnan(result.table["behind_it"].iloc[0])
    assert not result.table["differs"].iloc[0]


def test_few_customers_are_neither_tested_nor_named() -> None:
    table = reasons(pd.concat([FEW, ALIKE])).table
    assert list(table["reason"]) == ["price_rise", "contact_open"]
    assert list(table["thin"]) == [False, True]
    assert np.isnan(table["p_adjusted"].iloc[1])
    # The one reason tested is not corrected for the thin one.
    assert table["p_adjusted"].iloc[0] == pytest.approx(1)


def test_who_leaves_less_is_no_reason_to_leave() -> None:
    result = reasons(counted(("contact", 0, True, 200, 20), ("contact", 0, False, 200, 120)))
    assert result.table["differs"].iloc[0]
    assert result.worst is None
    assert np.isnan(result.table["behind_it"].iloc[0])


def test_tests_are_corrected_for_their_number() -> None:
    weak = counted(("lost_category", 0, True, 200, 60), ("lost_category", 0, False, 200, 42))
    alone, together = reasons(weak).table, reasons(pd.concat([weak, ALIKE])).table
    assert alone["p_adjusted"].iloc[0] < 0.05
    assert together.set_index("reason")["p_adjusted"]["lost_category"] == pytest.approx(2 * alone["p_adjusted"].iloc[0])


def test_what_the_store_knows_nothing_of_is_told() -> None:
    assert reasons(BAD).left_out == ("contact", "out_of_stock", "price_rise", "lost_category")


def test_a_reason_that_nobody_met_with_has_no_row_but_is_known() -> None:
    nobody = counted(("out_of_stock", 0, False, 500, 100))
    result = reasons(pd.concat([BAD, nobody]))
    assert list(result.table["reason"]) == ["bad_review"]
    assert "out_of_stock" not in result.left_out


def test_refusals() -> None:
    refused = NotEnough("customers", 1, 2)
    assert reasons_to_leave(refused, active=1, cutoff=CUTOFF, horizon_days=90) is refused
    nothing = reasons_to_leave(counted(), active=9, cutoff=CUTOFF, horizon_days=90)
    assert isinstance(nothing, NotEnough)
    assert nothing.reason == "reasons_known"
    assert reasons_to_leave(counted(), active=0, cutoff=CUTOFF, horizon_days=90) == NotEnough(
        "customers_active_past", 0, 1
    )
    nobody = reasons_to_leave(ALIKE[~ALIKE["exposed"]], active=9, cutoff=CUTOFF, horizon_days=90)
    assert isinstance(nobody, NotEnough)
    assert nobody.reason == "customers_with_reasons"
