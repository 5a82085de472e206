"""Sentences of the campaign evaluation."""

from __future__ import annotations

from retention_lib.measures.experiments import MixedUnits
from retention_lib.models.experiments.sample_ratio import SampleRatio
from retention_lib.reports.blocks import Alert
from retention_lib.reports.findings.base import alert, check_alert
from retention_lib.reports.units import of_unit
from retention_lib.reports.words import N_, Words


@alert.register
def _(result: SampleRatio, words: Words) -> Alert:
    message = (
        N_("The arms do not have the planned sizes (chi-squared {chi}, p {p}): no effect may be called.")
        if result.broken
        else of_unit(
            result.unit,
            household=N_("The arms have the planned sizes (chi-squared {chi}, p {p}; {n} households)."),
            customer=N_("The arms have the planned sizes (chi-squared {chi}, p {p}; {n} customers)."),
        )
    )
    return Alert(
        level="stop" if result.broken else "ok",
        title=words.say(N_("Split.")),
        sentence=words.say(
            message,
            chi=words.number(result.statistic, 3),
            p=words.p_value(result.p),
            n=int(result.table["customers"].sum()),
        ),
    )


@alert.register
def _(result: MixedUnits, words: Words) -> Alert:
    if result.mixed:
        message = of_unit(
            result.unit,
            household=N_("{mixed} of {assigned} households have members in two arms; they are left out of both."),
            customer=N_("{mixed} of {assigned} customers are in two arms; they are left out of both."),
        )
    else:
        message = of_unit(
            result.unit,
            household=N_("Judged by household, {assigned} in all; none has members in two arms."),
            customer=N_("None of the {assigned} customers is in two arms."),
        )
    return check_alert(
        found=result.mixed > 0,
        title=words.say(N_("Both arms.")),
        sentence=words.say(message, mixed=result.mixed, assigned=result.assigned),
    )
