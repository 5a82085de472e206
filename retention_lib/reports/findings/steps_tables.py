"""Small tables of the steps of new customers, of the model's word and of the break-even of a contact."""

from __future__ import annotations

from typing import Any

import pandas as pd

from retention_lib.models.alive import AliveBands
from retention_lib.models.contact_bands import BreakEvenByBand
from retention_lib.models.steps import HORIZONS, JUDGED_AT, StepSurvival
from retention_lib.reports.blocks import Column, Table
from retention_lib.reports.findings.steps import band_name
from retention_lib.reports.rows import rows
from retention_lib.reports.tables import shown_table
from retention_lib.reports.words import DASH, N_, Words


@shown_table.register
def _(result: StepSurvival, words: Words) -> Table:
    frame = result.table.assign(
        name=[step_name(int(step), words) for step in result.table["step"]],
        half=[_median(days, words) for days in result.table["median"]],
        peak=[_peak(row, words) for row in rows(result.table)],
        waiting=[_waiting(row, words) for row in result.table.to_dict("records")],
    )
    shares = [
        Column(
            name=f"returned_{days}",
            header=words.say(N_("By day {days}"), days=days),
            kind="share",
            low=f"returned_{days}_low",
            high=f"returned_{days}_high",
        )
        for days in HORIZONS
    ]
    columns = (
        Column(name="name", header=words.say(N_("Purchase"))),
        Column(
            name="waiting",
            header=words.say(N_("Customers / waiting on day {days}"), days=JUDGED_AT),
            kind="written",
        ),
        *shares,
        Column(name="half", header=words.say(N_("Half by")), kind="written"),
        Column(name="peak", header=words.say(N_("Most likely on days")), kind="written"),
    )
    return Table(columns=columns, frame=frame, caption=words.say(N_("Who went on to the next purchase, by step")))


@shown_table.register
def _(result: AliveBands, words: Words) -> Table:
    frame = result.table.assign(band=_bands(result.table, words))
    columns = (
        Column(name="band", header=words.say(N_("Days silent"))),
        Column(name="customers", header=words.say(N_("Customers")), kind="integer"),
        Column(name="alive", header=words.say(N_("Customers still, by the model")), kind="share"),
        Column(name="expected", header=words.say(N_("To buy, by the model")), kind="share"),
        Column(name="share", header=words.say(N_("Did buy")), kind="share", low="low", high="high"),
    )
    caption = words.say(
        N_("The model's word on {cutoff} and purchases within {days} after it"),
        cutoff=result.cutoff,
        days=words.days(result.horizon_days),
    )
    return Table(columns=columns, frame=frame, caption=caption)


@shown_table.register
def _(result: BreakEvenByBand, words: Words) -> Table:
    frame = result.table.assign(
        band=_bands(result.table, words), pays=[_pays(row, words) for row in rows(result.table)]
    )
    columns = (
        Column(name="band", header=words.say(N_("Days silent"))),
        Column(name="customers", header=words.say(N_("Customers now")), kind="integer"),
        Column(name="share", header=words.say(N_("Come back by themselves")), kind="share", low="low", high="high"),
        Column(name="profit_if_won", header=words.say(N_("Profit of one who returns")), kind="money"),
        Column(name="pays", header=words.say(N_("Pays if it adds")), kind="written"),
    )
    caption = words.say(
        N_("A contact at {cost}, by days of silence; returns and profit within {days}, at a margin of {margin}"),
        cost=words.money(result.contact_cost),
        days=words.days(result.horizon_days),
        margin=words.percent(result.gross_margin),
    )
    return Table(columns=columns, frame=frame, thin="thin", caption=caption)


def step_name(step: int, words: Words) -> str:
    """A step, as in "1 to 2"."""
    return words.say(N_("{first} to {last}"), first=step, last=step + 1)


def _median(days: float, words: Words) -> str:
    return words.say(N_("not reached")) if pd.isna(days) else words.days(days)


def _peak(row: Any, words: Words) -> str:
    if pd.isna(row.peak_from):
        return DASH
    if pd.isna(row.peak_to):
        return words.say(N_("from {first}"), first=int(row.peak_from))
    return words.say(N_("{first} to {last}"), first=int(row.peak_from), last=int(row.peak_to))


def _waiting(row: dict[Any, Any], words: Words) -> str:
    """Who made the purchase before, and who of them had not made the next one some time later."""
    return f"{words.number(row['customers'])} / {words.number(row[f'at_risk_{JUDGED_AT}'])}"


def _bands(table: pd.DataFrame, words: Words) -> list[str]:
    return [band_name(row.silence_above, row.silence_to, words) for row in rows(table)]


def _pays(row: Any, words: Words) -> str:
    """The lift that pays for a contact."""
    if row.pays == "unknown":
        return words.say(N_("not known"))
    if row.pays == "cannot":
        return words.say(N_("cannot pay"))
    if pd.isna(row.one_in):
        return words.say(N_("anyone"))
    return words.say(N_("1 in {n}"), n=words.number(max(1.0, float(row.one_in))))
