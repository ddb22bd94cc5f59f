"""The registry -> the page of all transforms, as Markdown."""

from __future__ import annotations

import inspect
import json

from mapper.transforms import MODULES, TRANSFORMS
from mapper.transforms.registry import Example, Parameter, Transform
from mapper.values.types import Json, Type

# A value of more kinds than these is any value.
_MOST_KINDS = 5

_HEAD = """\
# Transforms

A transform is a pure function of one value. Write it under `apply`, alone or in a list, or call it in an
expression:

```yaml
em: {from: user.email, apply: [trim, lowercase]}
event_time: {from: created, apply: {timestamp: {zone: Europe/Paris}}}
click_id: query_parameter(landing_site, 'epik')
```

Null gives null. A value that a transform cannot handle is *invalid*: the field is left out and the event's
notes say why, never with the value. A step on one value acts on each element of a list; those that act on the
whole list say so. The [normal forms](normal-forms.md) of a target are made of the same transforms.

This page is written from the registry (`mapper/transforms/`), and every example on it runs as a test.
"""


def write_page() -> str:
    """The text of `docs/transforms.md`."""
    sections = [_HEAD, _contents()]
    for module in MODULES:
        title, _, rest = (module.__doc__ or "").strip().partition(":")
        sections.append(f"## {title}\n\n{rest.strip()[:1].upper()}{rest.strip()[1:]}\n")
        sections += [_entry(entry) for entry in _entries_of(module.__name__)]
    return "\n".join(sections)


def _entries_of(module: str) -> list[Transform]:
    entries = {entry.name: entry for entry in TRANSFORMS.values() if entry.function.__module__ == module}
    return list(entries.values())


def _contents() -> str:
    """Links to every transform, by name."""
    names = sorted(TRANSFORMS)
    return " · ".join(f"[{name}](#{TRANSFORMS[name].name})" for name in names) + "\n"


def _entry(entry: Transform) -> str:
    parts = [f"### {entry.name}", inspect.getdoc(entry.function) or ""]
    facts = [f"Takes {_described(entry.takes)}; gives {_described(entry.gives)}."]
    if entry.also.aliases:
        facts.append(f"Also called {', '.join(f'`{alias}`' for alias in entry.also.aliases)}.")
    if entry.whole:
        facts.append("Applies to the whole list.")
    if entry.noting:
        facts.append("May leave a note.")
    parts.append(" ".join(facts))
    if entry.parameters:
        parts.append("\n".join(_parameter(parameter) for parameter in entry.parameters))
    rows = ["| value | arguments | result |", "|---|---|---|", *map(_example, entry.examples)]
    parts.append("\n".join(rows))
    return "\n\n".join(parts) + "\n"


def _described(value: Type) -> str:
    if not value.known or len(value.kinds) > _MOST_KINDS:
        return "any value"
    return value.describe()


def _parameter(parameter: Parameter) -> str:
    if parameter.variadic:
        need = "any number of them"
    elif parameter.required:
        need = "required"
    else:
        need = "optional" if parameter.default is None else f"default `{_json(parameter.default)}`"
    nullable = "; may be null" if parameter.nullable else ""
    return f"- `{parameter.name}`: {_described(parameter.type)}, {need}{nullable}"


def _example(example: Example) -> str:
    arguments = ", ".join(f"{name}: {_json(value)}" for name, value in example.arguments)
    result = f"`{_json(example.result)}`"
    if example.invalid is not None:
        result = f"invalid: {example.invalid}"
    return _row(f"`{_json(example.value)}`", f"`{arguments}`" if arguments else "", result)


def _row(*cells: str) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _json(value: Json) -> str:
    """JSON of a value; what cannot be seen, as an escape."""
    written = json.dumps(value, ensure_ascii=False)
    return "".join(one if one.isprintable() else f"\\u{ord(one):04x}" for one in written)
