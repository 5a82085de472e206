from __future__ import annotations

import pytest

from retention_lib import measures, models
from retention_lib.reports import charts


def test_modules_of_a_room_are_its_attributes() -> None:
    from retention_lib.models.intervals import wilson

    assert models.intervals.wilson is wilson
    assert charts.axes.__name__ == "retention_lib.reports.charts.axes"
    assert {"gaps", "purchases"} <= set(dir(measures))


def test_a_name_that_is_no_module_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'gap'"):
        _ = measures.gap
    assert not hasattr(models, "__wrapped__")
