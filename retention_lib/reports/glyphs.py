"""The outlines of letters, once a page: each chart brings its own, which are more than half of its bytes."""

from __future__ import annotations

import re

_GLYPH = re.compile(r'<path (d="[^"]*") id="c-[a-z0-9-]+?-(DejaVuSans[A-Za-z-]*-[0-9a-f]+)"([^>]*)></path>\s*')
_USE = re.compile(r'(?<="#)c-[a-z0-9-]+?-(DejaVuSans[A-Za-z-]*-[0-9a-f]+)(?=")')
_BODY = re.compile(r"<body[^>]*>")


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
