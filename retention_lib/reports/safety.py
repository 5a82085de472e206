"""What may reach a page: an allow-list of HTML, and SVG drawings that only draw."""

from __future__ import annotations

import re
from xml.etree import ElementTree

_TAGS = {
    *("a", "abbr", "b", "bdi", "blockquote", "br", "code", "div", "em", "h3", "h4", "hr", "i", "p", "pre"),
    *("small", "span", "strong", "sub", "sup", "wbr", "dd", "dl", "dt", "li", "ol", "ul"),
    *("caption", "details", "summary", "table", "tbody", "td", "tfoot", "th", "thead", "tr"),
}
_ATTRIBUTES = {
    "*": {"class", "role", "aria-label", "aria-hidden", "dir"},
    "a": {"href"},
    "div": {"class", "role", "aria-label", "tabindex"},
    "ol": {"class", "start"},
    "td": {"class", "colspan", "rowspan"},
    "th": {"class", "scope", "colspan", "rowspan"},
}
_CLASS = re.compile(r"[a-z][a-z-]*( [a-z][a-z-]*)*")
_FIXED = {
    "role": re.compile("region|group|note"),
    "tabindex": re.compile("0"),
    "aria-hidden": re.compile("true"),
}
_RELATIVE = re.compile(r"[\w.%-][\w./%-]*(#[\w%-]*)?|#[\w%-]+")

_SVG = "{http://www.w3.org/2000/svg}"
_DRAWING = {
    *("svg", "g", "path", "defs", "use", "clipPath", "rect", "circle", "ellipse", "line", "polyline"),
    *("polygon", "text", "tspan", "title", "desc", "pattern", "image", "linearGradient", "radialGradient"),
    *("stop", "marker"),
}
_HREF = ("href", "{http://www.w3.org/1999/xlink}href")
_REMOTE_STYLE = re.compile(r"url\(\s*['\"]?(?!#)|@import|expression|javascript:", re.IGNORECASE)


class PageError(ValueError):
    """The notebook cannot become a page; the sentence says why."""


class UnsafeDrawingError(PageError):
    """An SVG holds more than a drawing."""


def safe_html(fragment: str) -> str:
    """The fragment with everything but the allowed elements, attributes and links taken out."""
    import nh3

    return nh3.clean(
        fragment,
        tags=_TAGS,
        clean_content_tags={"script", "style"},
        attributes=_ATTRIBUTES,
        attribute_filter=_kept_attribute,
        url_schemes={"http", "https"},
        link_rel="noopener noreferrer",
        strip_comments=True,
    )


def safe_svg(drawing: str) -> str:
    """The SVG unchanged, once it is known to be a drawing and nothing else.

    Raises:
        UnsafeDrawingError: It is not well formed, or holds scripts, handlers or outside references.
    """
    if "<!" in drawing or "<?" in drawing:
        raise UnsafeDrawingError("the drawing holds a declaration or a comment; use retention_lib.reports.style.svg")
    try:
        root = ElementTree.fromstring(drawing)  # noqa: S314 - no declaration, so no entity can expand
    except ElementTree.ParseError as error:
        raise UnsafeDrawingError(f"the drawing is not well formed: {error}") from error
    if root.tag != f"{_SVG}svg":
        raise UnsafeDrawingError(f"the drawing starts with <{root.tag}>, not with <svg>")
    for element in root.iter():
        _check_element(element)
    return drawing


def _check_element(element: ElementTree.Element) -> None:
    tag = str(element.tag).removeprefix(_SVG)
    if tag not in _DRAWING:
        raise UnsafeDrawingError(f"the drawing holds <{tag}>, which does not draw")
    for name, value in element.attrib.items():
        if name.lower().startswith("on") or _REMOTE_STYLE.search(value):
            raise UnsafeDrawingError(f"the drawing holds the attribute {name}={value[:40]!r}")
        if name in _HREF and not value.startswith(("#", "data:image/png;base64,")):
            raise UnsafeDrawingError(f"the drawing refers to {value[:40]!r} outside itself")


def _kept_attribute(tag: str, attribute: str, value: str) -> str | None:
    if attribute == "class":
        return value if _CLASS.fullmatch(value) else None
    if attribute == "href":
        web = value.lower().startswith(("http://", "https://"))
        return value if web or _RELATIVE.fullmatch(value) else None
    rule = _FIXED.get(attribute)
    return value if rule is None or rule.fullmatch(value) else None
