"""Runs that are killed at any moment never damage what was published before."""

from __future__ import annotations

import json
import random
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from runs import shop

OTHER_SALES = [*shop.SALES, ("2017-12-20", "004", "1.25")]
SLOW = shop.notebook(("Headline", shop.HEADLINE), ("Wait", "import time\ntime.sleep(60)"))


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two reports, published once."""
    root = shop.write_project(tmp_path_factory.mktemp("kills"), {"one": shop.good(), "two": shop.good()})
    assert shop.run(root).exit_code == 0
    return root


def published(project: Path) -> dict[str, str]:
    return shop.content(project / "outputs" / "shop")


def wait_until(happened: Callable[[], bool], *, seconds: float) -> bool:
    ends = time.monotonic() + seconds
    while not happened():
        if time.monotonic() > ends:
            return False
        time.sleep(0.001)
    return True


def gone(project: Path) -> bool:
    return wait_until(lambda: not shop.processes_of(project), seconds=5)


def staged(project: Path, pattern: str) -> Callable[[], bool]:
    return lambda: any((project / "outputs").glob(pattern))


def test_killed_runs_leave_the_old_or_the_new_tree(tmp_path: Path) -> None:
    project = shop.write_project(tmp_path / "p", {"one": shop.good()})
    trees = []
    for sales in (OTHER_SALES, shop.SALES):
        shop.write_sales(project, sales)
        assert shop.run(project).exit_code == 0
        trees.append(published(project))
    assert trees[0] != trees[1]
    dice = random.Random(20261122)
    moments: list[Callable[[], bool]] = [
        staged(project, ".building/*/reports/*/one.html"),
        staged(project, ".building/*/tree/2017-12/manifest.json"),
        staged(project, ".building/*/tree/index.html"),
        staged(project, ".building/*/link"),
    ]
    for turn in range(8):
        shop.write_sales(project, [OTHER_SALES, shop.SALES][turn % 2])
        run = shop.start(project)
        if turn < len(moments):
            wait_until(lambda: moments[turn]() or run.poll() is not None, seconds=20)  # noqa: B023
        else:
            time.sleep(dice.uniform(0.1, 3.5))
        run.send_signal(signal.SIGKILL)
        run.communicate()
        assert published(project) in trees
        assert gone(project)
    assert shop.run(project).exit_code == 0
    assert published(project) == trees[turn % 2]
    assert list((project / "outputs" / ".building").iterdir()) == []
    assert len(list((project / "outputs" / ".published" / "shop").iterdir())) == 1


@pytest.mark.xdist_group("kills")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_stopped_run_ends_its_kernels_and_removes_what_it_built(project: Path, number: signal.Signals) -> None:
    before = published(project)
    good = (project / "notebooks" / "two.ipynb").read_text()
    (project / "notebooks" / "two.ipynb").write_text(json.dumps(SLOW))
    try:
        run = shop.start(project)
        assert run.stderr is not None
        while (line := run.stderr.readline()) and line.strip() != "two: Wait":
            pass
        assert any("runs.kernel" in line for line in shop.processes_of(project))
        run.send_signal(number)
        run.communicate(timeout=10)
    finally:
        (project / "notebooks" / "two.ipynb").write_text(good)
    assert run.returncode != 0
    assert published(project) == before
    assert shop.processes_of(project) == []
    assert list((project / "outputs" / ".building").iterdir()) == []
