"""A notebook's markdown as parts of a page, translated message by message.

A message is one paragraph, heading, list item or table cell, white space folded. HTML in markdown is shown as
text, and links lead only to web addresses and relative places.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from retention_lib.reports.safety import safe_html

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token


@dataclass(frozen=True, kw_only=True)
class MarkdownPart:
    """A heading with what stands under it.

    Attributes:
        level: 1 or 2 for headings that divide a page; 0 for text before the first of them.
        heading: The heading, safe HTML; empty at level 0.
        body: What follows up to the next such heading, safe HTML.
    """

    level: int
    heading: str
    body: str


def markdown_messages(source: str) -> list[str]:
    """The messages of a markdown cell, in order."""
    found: list[str] = []

    def remember(message: str) -> str:
        found.append(message)
        return message

    _parser(remember).parse(source)
    return found


def markdown_parts(source: str, translate: Callable[[str], str]) -> list[MarkdownPart]:
    """A markdown cell cut at its first and second level headings.

    Args:
        source: The cell's text.
        translate: Gives a message in the reader's language (`Words.gettext`).
    """
    parser = _parser(translate)
    tokens = parser.parse(source)
    cuts = [place for place, token in enumerate(tokens) if _divides(token)]
    bounds = zip([0, *cuts], [*cuts, len(tokens)], strict=True)
    return [_part(parser, tokens[start:stop]) for start, stop in bounds if stop > start]


def _parser(translate: Callable[[str], str]) -> MarkdownIt:
    from markdown_it import MarkdownIt
    from markdown_it.rules_core import StateCore

    def translated(state: StateCore) -> None:
        for token in state.tokens:
            if token.type == "inline" and token.content.strip():
                token.content = translate(" ".join(token.content.split()))

    parser = MarkdownIt("commonmark", {"html": False, "typographer": False}).enable("table").disable("image")
    parser.core.ruler.before("inline", "translated", translated)
    return parser


def _divides(token: Token) -> bool:
    return token.type == "heading_open" and token.tag in {"h1", "h2"} and token.level == 0


def _part(parser: MarkdownIt, tokens: list[Token]) -> MarkdownPart:
    level, heading = 0, ""
    if tokens and _divides(tokens[0]):
        level = int(tokens[0].tag[1])
        heading = safe_html(parser.renderer.render([tokens[1]], parser.options, {})).strip()
        tokens = tokens[3:]
    body = safe_html(parser.renderer.render(tokens, parser.options, {})).strip()
    return MarkdownPart(level=level, heading=heading, body=body)
