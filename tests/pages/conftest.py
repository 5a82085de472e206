"""A real browser for the pages."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = Path("/usr/bin/chromium")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """Chromium by Playwright; without it a test is skipped, or fails where RETENTION_REQUIRE asks for it."""
    required = "browser" in os.environ.get("RETENTION_REQUIRE", "").split(",")
    if not CHROMIUM.exists():
        if required:
            pytest.fail(f"RETENTION_REQUIRE asks for a browser and {CHROMIUM} is missing")
        pytest.skip(f"{CHROMIUM} is missing: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    options = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=options)
        yield browser
        browser.close()
