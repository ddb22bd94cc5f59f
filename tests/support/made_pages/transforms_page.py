"""The registry -> the page of all transforms, as Markdown."""

from __future__ import annotations

from mapper.transforms import MODULES, TRANSFORMS
from mapper.transforms.registry import Example, Transform
from mapper.transforms.transform_facts import example_words, parameter_facts, transform_facts

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
    parts = [f"### {entry.name}", entry.documentation, transform_facts(entry)]
    if entry.parameters:
        parts.append("\n".join(f"- `{one.name}`: {parameter_facts(one)}" for one in entry.parameters))
    rows = ["| value | arguments | result |", "|---|---|---|", *map(_example, entry.examples)]
    parts.append("\n".join(rows))
    return "\n\n".join(parts) + "\n"


def _example(example: Example) -> str:
    value, arguments, result = example_words(example)
    said = f"`{result}`" if example.invalid is None else f"invalid: {example.invalid}"
    return _row(f"`{value}`", f"`{arguments}`" if arguments else "", said)


def _row(*cells: str) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
