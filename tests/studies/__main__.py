"""`make study`: run the simulation studies, show their figures and merge them by name into outputs/study.json."""

from __future__ import annotations

import argparse
import importlib
import json
from dataclasses import asdict
from pathlib import Path

from named_entries import merge_entries
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from studies import (
    campaign_errors,
    campaign_looks,
    campaign_policy,
    campaign_power,
    campaign_profit,
    campaign_truth,
    churn_risk,
    corruptions_handled,
    late_delivery_coverage,
    loyalty_effect,
    loyalty_invited,
    playbook,
    points_redemption,
    simulator_mechanisms,
    value_intervals,
)
from studies.cases import CACHE, case_results
from studies.study import Found, Study

OUTPUT = Path(__file__).parents[2] / "outputs" / "study.json"
STUDIES = {
    **campaign_policy.STUDIES,
    "campaign_errors": campaign_errors.STUDY,
    "campaign_looks": campaign_looks.STUDY,
    "campaign_power": campaign_power.STUDY,
    "campaign_profit": campaign_profit.STUDY,
    "campaign_truth": campaign_truth.STUDY,
    "churn_risk": churn_risk.STUDY,
    "corruptions_handled_share": corruptions_handled.STUDY,
    "late_delivery_coverage": late_delivery_coverage.STUDY,
    **loyalty_effect.STUDIES,
    "loyalty_invited": loyalty_invited.STUDY,
    "playbook": playbook.STUDY,
    "points_redemption": points_redemption.STUDY,
    "simulator_mechanisms": simulator_mechanisms.STUDY,
    "value_intervals": value_intervals.STUDY,
}
FIGURES = {
    **{figure: study for study, figures in campaign_policy.FIGURES.items() for figure in figures},
    **dict.fromkeys(campaign_errors.FIGURES, "campaign_errors"),
    **dict.fromkeys(campaign_looks.FIGURES, "campaign_looks"),
    **dict.fromkeys(campaign_power.FIGURES, "campaign_power"),
    **dict.fromkeys(campaign_profit.FIGURES, "campaign_profit"),
    **dict.fromkeys(campaign_truth.FIGURES, "campaign_truth"),
    **dict.fromkeys(churn_risk.FIGURES, "churn_risk"),
    **dict.fromkeys(late_delivery_coverage.FIGURES, "late_delivery_coverage"),
    **{figure: study for study, figures in loyalty_effect.FIGURES.items() for figure in figures},
    **dict.fromkeys(loyalty_invited.FIGURES, "loyalty_invited"),
    **dict.fromkeys(playbook.FIGURES, "playbook"),
    **dict.fromkeys(points_redemption.FIGURES, "points_redemption"),
    **dict.fromkeys(value_intervals.FIGURES, "value_intervals"),
}
"""Figures by the study that gives them, where it gives several: each is a name for all of it."""

_SHOWN = 20


def main() -> None:
    """Run one study or all of them, or repeat one case of one."""
    parser = argparse.ArgumentParser(prog="make study", description=__doc__)
    names = list(dict.fromkeys([*STUDIES, *FIGURES]))
    parser.add_argument("name", nargs="?", choices=[*names, ""], default="", help="one of them; all if omitted")
    parser.add_argument("--case", type=int, help="repeat only the case of this number and show what it gives")
    options = parser.parse_args()
    console = Console()
    names = [FIGURES.get(options.name, options.name)] if options.name else list(STUDIES)
    if options.case is not None:
        module, _, function = STUDIES[names[0]].target.partition(":")
        console.print_json(data=getattr(importlib.import_module(module), function)(options.case))
        return
    found = [figure for name in names for figure in _run(name, STUDIES[name], console)]
    console.print(_table(found))


def _run(name: str, study: Study, console: Console) -> list[Found]:
    """Work a study off; its failures are shown, and all of them kept beside the results."""
    with Progress(console=console) as progress:
        task = progress.add_task(name, total=study.cases)
        results = case_results(
            name,
            study.target,
            study.cases,
            chunk=study.chunk,
            told=lambda done: progress.update(task, completed=done),
        )
    failures = study.failures(results)
    if failures:
        path = CACHE / f"{name}.failures.json"
        path.write_text(json.dumps(failures, indent=1, ensure_ascii=False), encoding="utf-8")
        console.print(f"{name}: {len(failures)} failures, all of them in {path}; the first ones:")
        for failure in failures[:_SHOWN]:
            console.print(json.dumps(failure, ensure_ascii=False), markup=False)
    figures = study.figures(results)
    merge_entries(OUTPUT, [asdict(figure) for figure in figures])
    return figures


def _table(found: list[Found]) -> Table:
    table = Table("figure", "value", "low", "high", "n", title=str(OUTPUT))
    for one in found:
        table.add_row(one.name, f"{one.value:.6g}", f"{one.low:.6g}", f"{one.high:.6g}", str(one.n))
    return table


if __name__ == "__main__":
    main()
