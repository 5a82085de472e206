"""A real browser for the pages, a real server for the stores, and the order of the tests."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from postgres_server import Postgres, programs, running
from turns import ByFile, in_turn

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

# Before numpy is first imported: workers beside each other take a core each, and a product of small matrices that
# waits for the threads of others costs six times the work.
os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items[:] = in_turn(items)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByFile | None:
    return ByFile(config, log) if config.getoption("dist") == "loadgroup" else None


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """Chromium by Playwright; without it a test is skipped, or fails where RETENTION_REQUIRE asks for it."""
    required = "browser" in os.environ.get("RETENTION_REQUIRE", "").split(",")
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        if required:
            pytest.fail(
                "RETENTION_REQUIRE asks for a browser and there is no chromium; install it (apt-get install chromium)"
            )
        pytest.skip("no chromium on this machine; install it (apt-get install chromium) to test the pages")
    from playwright.sync_api import sync_playwright

    options = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=options)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server; without it a test is skipped, or fails where RETENTION_REQUIRE asks for it."""
    folder = programs()
    if folder is None:
        said = "there is no PostgreSQL on this machine; install it (apt-get install postgresql)"
        if "postgres" in os.environ.get("RETENTION_REQUIRE", "").split(","):
            pytest.fail(f"RETENTION_REQUIRE asks for postgres and {said}")
        pytest.skip(said)
    with running(folder) as server:
        yield server
