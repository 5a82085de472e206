"""Charts on a page: their HTML, and once a page the outlines of their letters, more than half of their bytes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from retention_lib.reports.safety import safe_svg
from retention_lib.reports.text import escaped

_GLYPH = re.compile(r'<path (d="[^"]*") id="c-[a-z0-9-]+?-(DejaVuSans[A-Za-z-]*-[0-9a-f]+)"([^>]*)></path>\s*')
_USE = re.compile(r'(?<="#)c-[a-z0-9-]+?-(DejaVuSans[A-Za-z-]*-[0-9a-f]+)(?=")')
_BODY = re.compile(r"<body[^>]*>")


def chart_html(chart: Mapping[str, Any], wide: str, *, folded: str = "") -> str:
    """A chart with its alt text and caption, wide and narrow, of which the style sheet shows one.

    Args:
        chart: What the notebook said of it.
        wide: The picture for laptops and paper.
        folded: What the line says that unfolds it; an open chart if empty.
    """
    alt = escaped(str(chart.get("alt", "")))
    narrow = chart.get("narrow")
    only = "" if narrow else " only"
    twins = [f'<div class="wide" role="img" aria-label="{alt}">{safe_svg(wide)}</div>']
    if narrow:
        twins.append(f'<div class="narrow" role="img" aria-label="{alt}">{safe_svg(str(narrow))}</div>')
    caption = f"<figcaption>{escaped(str(chart['caption']))}</figcaption>" if chart.get("caption") else ""
    figure = f'<figure class="chart{only}">{"".join(twins)}{caption}</figure>'
    return figure if not folded else f'<details class="rows"><summary>{escaped(folded)}</summary>{figure}</details>'


def with_shared_glyphs(html: str) -> str:
    """The page with one hidden picture that defines every letter, which all charts use.

    Args:
        html: A page whose charts come from `style.svg`.

    Returns:
        The page, looking the same; unchanged where no chart holds letters, or two of them draw one differently.
    """
    outlines: dict[str, set[str]] = {}
    for outline, name, scale in _GLYPH.findall(html):
        outlines.setdefault(name, set()).add(outline + scale)
    if not outlines or any(len(drawn) > 1 for drawn in outlines.values()):
        return html
    pieces = "".join(f'<path id="{name}" {outline}></path>' for name, (outline,) in sorted(outlines.items()))
    hidden = (
        f'<svg width="0" height="0" aria-hidden="true" focusable="false" class="glyphs"><defs>{pieces}</defs></svg>'
    )
    shared = _USE.sub(r"\1", _GLYPH.sub("", html))
    return _BODY.sub(lambda body: f"{body.group()}\n{hidden}", shared, count=1)
