"""A key that other tools have -> what it is called here, and the fix."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from mapper.compiler.yaml.edits import in_flow, quoted, rename, shown, with_quotes, without_entry
from mapper.compiler.yaml.nodes import ListNode, MapNode, Node, ScalarNode
from mapper.diagnostic import Edit, Fix, closest
from mapper.frozen import dataclass
from mapper.text import Span
from mapper.transforms import TRANSFORMS

_BEFORE_COMMA = re.compile(r"(-?[0-9]+)(,[ \t]*)\Z")
_NEAR = 100
# More steps than these that take an argument of one name are not told.
_FEW = 2
_QUOTES = "'" + '"'
Advice = tuple[str | None, tuple[Fix, ...]]
"""A hint and the fixes."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A key that is none here, the span of its value, and the keys that stand beside it."""

    name: str
    key: Span
    value: Span | None = None
    beside: tuple[str, ...] = ()

    @property
    def written(self) -> str | None:
        """The value as its author wrote it; None where that is long."""
        return None if self.value is None else shown(with_quotes(self.value) or self.value)


def advise(entry: Entry, what: str, known: Iterable[str]) -> Advice:
    """What to do with a key that `what` does not have; `known` are those it has."""
    names = tuple(known)
    word = _plain(entry.name)
    ours = _OURS.get(what, {}).get(word)
    if what == "a section":
        if ours == "is" and {"is", "when"} & {*entry.beside} and not {"send", "skip"} & {*entry.beside}:
            ours = "send"
        elif word in _REST and not {"is", "when"} & {*entry.beside}:
            sent = entry.written if entry.written and entry.written.isidentifier() else "NAME"
            return f"what all other events do stands in `otherwise: {{send: {sent}}}`, beside `events`", ()
        elif ours is None and not entry.beside and closest(entry.name, names) is None:
            return _as_section(entry)
        elif ours is None and _is_compared(entry, names):
            return _as_match(entry), ()
    if what == "a `skip` rule" and ours is None and closest(entry.name, names) is None:
        return f"write {_as_condition(entry)}", ()
    if word in _CONDITIONS and what == "a mapping" and entry.name not in names:
        return "a condition stands in a section of `events`: `- {when: EXPRESSION, send: NAME}`", ()
    if word == "defaults" and what in _WITH_PAYLOAD:
        return "a default stands in the rule of its field: `{from: EXPRESSION, default: CONSTANT}`", ()
    if word in _REQUIRED and what in _WITH_PAYLOAD:
        return "a field's own rule says so, below `payload`: `{from: EXPRESSION, required: true}`", ()
    if ours is not None and ours in names:
        return _renamed(entry, ours)
    advice = (decimal_comma(entry.key, entry.name) or _of_nobody(entry, word)) if what == "a rule" else None
    if advice is not None:
        return advice
    near = closest(entry.name, names)
    if near:
        return f"did you mean `{near}`?", () if near in entry.beside else (rename(entry.key, near),)
    advice = _of_a_step(entry) if what == "a rule" else None
    if advice is not None:
        return advice
    keys = ", ".join(f"`{name}`" for name in names)
    if what in _WITH_PAYLOAD:
        return f"a field of the payload stands below `payload`; {what} has {keys}", ()
    return f"its keys are {keys}", ()


def is_foreign(name: str) -> bool:
    """Whether a name among what reads as fields is most likely a key of a rule in another tool."""
    word = _plain(name)
    needless = any(word in words for words in _NEEDLESS.values())
    step = transform_elsewhere(name) is not None
    return needless or step or word in _OURS["a rule"] or word in _SAID_OTHERWISE


def is_kind(name: str) -> bool:
    """Whether a name is that of a kind of value, as `currency`: likelier a field than the transform."""
    transform = TRANSFORMS.get(name)
    return transform is not None and not transform.parameters and transform.gives.format == name


def _plain(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalnum())


def _renamed(entry: Entry, ours: str) -> Advice:
    if ours in entry.beside:
        return f"`{ours}` is the key for it, and stands here already", ()
    written = entry.written
    what = f"`{ours}: {written}`" if written else f"`{ours}`"
    if entry.name == "value" and ours == "from" and written and written.isidentifier():
        return f"write {what}, or `const: {written}` where it is the same for every event", ()
    return f"write {what}", (rename(entry.key, ours),)


def _as_section(entry: Entry) -> Advice:
    """A section that is only a name: most likely what `is` compares with, and what is sent."""
    written = entry.written
    if written and written.startswith("send: "):
        return f"write `- {{is: {quoted(entry.name)}, {written}}}`", ()
    sent = written if written and not re.search(r"^[{\[]|: ", written) else "NAME"
    section = f"{{is: {quoted(entry.name)}, send: {sent}}}"
    fixes: tuple[Fix, ...] = ()
    if sent == written and entry.value is not None and not in_flow(entry.value):
        whole = (with_quotes(entry.key) or entry.key).to(with_quotes(entry.value) or entry.value)
        fixes = (Fix(f"Write `{section}`", (Edit(whole, section),), safe=False),)
    return f"write `- {section}`", fixes


def _is_compared(entry: Entry, names: tuple[str, ...]) -> bool:
    """Whether a key of a section is most likely an attribute of the events that it takes."""
    sends = bool({"send", "skip"} & {*entry.beside}) and not {"is", "when"} & {*entry.beside}
    word = entry.written is not None and not re.search(r"^[{\[]|: ", entry.written)
    return sends and word and closest(entry.name, names) is None


def _as_match(entry: Entry) -> str:
    """An attribute and its value in a section, as what `match` reads and `is` compares with."""
    return (
        f"write `match: {entry.name}` at the top of the file, and `is: {entry.written}` here; "
        f"or {_as_condition(entry)}"
    )


def _as_condition(entry: Entry) -> str:
    """A field and its value, as code that shows the condition: `when: status == 'canceled'`."""
    written = entry.written or "..."
    constant = re.fullmatch(r"-?[0-9.]+|true|false|null", written)
    right = f"`{written}`" if constant else f"'{written.strip(_QUOTES)}'"
    when = f"when: {'EXPRESSION' if entry.name == 'is' else entry.name} == {right}"
    alone = {"because", "send", "skip"} & {*entry.beside}
    rule = when if alone else f"{{{when}, because: REASON}}"
    return f"`` {rule} ``" if constant else f"`{rule}`"


def decimal_comma(key: Span, digits: str) -> Advice | None:
    """What stands behind a decimal comma: between braces a comma ends the number."""
    before = _BEFORE_COMMA.search(key.text.content[max(0, key.start - _NEAR) : key.start])
    if before is None or not digits.isdigit():
        return None
    number = f"{before[1]}.{digits}"
    comma = Span(key.text, key.start - len(before[2]), key.end)
    fix = Fix(f"Write `{number}`", (Edit(comma, f".{digits}"),), safe=False)
    return f"a number has a decimal point: write `{number}`", (fix,)


def _of_nobody(entry: Entry, word: str) -> Advice | None:
    """What a rule need not say, since the target does, or says in another way."""
    written = entry.written
    if word in _HASHED and written not in _TRUE and not {"from", "const", "case", "each"} & {*entry.beside}:
        return f"write `from: {written}`: {_HASHES}", (rename(entry.key, "from"),)
    if word in _NAMES_ELEMENT and "each" in entry.beside:
        fix = without_entry(entry.key, entry.value) if entry.value else None
        hint = "take it away: an element has no name here, its fields stand alone"
        return f"{hint}: `sku`, not `{written or 'item'}.sku`", () if fix is None else (fix,)
    for reason, words in _NEEDLESS.items():
        if word in words:
            fix = without_entry(entry.key, entry.value) if entry.value and entry.beside else None
            return f"take it away: {reason}", () if fix is None else (fix,)
    if word in _SAID_OTHERWISE:
        table = _SAID_OTHERWISE[word]
        given = written if written and written.startswith("{") and ": " in written else None
        return table.replace("{table: {A: a, B: b}}", given) if given else table, ()
    return None


def _of_a_step(entry: Entry) -> Advice | None:
    """A step, or an argument of one, that stands where a key of a rule is due."""
    written = entry.written
    step = transform_elsewhere(entry.name)
    if step is not None:
        alone = written in _TRUE or not TRANSFORMS[step].parameters
        return f"a step stands under `apply`: `apply: {step if alone else f'{{{step}: {written}}}'}`", ()
    takes = {
        one.name for one in TRANSFORMS.values() if entry.name in {given.name for given in one.parameters}
    }
    if 0 < len(takes) <= _FEW:
        others, step = sorted(takes)[:-1], max(takes)
        argument = f"{{{step}: {{{entry.name}: {_in_quotes(entry) or '...'}}}}}"
        also = "".join(f", or of `{one}`" for one in others)
        return f"it is an argument of a step: `apply: {argument}`{also}", ()
    return None


def _in_quotes(entry: Entry) -> str | None:
    """The value of a key as it can stand between braces."""
    written = entry.written
    return written if written is None or written[0] in _QUOTES else quoted(written)


def means_skip(word: str) -> bool:
    """Whether a word says in another tool that nothing is sent."""
    return _plain(word) in _SKIPPING


def transform_elsewhere(name: str) -> str | None:
    """The transform that has a name here, or in other tools."""
    if name in TRANSFORMS:
        return TRANSFORMS[name].name
    return _TRANSFORMS.get(_plain(name))


def argument_of(entry: Entry, steps: Node) -> Advice | None:
    """An argument of a step that was written beside `apply`; None where no step takes it."""
    for step in steps.items if isinstance(steps, ListNode) else (steps,):
        name = step.text if isinstance(step, ScalarNode) else ""
        if isinstance(step, MapNode) and len(step.entries) == 1:
            name = step.entries[0][0].text
        transform = TRANSFORMS.get(name)
        if transform is not None and entry.name in {one.name for one in transform.parameters}:
            return _into(entry, step, name)
    return None


def _into(entry: Entry, step: Node, name: str) -> Advice:
    """An argument put into the step that takes it."""
    written = entry.written
    if written is None or entry.value is None or not isinstance(step, ScalarNode):
        return f"`{entry.name}` is an argument of `{name}`: `{{{name}: {{{entry.name}: ...}}}}`", ()
    value = written if written[0] in "'\"" else quoted(written)
    whole = f"{{{name}: {{{entry.name}: {value}}}}}"
    away = without_entry(entry.key, entry.value)
    fixes: tuple[Fix, ...] = ()
    if away is not None:
        edits = sorted((Edit(step.span, whole), *away.edits), key=lambda edit: edit.span.start)
        fixes = (Fix(f"Write `{whole}`", tuple(edits), safe=True),)
    return f"`{entry.name}` is an argument of the step: `apply: {whole}`", fixes


def _words(table: Mapping[str, str]) -> dict[str, str]:
    return {word: ours for ours, words in table.items() for word in words.split()}


# Keys by the place they stand in; written without `_` and `-`, in lower case.
_OURS: dict[str, dict[str, str]] = {
    "a rule": _words(
        {
            "from": "path field fields value val src source input expr expression selector jsonpath jmespath"
            " query get key attribute column property coalesce first firstof alternatives oneof",
            "const": "constant static literal fixed",
            "apply": "transform transforms transformation transformations modifier modifiers function"
            " functions fn step steps pipe pipeline convert normalize normalise",
            "default": "fallback defaultvalue else otherwise ifmissing",
            "when": "if condition onlyif enabled",
            "each": "map foreach for loop iterate repeat",
            "where": "filter",
            "required": "mandatory must",
        }
    ),
    "a section": _words(
        {
            "send": "eventname name to as emit action output target targetevent type then",
            "when": "if condition filter",
            "is": "match event case on equals eq trigger sourceevent",
            "payload": "fields mapping mappings map data body params properties rules",
            "skip": "ignore drop exclude",
        }
    ),
    "a mapping": _words(
        {
            "payload": "mapping mappings fields rules map data properties common",
            "let": "vars variables lets define defines definitions constants aliases values",
            "target": "destination schema to output",
            "source": "input",
            "skip": "filter filters ignore drop exclude",
            "otherwise": "default else fallback",
            "events": "routes sections cases eventmappings triggers",
            "tests": "test examples",
            "match": "event key eventfield eventkey discriminator switch",
            "name": "title id",
            "version": "schemaversion apiversion",
        }
    ),
    "an arm of `case`": _words(
        {
            "when": "if case condition is",
            "then": "value result from const send do use",
            "else": "default otherwise",
        }
    ),
    "`target`": _words({"schema": "name id path file"}),
    "a `skip` rule": _words({"when": "if condition", "because": "reason why message note name"}),
    "a test": _words(
        {"given": "input event when in", "expect": "output expected then out result", "name": "title"}
    ),
}
_SKIPPING = frozenset(
    {
        "skip",
        "skipped",
        "drop",
        "dropped",
        "ignore",
        "ignored",
        "none",
        "nothing",
        "discard",
        "discarded",
        "reject",
        "exclude",
        "suppress",
        "block",
        "no",
        "never",
        "false",
        "null",
        "donotsend",
        "dontsend",
    }
)
_REQUIRED = frozenset({"require", "required", "requires", "mandatory", "requiredfields"})
_WITH_PAYLOAD = frozenset({"a section", "a mapping", "`otherwise`"})
_REST = frozenset({"else", "default", "otherwise", "fallback", "rest", "any"})
_CONDITIONS = frozenset({"trigger", "when", "if", "condition", "subscribe", "where"})
_NAMES_ELEMENT = frozenset({"as", "var", "variable", "alias", "loopvar", "itemname"})
_TRUE = (None, "true", "yes", "on", "{}", "[]")
_HASHES = "the target hashes its personal fields by itself"
_HASHED = frozenset({"hash", "hashed", "hashing", "sha256", "sha", "encrypt", "encoding", "pii"})
_NEEDLESS = {
    _HASHES: _HASHED,
    "the target says of what type it is": frozenset({"type", "as", "cast", "datatype", "kind"}),
    "a field is left out where it has no value, unless `required: true`": frozenset(
        {"optional", "nullable", "ignorenull", "omitempty", "skipempty"}
    ),
}
_TRANSFORMS = _words(
    {
        "lowercase": "lower tolower tolowercase lowercased downcase lcase",
        "uppercase": "upper toupper touppercase upcase ucase",
        "trim": "strip totrim whitespace",
        "integer": "int toint tointeger parseint number tonumber",
        "decimal": "float tofloat double money currencyamount",
        "boolean": "bool tobool toboolean",
        "text": "string tostring str",
        "timestamp": "date datetime todate toepoch epoch unix unixtime totimestamp parsedate iso8601"
        " unixtimestamp",
        "phone": "e164 telephone",
        "query_parameter": "urlparam urlparameter queryparam querystring getparam param",
        "lookup": "map table dictionary switch",
        "substring": "slice substr",
        "digits": "onlydigits digitsonly",
    }
)
_SAID_OTHERWISE = {
    **dict.fromkeys(
        ("lookup", "table", "enum", "dictionary", "translate", "switch", "values"),
        "a table is a step: `apply: {lookup: {table: {A: a, B: b}}}`",
    ),
    **dict.fromkeys(
        ("concat", "join", "template", "formatstring"), "`concat(a, b)` in an expression joins texts"
    ),
    **dict.fromkeys(
        ("description", "desc", "comment", "note", "label", "title", "doc"), "write it as a comment: `# ...`"
    ),
}
