"""What must hold for every page, checked in a real browser.

A page is opened once at each width. Each check takes it as it is shown and returns what is wrong, one sentence
each; a page is right when `page_problems` is empty. Run over made pages as::

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

LAPTOP, TABLET, PAPER, PHONE = 1100, 800, 688, 360
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
_UNFOLD = "document.querySelectorAll('details').forEach(d => { d.open = true })"


@dataclass
class Opened:
    """A page in the browser, with what it asked for and said on the way."""

    page: Any
    file: Path
    width: int
    requests: list[str] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)


@contextmanager
def opened(chromium: Any, file: Path, *, width: int = LAPTOP) -> Iterator[Opened]:
    """The page at a width, recording requests, console errors and dialogs."""
    context = chromium.new_context(viewport={"width": width, "height": 900})
    page = context.new_page()
    shown = Opened(page, file, width)
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
    # A check that unfolds the page or loads a script into it comes after those that see it as it was opened.
    checks: dict[int, tuple[Callable[[Opened], list[str]], ...]] = {
        LAPTOP: (traffic_problems, structure_problems, alt_text_problems, card_problems, accessibility_problems),
        TABLET: (card_problems,),
        PAPER: (print_problems,),
        PHONE: (alt_text_problems, card_problems, phone_problems, accessibility_problems),
    }
    problems = []
    for width, asked in checks.items():
        with opened(chromium, file, width=width) as shown:
            problems += [problem for check in asked for problem in check(shown)]
    return problems


def traffic_problems(shown: Opened) -> list[str]:
    """The page is one file: it asks for nothing else, says nothing on the console, and is small."""
    others = [f"asks for {url[:80]}" for url in shown.requests if url != shown.file.resolve().as_uri()]
    said = [f"says on the console: {text[:200]}" for text in shown.messages]
    size = shown.file.stat().st_size
    return [*others, *said, *([f"has {size:,} bytes"] if size > LARGEST_BYTES else [])]


def structure_problems(shown: Opened) -> list[str]:
    """Language, title, landmarks, headings, ids, links and the security policy."""
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


def alt_text_problems(shown: Opened) -> list[str]:
    """Every chart is told with a number, and each figure shows one picture at a width."""
    charts = shown.page.evaluate(_CHARTS)
    problems = [f"tells a chart without a number: {c['alt'][:60]!r}" for c in charts if not re.search(r"\d", c["alt"])]
    for figure in {chart["figure"] for chart in charts} - {-1}:
        visible = sum(chart["shown"] for chart in charts if chart["figure"] == figure)
        if visible != 1:
            problems.append(f"shows {visible} pictures in figure {figure + 1} at {shown.width} px")
    return problems


def accessibility_problems(shown: Opened) -> list[str]:
    """What axe-core finds, method notes unfolded."""
    shown.page.evaluate(_UNFOLD)
    shown.page.evaluate(_axe())
    # Violations are all listed; of what passes, one element a rule is enough.
    found = shown.page.evaluate("axe.run({resultTypes: ['violations']}).then(r => r.violations)")
    return [f"{rule['id']}: {rule['help']}: {json.dumps(rule['nodes'][0]['html'])[:160]}" for rule in found]


def phone_problems(shown: Opened) -> list[str]:
    """At 360 px nothing sticks out, folded or unfolded."""
    folded = shown.page.evaluate("document.documentElement.scrollWidth")
    shown.page.evaluate(_UNFOLD)
    unfolded = shown.page.evaluate("document.documentElement.scrollWidth")
    return [f"is {width} px wide on a phone" for width in {folded, unfolded} if width != PHONE]


def card_problems(shown: Opened) -> list[str]:
    """A value stays on one line, inside its card."""
    cards = shown.page.evaluate(_CARDS)
    wrapped = [f"wraps {card['text']!r} at {shown.width} px" for card in cards if card["lines"] > 1]
    return wrapped + [f"lets {card['text']!r} out of its card at {shown.width} px" for card in cards if card["out"]]


def print_problems(shown: Opened) -> list[str]:
    """On A4 nothing is cut off sideways, and the wide chart is the one that is printed."""
    shown.page.emulate_media(media="print")
    width = shown.page.evaluate("document.documentElement.scrollWidth")
    narrow = shown.page.evaluate(
        "[...document.querySelectorAll('.chart .narrow')].filter(e => e.getClientRects().length).length"
    )
    paper = shown.page.pdf(prefer_css_page_size=True)
    boxes = set(re.findall(rb"/MediaBox\s*\[\s*0 0 ([\d.]+) ([\d.]+)", paper))
    a4 = all(abs(float(w) - 595) < 2 and abs(float(h) - 842) < 2 for w, h in boxes)
    wrong = {
        f"is {width} px wide on paper": width > PAPER,
        f"prints {narrow} phone charts": narrow > 0,
        "is not A4": not a4,
    }
    return [sentence for sentence, holds in wrong.items() if holds]


@cache
def _axe() -> str:
    import axe_playwright_python

    return (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
