"""Lists where names with their values should be -> the same without its dashes.

`let`, `functions`, `tables`, `bases` and the fields of an object are such; other tools have a list, also of
objects with a `name`.
"""

from __future__ import annotations

from itertools import chain

from mapper.compiler.advice.advisers import Hint, advises
from mapper.compiler.syntax.language_keys import RULE, TABLE_FILE
from mapper.compiler.syntax.syntax_facts import UnnamedList
from mapper.compiler.yaml.edits import fixes_of, line_break, replace_value, shown, with_quotes
from mapper.compiler.yaml.nodes import ListNode, MapNode, ScalarNode, YamlNode
from mapper.texts.diagnostic import Diagnostic, Edit, Fix
from mapper.texts.named_text import Span
from mapper.values.regular_expression import pattern

# What other tools call the parts of what has a name.
_NAME = ("name", "id", "key")
_PARAMETERS = frozenset({"args", "arguments", "inputs", "parameters", "params"})
_BODIES = frozenset({"body", "expr", "expression", "value", "returns", "event", "given"})
# What other tools call the two sides of an entry of a table.
_PAIR = (
    ("from", "key", "source", "in", "input", "match"),
    ("to", "value", "target", "out", "output", "result"),
)
# What other tools call a field, and the value that it has.
_FIELD = ("to", "target", "field", "destination", "output", "name", "key")
_VALUES = frozenset({"from", "value", "source", "path", "input", "expr", "expression"})
FIELDS = "fields"
# A name and its value, with what other formats write between them.
ENTRY = pattern(r"([A-Za-z_]\w*)\s*(?:=>|->|:=|:|=)\s*(\$?[A-Za-z_][\w.]*)")
# A longer value is not shown again.
_LONGEST = 200

_Entry = tuple[str, str | None]


@advises(UnnamedList)
def _without_dashes(fact: UnnamedList, _: Diagnostic) -> Hint | None:
    return without_dashes(fact.node, fact.key)


def without_dashes(node: YamlNode, owner: str) -> Hint | None:
    """The hint for a list as names with their values; None where it has none. owner: its key."""
    entry = ENTRY.fullmatch(node.text) if isinstance(node, ScalarNode) else None
    if entry is not None:
        written = f"{entry[1]}: {entry[2]}"
        return Hint(f"write `{written}`", fixes_of(replace_value(node.span, written, safe=False)))
    items = node.items if isinstance(node, ListNode) else ()
    objects = [item for item in items if isinstance(item, MapNode) and item.entries]
    if not objects or len(objects) < len(items):
        return None
    named = [_named(item, owner) for item in objects]
    entries = [one for one in named if one is not None]
    is_named = len(entries) == len(objects)
    if not is_named:
        entries = [entry for item in objects for entry in _entries(item)]
    if owner == FIELDS:
        entries = _in_objects(entries) if is_named else [one for one in entries if one[0] not in RULE]
    if not entries or len({name for name, _ in entries}) < len(entries):
        return None
    name, value = entries[0]
    in_brackets = node.span.text.content[node.start : node.start + 1] == "["
    how = "between braces" if in_brackets else "without dashes"
    fix = None if is_named else _dashes_removed(node, objects)
    fix = fix or _as_object(node, entries) or (None if in_brackets else _as_block(node, entries))
    first = f"`{name}: {value or '...'}`"
    hint = f"write {first}, {how}"
    if owner == FIELDS:
        whole = fix.edits[0].replacement if fix is not None and in_brackets else ""
        hint = f"write `{whole}`" if whole else f"write the fields {how}, as {first}"
    silences = [(code, key.span) for item in objects for key, _ in item.entries for code in ("M020", "M025")]
    return Hint(hint, fixes_of(fix), tuple(silences) if owner == FIELDS else ())


def _in_objects(entries: list[_Entry]) -> list[_Entry]:
    """Fields by paths, `user_data.em`, as fields of objects."""
    made: dict[str, _Entry] = {}
    inner: dict[str, list[_Entry]] = {}
    for name, value in entries:
        first, _, rest = name.partition(".")
        if rest and value is not None:
            inner.setdefault(first, []).append((rest, value))
            parts = ", ".join(f"{one}: {written}" for one, written in _in_objects(inner[first]))
            made[first] = first, f"{{{parts}}}"
        else:
            made[name] = name, value
    return [*made.values()]


def _entries(item: MapNode) -> list[_Entry]:
    """The names with their values, as their author wrote them; None for a value of several lines."""
    return [(_written(key) or key.text, _written(value)) for key, value in item.entries]


def _written(node: YamlNode) -> str | None:
    return shown(with_quotes(node.span) or node.span, _LONGEST)


def _named(item: MapNode, owner: str) -> _Entry | None:
    """`{name: own, value: title}` as a name with its value; None where `name` is the name itself."""
    keys = {key.text: value for key, value in item.entries}
    names = _FIELD if owner == FIELDS else _NAME
    name = next((one for one in names if (one in keys and owner != "tables") or one == "name" in keys), None)
    node = keys.pop(name) if name else None
    if owner == FIELDS:
        return _as_field(node, keys)
    if owner == "lookup":
        return _as_pair(item)
    known = {*_PARAMETERS, *_BODIES, *(TABLE_FILE if owner == "tables" else RULE)}
    if not isinstance(node, ScalarNode) or not keys or not keys.keys() <= known:
        return None
    parameters = next((keys.pop(one) for one in [*keys] if one in _PARAMETERS), None)
    written = node.text if owner != "functions" else f"{node.text}({_listed(parameters)})"
    if len(keys) == 1 and (body := next(iter(keys))) in _BODIES:
        return written, _written(keys[body])
    values = {key: _written(value) for key, value in keys.items()}
    if None in values.values():
        return written, None
    return written, f"{{{', '.join(f'{key}: {value}' for key, value in values.items())}}}"


def _as_pair(item: MapNode) -> _Entry | None:
    """`{from: a, to: Shoes}` as an entry of a table."""
    keys = {key.text: value for key, value in item.entries}
    first, second = (next((keys[one] for one in names if one in keys), None) for names in _PAIR)
    if len(keys) != 2 or not isinstance(first, ScalarNode) or second is None:
        return None
    return _written(first) or first.text, _written(second)


def _as_field(name: YamlNode | None, keys: dict[str, YamlNode]) -> _Entry | None:
    """`{to: em, from: email}` as a field with its value, or with its rule."""
    if not isinstance(name, ScalarNode) or not keys or not keys.keys() <= {*_VALUES, *RULE}:
        return None
    if len(keys) == 1 and (body := next(iter(keys))) in _VALUES:
        return name.text, _written(keys[body])
    values = {("from" if key in _VALUES else key): _written(value) for key, value in keys.items()}
    if None in values.values():
        return name.text, None
    return name.text, f"{{{', '.join(f'{key}: {value}' for key, value in values.items())}}}"


def _listed(parameters: YamlNode | None) -> str:
    """The names of the parameters."""
    items = parameters.items if isinstance(parameters, ListNode) else (parameters,)
    names = [item.text for item in items if isinstance(item, ScalarNode)]
    return ", ".join(names) or "value"


def _dashes_removed(node: YamlNode, objects: list[MapNode]) -> Fix | None:
    """A blank in place of each dash, where the entries are one below the other then."""
    content, columns = node.span.text.content, {item.span.column for item in objects}
    before = [content.rfind("-", 0, item.start) for item in objects]
    gaps = [content[at + 1 : item.start] for at, item in zip(before, objects, strict=True)]
    in_block = all(content[item.start : item.start + 1] != "{" for item in objects)
    if min(before) < node.start or len(columns) > 1 or any(gap.strip(" ") for gap in gaps) or not in_block:
        return None
    edits = tuple(Edit(Span(node.span.text, at, at + 1), " ") for at in before)
    return Fix("Remove the dashes", edits, safe=False)


def _as_object(node: YamlNode, entries: list[_Entry]) -> Fix | None:
    """The fix that writes all entries in one line, between braces."""
    if any(part is None for part in chain.from_iterable(entries)):
        return None
    written = f"{{{', '.join(f'{_key(name)}: {value}' for name, value in entries)}}}"
    # A list may be as far left as its key, an object between braces must not.
    blanks = "  " if node.span.text.content[node.start : node.start + 1] == "-" else ""
    edit = Edit(node.span, f"{blanks}{written}")
    return Fix(f"Write `{written}`", (edit,), safe=False) if len(written) <= _LONGEST else None


def _as_block(node: YamlNode, entries: list[_Entry]) -> Fix | None:
    """The fix that writes each entry in a line of its own."""
    if any(part is None for part in chain.from_iterable(entries)):
        return None
    line = line_break(node.span) + " " * (node.span.column + 1)
    written = line.join(f"{_key(name)}: {value}" for name, value in entries)
    return Fix("Remove the dashes", (Edit(node.span, f"  {written}"),), safe=False)


def _key(name: str) -> str:
    """A key between braces: with several parameters, it needs quotes."""
    return f"'{name}'" if "," in name and not name.startswith(("'", '"')) else name
