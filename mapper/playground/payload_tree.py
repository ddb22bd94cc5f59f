"""An outcome and how it was made -> the payload as a tree, with where each value comes from."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from mapper.authoring import Flow, Json, Row, Table, and_around
from mapper.masking import mask_sent
from mapper.playground.page_places import Places
from mapper.playground.shown_value import shown, shown_leaf
from mapper.workbench.explanation import constants_of, is_personal, parts_of
from mapper.workbench.provenance import rows_of

_NUMBER = re.compile(r"\[\d+\]")
_PLACE = re.compile(r"\[(\d+)\]")


@dataclass(frozen=True, slots=True)
class Made:
    """The making of an outcome. number: of the outcome. table: masked unless `reveal`; flows: by path.

    hide: what masks texts that were read of a person. shown_path: how the page calls a path of the event.
    """

    number: int
    table: Table | None
    flows: Mapping[str, Flow]
    places: Places
    reveal: bool
    hide: Callable[[Json], Json]
    shown_path: Callable[[str], str]


def payload_rows(payload: Json, made: Made) -> list[dict[str, Any]]:
    """The nodes of a payload as it may be shown, and of the fields that are absent."""
    rows = () if made.table is None else made.table.rows
    nodes = [_node(path, value, _row_of(path, rows), made) for path, value in _walked(payload, "")]
    for path, row, why in _absent(rows, {node["path"] for node in nodes}):
        node = _node(path, None, row, made)
        _insert(nodes, {**node, "kind": "absent", "shown": None, "source": _sources(row, rows), "why": why})
    return nodes


def _row_of(path: str, rows: Sequence[Row]) -> Row | None:
    """The row that gave what is at a path of a payload."""
    return next(iter(rows_of(_NUMBER.sub("[]", path), rows)), None)


def masked_payload(payload: Json, masked: Json, made: Made) -> Json:
    """A payload without what a rule or the source marks as a person's. masked: by its target."""
    rows = () if made.table is None else made.table.rows
    personal: dict[str, frozenset[str] | None] = {}

    def less_personal(value: Json, left: Json, path: str) -> Json:
        if isinstance(value, dict) and isinstance(left, dict) and len(value) == len(left):
            inside = zip(left.items(), value.values(), strict=True)
            return {
                name: less_personal(own, one, f"{path}.{name}" if path else name)
                for (name, one), own in inside
            }
        if isinstance(value, list) and isinstance(left, list):
            return [less_personal(own, one, f"{path}[]") for own, one in zip(value, left, strict=True)]
        if path not in personal:
            row = next(iter(rows_of(path, rows)), None)
            is_hidden = row is not None and is_personal(rows, _place(row, rows))
            personal[path] = constants_of(row) if row is not None and is_hidden else None
        known = personal[path]
        return made.hide(left) if known is None else mask_sent(value, known)

    return less_personal(payload, masked, "")


def would_be(table: Table) -> Json:
    """The payload that the fields of a table would be, where none was made."""
    made: dict[str, Any] = {}
    for row in table.rows:
        if row.depth or "[]" in row.path or row.value is None:
            continue
        *above, last = row.path.split(".")
        at = made
        for name in above:
            inner = at.setdefault(name, {})
            if not isinstance(inner, dict):
                break
            at = inner
        else:
            at.setdefault(last, row.value)
    return made


def id_of(number: int, path: str) -> str:
    """The page's name of a node of an outcome."""
    return f"{number}:{path}"


def _walked(value: Json, path: str) -> Iterator[tuple[str, Json]]:
    """The parts of a payload with their paths, in its order; not the payload as a whole."""
    if path:
        yield path, value
    if isinstance(value, dict):
        for name, one in value.items():
            yield from _walked(one, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for at, one in enumerate(value):
            yield from _walked(one, f"{path}[{at}]")


def _node(path: str, value: Json, row: Row | None, made: Made) -> dict[str, Any]:
    rows = () if made.table is None else made.table.rows
    flow = _around(path, made.flows)
    generic = _NUMBER.sub("[]", path)
    is_own = row is not None and row.path in (generic, generic.removesuffix("[]"))
    personal = row is not None and is_personal(rows, _place(row, rows))
    kind = "object" if isinstance(value, dict) else "array" if isinstance(value, list) else "leaf"
    rule = flow.span if flow is not None else None if row is None else row.span
    return {
        "id": id_of(made.number, path),
        "path": path,
        "key": _key(path),
        "depth": path.count(".") + path.count("["),
        "kind": kind,
        "shown": shown_leaf(value, reveal=made.reveal) if kind == "leaf" else None,
        "rule": None if rule is None else made.places.of(rule),
        "source": _source(row, rows) if row is not None and is_own else "",
        "read": _read(path, row, rows, made) if is_own else None,
        "steps": [] if row is None or not is_own else _steps(row, made),
        "reads": [] if flow is None else [made.shown_path(one) for one in flow.reads],
        "why": row.why if row is not None and is_own and row.why != "constant" else "",
        "required": row is not None and is_own and row.required,
        "personal": personal,
    }


def _source(row: Row, rows: Sequence[Row]) -> str:
    """The source of a value; of alternatives all of them."""
    parts = [one.source for one in _parts(row, rows) if one.depth == row.depth + 1 and one.path == row.path]
    return f"{row.source} {', '.join(parts)}" if parts and row.source.endswith(" of") else row.source


def _parts(row: Row, rows: Sequence[Row]) -> Iterator[Row]:
    """The rows that say how one is made."""
    return parts_of(rows, _place(row, rows))


def _place(row: Row, rows: Sequence[Row]) -> int:
    return next(at for at, one in enumerate(rows) if one is row)


def _key(path: str) -> str:
    place = re.search(r"\[(\d+)\]$", path)
    return place[1] if place else path.rpartition(".")[2]


def _steps(row: Row, made: Made) -> list[dict[str, Any]]:
    return [
        {
            "text": step.text,
            "inserted": step.inserted,
            "place": None if step.span is None else made.places.of(step.span),
            "value": shown(made.hide(step.value), reveal=made.reveal) if step.reached else None,
            "failure": step.failure,
        }
        for step in row.steps
    ]


def _around(path: str, flows: Mapping[str, Flow]) -> Flow | None:
    """The flow that made what is at a path, or what is around it."""
    return next((flows[one] for one in and_around(path) if one in flows), None)


def _read(path: str, row: Row | None, rows: Sequence[Row], made: Made) -> dict[str, Any] | None:
    """The value that a source gave; in a list, of its item."""
    if row is None:
        return None
    if "[]" not in row.path:
        return shown(made.hide(row.read), reveal=made.reveal)
    place = _PLACE.search(path)
    kept = _kept(row, rows)
    if place is None or int(place[1]) >= len(kept) or row.path.count("[]") > 1:
        return None
    return shown(made.hide(row.items[kept[int(place[1])]].read), reveal=made.reveal)


def _kept(row: Row, rows: Sequence[Row]) -> list[int]:
    """The items of a list that give an element, of those that are shown: their places in `Row.items`."""
    around = row.path[: row.path.index("[]") + 2]
    inside = [one for one in rows if one.path.startswith(around) and len(one.items) == len(row.items)]
    return [at for at in range(len(row.items)) if any(one.items[at].value is not None for one in inside)]


def _absent(rows: Sequence[Row], there: set[str]) -> Iterator[tuple[str, Row, str]]:
    """The fields without a value: their paths, rows and reasons; of lists those of the first elements."""
    for row in rows:
        if "[]" not in row.path:
            if not row.depth and row.value is None and row.path not in there:
                yield row.path, row, _whys(row, rows)
        elif row.path.count("[]") == 1 and not row.path.endswith("[]"):
            for number, at in enumerate(_kept(row, rows)):
                path, item = row.path.replace("[]", f"[{number}]"), row.items[at]
                if item.value is None and path not in there and path.rpartition(".")[0] in there:
                    yield path, row, item.why or "absent"


def _sources(row: Row, rows: Sequence[Row]) -> str:
    """The sources of a field without a value: all alternatives, which the row itself does not name."""
    names = dict.fromkeys(part.source for part in _parts(row, rows) if part.source != row.source)
    return " or ".join(names) or row.source


def _whys(row: Row, rows: Sequence[Row]) -> str:
    """The reasons that a field has no value: those of its alternatives, each said once."""
    if row.why.removeprefix("absent"):
        return row.why
    whys = dict.fromkeys(part.why.removeprefix("absent").removeprefix(": ") for part in _parts(row, rows))
    whys.pop("", None)
    return f"absent: {'; '.join(whys)}" if whys else "absent"


def _insert(nodes: list[dict[str, Any]], node: dict[str, Any]) -> None:
    """Put a field after the others of its object; where there is no such object, at the end."""
    if any(one["path"] == node["path"] for one in nodes):
        return
    above = node["path"].rpartition(".")[0]
    place = next((at for at, one in enumerate(nodes) if one["path"] == above), None)
    if place is None:
        nodes.append({**node, "key": node["path"], "depth": 0} if above else node)
        return
    inside = takewhile(lambda one: one["path"].startswith((f"{above}.", f"{above}[")), nodes[place + 1 :])
    nodes.insert(place + 1 + len(list(inside)), node)
