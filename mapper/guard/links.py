"""A web address -> the same less the parameters that must not leave."""

from __future__ import annotations

import re
from collections.abc import Callable

_ADDRESS = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]{0,20}://\S*")
_BEGINS = re.compile(r"[?#;]")
_BETWEEN = re.compile(r"(&amp;|[?&;#])")
# No page has more; of such a text nothing is kept.
_MOST_PARAMETERS = 300


def is_link(text: str) -> bool:
    """Whether a text is a web address and nothing else."""
    return _ADDRESS.fullmatch(text) is not None


def less_parameters(link: str, stops: Callable[[str], bool]) -> str | None:
    """An address less each parameter that `stops` says yes to, asked in their order; None for too many."""
    begin = _BEGINS.search(link)
    if begin is None:
        return link
    head, rest = link[: begin.start()], link[begin.start() :]
    if rest.count("&") + rest.count(";") + rest.count("?") + rest.count("#") > _MOST_PARAMETERS:
        return None
    _, *parts = _BETWEEN.split(rest)
    kept, owed = [head], ""
    for sign, parameter in zip(parts[::2], parts[1::2], strict=True):
        if stops(f"?{parameter}"):
            # What opened the query or the fragment opens it for the parameter after it.
            owed = sign if sign in "?#" else owed
        else:
            kept += [owed if owed and sign in ("&", "&amp;", ";") else sign, parameter]
            owed = ""
    return "".join(kept)
