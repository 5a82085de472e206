"""What the running notebook holds and shows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from retention_lib.estimates import NotAsked, NotEnough
from retention_lib.reports.text import plain


def notebook_variables() -> dict[str, Any]:
    """The variables of the running notebook; none outside one."""
    from IPython.core.getipython import get_ipython

    shell = get_ipython()
    return {} if shell is None else dict(shell.user_ns)


def cell_number() -> int:
    """The running cell's number; 0 outside a notebook."""
    from IPython.core.getipython import get_ipython

    shell = get_ipython()
    return 0 if shell is None else int(shell.execution_count)


def sentence_output(html: str, sentence: str) -> dict[str, Any]:
    """A sentence for the page, and the same for the screen."""
    return {"text/html": html, "text/plain": plain(sentence)}


def display(data: dict[str, Any], metadata: dict[str, Any] | None = None) -> None:
    """Show one output of several mime types below the cell."""
    from IPython.display import display as show

    show(data, raw=True, metadata=metadata or {})


def each_refusal_once(results: Iterable[Any], said: list[NotEnough]) -> list[Any]:
    """The results without refusals said before; of equal ones, which pass through several models, the first alone.

    What was not asked is left out in any case.
    """
    kept = []
    for result in results:
        if isinstance(result, NotAsked):
            continue
        if isinstance(result, NotEnough):
            if result in said:
                continue
            said.append(result)
        kept.append(result)
    return kept


def named_figures(given: str | tuple[str, ...] | NotEnough) -> tuple[str, ...]:
    """The figures that are named: one, several or none.

    Args:
        given: An id, several, or a refusal, which has none to name.
    """
    if isinstance(given, NotEnough):
        return ()
    return (given,) if isinstance(given, str) else given
