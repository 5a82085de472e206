"""The published sample that a report holds its models to."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from retention_lib.estimates import NotAsked, NotEnough
from retention_lib.models.btyd import BetaGeometric, fit_bg_nbd
from retention_lib.workbench import open_report
from retention_lib.workbench.reference import ReferenceSample

PROJECT = Path(__file__).parents[2]
CALIBRATED = date(1997, 10, 1)


def test_the_sample_of_the_literature_in_weeks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(PROJECT)
    report = open_report("parameters/public.yml", "cohort_ltv")
    sample = report.reference_sample("cdnow_sample", until=CALIBRATED)
    assert isinstance(sample, ReferenceSample)
    # Fader, Hardie and Lee (2005): 2,357 customers, 946 of whom bought again in the first 39 weeks
    assert sample.counts["customers"].sum() == 2357
    assert sample.values.loc[sample.values["frequency"] > 0, "customers"].sum() == 946
    fitted = fit_bg_nbd(sample.counts)
    assert isinstance(fitted, BetaGeometric)
    assert fitted.alpha == pytest.approx(4.4136, rel=0.005)


def test_without_a_name_nothing_is_asked_of_the_models(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(PROJECT)
    sample = open_report("parameters/public.yml", "cohort_ltv").reference_sample("", until=CALIBRATED)
    assert isinstance(sample, NotEnough)
    assert isinstance(fit_bg_nbd(sample.counts), NotAsked)
