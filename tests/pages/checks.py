"""What must hold for every page, checked in a real browser.

Each check takes the `chromium` fixture's browser and the file of a page, and returns what is wrong, one
sentence each; a page is right when `page_problems` is empty. Run over made pages as::

    assert page_problems(chromium, Path("outputs/public/2017-12/churn_diagnosis.html")) == []
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

LAPTOP, PHONE = 1100, 360
LARGEST_BYTES = 1_500_000

# Text of the page by element, each with its computed colours, is axe's business; these are ours.
_IDS = "[...document.querySelectorAll('[id]')].map(e => e.id)"
_CHARTS = """[...document.querySelectorAll('[role=img], img')].map(e => ({
    alt: e.getAttribute('aria-label') ?? e.getAttribute('alt') ?? '',
    shown: e.getClientRects().length > 0,
    figure: [...document.querySelectorAll('figure')].indexOf(e.closest('figure')),
}))"""
_CARDS = """[...document.querySelectorAll('.card .value, .figures .value')].map(e => {
    const range = document.createRange(); range.selectNodeContents(e);
    const box = range.getBoundingClientRect(), card = e.closest('li').getBoundingClientRect();
    return {text: e.textContent, lines: range.getClientRects().length,
            out: box.right > card.right + 1 || box.left < card.left - 1};
})"""
_STRUCTURE = """({
    lang: document.documentElement.lang, title: document.title,
    h1: document.querySelectorAll('h1').length, main: document.querySelectorAll('main').length,
    skip: document.querySelector('a.skip')?.getAttribute('href'),
    scripts: document.querySelectorAll('script').length,
    handlers: [...document.querySelectorAll('*')].filter(
        e => [...e.attributes].some(a => a.name.startsWith('on'))).length,
    csp: document.querySelector('meta[http-equiv=Content-Security-Policy]')?.content ?? '',
    scopeless: [...document.querySelectorAll('th')].filter(e => !e.scope).length,
    links: [...document.querySelectorAll('a')].map(e => e.getAttribute('href') ?? ''),
    scrolling: [...document.querySelectorAll('table')].filter(
        t => !t.closest('[role=region][tabindex="0"][aria-label]')).length,
})"""


@dataclass
class Opened:
    """A page in the browser, with what it asked for and said on the way."""

    page: Any
    requests: list[str] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)


@contextmanager
def opened(chromium: Any, file: Path, *, width: int = LAPTOP) -> Iterator[Opened]:
    """The page at a width, recording requests, console errors and dialogs."""
    context = chromium.new_context(viewport={"width": width, "height": 900})
    page = context.new_page()
    shown = Opened(page)
    page.on("request", lambda request: shown.requests.append(request.url))
    page.on(
        "console",
        lambda said: shown.messages.append(said.text) if said.type in {"error", "warning"} else None,
    )
    page.on("pageerror", lambda error: shown.messages.append(str(error)))

    def close(dialog: Any) -> None:
        shown.messages.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    page.on("dialog", close)
    try:
        page.goto(file.resolve().as_uri())
        yield shown
    finally:
        context.close()


def page_problems(chromium: Any, file: Path) -> list[str]:
    """All that is wrong with a page, by every check of this module."""
    checks: tuple[Callable[[Any, Path], list[str]], ...] = (
        traffic_problems,
        structure_problems,
        alt_text_problems,
        accessibility_problems,
        phone_problems,
        card_problems,
        print_problems,
    )
    return [problem for check in checks for problem in check(chromium, file)]


def traffic_problems(chromium: Any, file: Path) -> list[str]:
    """The page is one file: it asks for nothing else, says nothing on the console, and is small."""
    with opened(chromium, file) as shown:
        others = [f"asks for {url[:80]}" for url in shown.requests if url != file.resolve().as_uri()]
        said = [f"says on the console: {text[:200]}" for text in shown.messages]
    size = file.stat().st_size
    return [*others, *said, *([f"has {size:,} bytes"] if size > LARGEST_BYTES else [])]


def structure_problems(chromium: Any, file: Path) -> list[str]:
    """Language, title, landmarks, headings, ids, links and the security policy."""
    with opened(chromium, file) as shown:
        found = shown.page.evaluate(_STRUCTURE)
        ids = shown.page.evaluate(_IDS)
    wrong = {
        "has no language": not found["lang"],
        "has no title": not found["title"].strip(),
        f"has {found['h1']} first-level headings": found["h1"] != 1,
        f"has {found['main']} main landmarks": found["main"] != 1,
        "has no skip link to its main part": found["skip"] != "#main" or "main" not in ids,
        "holds a script": found["scripts"] > 0,
        "holds an event handler": found["handlers"] > 0,
        "allows more than it needs": "default-src 'none'" not in found["csp"],
        f"has {found['scopeless']} table headers without scope": found["scopeless"] > 0,
        f"has {found['scrolling']} tables outside a labelled scroll region": found["scrolling"] > 0,
        "repeats an id": len(ids) != len(set(ids)),
    }
    links = [link for link in found["links"] if not re.match(r"https?://|#|[\w.%/-]+$", link)]
    return [sentence for sentence, holds in wrong.items() if holds] + [f"links to {link[:60]}" for link in links]


def alt_text_problems(chromium: Any, file: Path) -> list[str]:
    """Every chart is told with a number, and each figure shows one picture at each width."""
    problems = []
    for width in (LAPTOP, PHONE):
        with opened(chromium, file, width=width) as shown:
            charts = shown.page.evaluate(_CHARTS)
        problems += [
            f"tells a chart without a number: {c['alt'][:60]!r}" for c in charts if not re.search(r"\d", c["alt"])
        ]
        for figure in {chart["figure"] for chart in charts} - {-1}:
            visible = sum(chart["shown"] for chart in charts if chart["figure"] == figure)
            if visible != 1:
                problems.append(f"shows {visible} pictures in figure {figure + 1} at {width} px")
    return problems


def accessibility_problems(chromium: Any, file: Path) -> list[str]:
    """What axe-core finds on laptop and phone, method notes unfolded."""
    problems = []
    for width in (LAPTOP, PHONE):
        with opened(chromium, file, width=width) as shown:
            shown.page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true })")
            shown.page.evaluate(_axe())
            found = shown.page.evaluate("axe.run().then(r => r.violations)")
        problems += [f"{rule['id']}: {rule['help']}: {json.dumps(rule['nodes'][0]['html'])[:160]}" for rule in found]
    return problems


def phone_problems(chromium: Any, file: Path) -> list[str]:
    """At 360 px nothing sticks out, folded or unfolded."""
    with opened(chromium, file, width=PHONE) as shown:
        folded = shown.page.evaluate("document.documentElement.scrollWidth")
        shown.page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true })")
        unfolded = shown.page.evaluate("document.documentElement.scrollWidth")
    return [f"is {width} px wide on a phone" for width in {folded, unfolded} if width != PHONE]


def card_problems(chromium: Any, file: Path) -> list[str]:
    """A value stays on one line, inside its card."""
    problems = []
    for width in (LAPTOP, 800, PHONE):
        with opened(chromium, file, width=width) as shown:
            cards = shown.page.evaluate(_CARDS)
        problems += [f"wraps {card['text']!r} at {width} px" for card in cards if card["lines"] > 1]
        problems += [f"lets {card['text']!r} out of its card at {width} px" for card in cards if card["out"]]
    return problems


def print_problems(chromium: Any, file: Path) -> list[str]:
    """On A4 nothing is cut off sideways, and the wide chart is the one that is printed."""
    with opened(chromium, file, width=688) as shown:
        shown.page.emulate_media(media="print")
        width = shown.page.evaluate("document.documentElement.scrollWidth")
        narrow = shown.page.evaluate(
            "[...document.querySelectorAll('.chart .narrow')].filter(e => e.getClientRects().length).length"
        )
        paper = shown.page.pdf(prefer_css_page_size=True)
    boxes = set(re.findall(rb"/MediaBox\s*\[\s*0 0 ([\d.]+) ([\d.]+)", paper))
    a4 = all(abs(float(w) - 595) < 2 and abs(float(h) - 842) < 2 for w, h in boxes)
    wrong = {
        f"is {width} px wide on paper": width > 688,
        f"prints {narrow} phone charts": narrow > 0,
        "is not A4": not a4,
    }
    return [sentence for sentence, holds in wrong.items() if holds]


@cache
def _axe() -> str:
    import axe_playwright_python

    return (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
