"""The text being written in a mapping -> Completions: keys, words, attributes, variables, functions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Literal, TypeAlias

from mapper.compiler.editor import snippets
from mapper.compiler.editor.lookup import Offer, keys_at, takes_expression, takes_template, words_at
from mapper.compiler.editor.surroundings import lets_around, section_at
from mapper.compiler.editor.target_fields import field_at, field_detail
from mapper.compiler.findings import Findings
from mapper.compiler.inference.infer import infer
from mapper.compiler.inference.pattern_names import PATTERNED, is_pattern_path
from mapper.compiler.inference.personal_names import is_likely_personal
from mapper.compiler.inference.personal_origins import may_be_persons, paths_of
from mapper.compiler.inference.result_types import literal_type
from mapper.compiler.jmespath.expression import Expression, parsed
from mapper.compiler.jmespath.refusal import Refusal
from mapper.compiler.jmespath.signatures import own_signature, signature
from mapper.compiler.jmespath.tokens import text_constant, written_name
from mapper.compiler.jmespath.tree import Field, Filter, Projection
from mapper.compiler.jmespath.unfinished import Surrounding, Unfinished, unfinished
from mapper.compiler.plan.ir import (
    Choice,
    First,
    Fixed,
    Loop,
    Planned,
    PlannedList,
    PlannedObject,
    Zipped,
)
from mapper.compiler.plan.planner import Plan
from mapper.compiler.plan.scope import META
from mapper.compiler.schema.compared_names import letters_of
from mapper.compiler.schema.json_schema import Schema
from mapper.compiler.schema.sample_schema import ADDRESS
from mapper.compiler.schema.target import TargetField
from mapper.compiler.schema.text_shapes import shape_of
from mapper.compiler.syntax.function_nodes import parameters_in
from mapper.compiler.syntax.language_keys import ADDED_KEYS, INHERIT, RULE, SOURCE_KEYS, VARIABLES
from mapper.compiler.syntax.let_nodes import is_numbered, written_variable
from mapper.compiler.yaml.unfinished_node import UnfinishedNode
from mapper.runtime.functions import FUNCTIONS
from mapper.texts.diagnostic import Edit
from mapper.texts.named_text import Span, Text
from mapper.transforms import TRANSFORMS
from mapper.transforms.pattern_words import KIND_WORDS
from mapper.values.frozen import dataclass
from mapper.values.part_types import element_type
from mapper.values.regular_expression import pattern
from mapper.values.types import UNKNOWN, Json, Type, of

CompletionKind: TypeAlias = Literal[
    "key", "word", "constant", "attribute", "variable", "function", "transform", "snippet"
]
_REST_OF_WORD = pattern(r"[\w-]*")
_REST_OF_NAME = pattern(r"\w*")
# The rest of a value without quotes within brackets; and what would be read otherwise between quotes.
_REST_IN_FLOW = pattern(r"(?:[^\s,\[\]{}:#]|:(?!\s|$)|[ \t]+(?=[^\s,\[\]{}:#]))*")
_QUOTED = pattern(r'["\\]')
_GOES_ON = pattern(r"[ \t]*\r?\n\s*[|&=<>!.]")
_BRACE = pattern(r"(?<!\{)(?:\{\{)*\{([^{}]*)\Z")
# The kind of a part that is being written, and a pattern in an expression that is.
_KIND = pattern(r"\{\w*:(\w*)\Z")
_IN_CALL = pattern(rf"\b(?:{'|'.join(sorted(PATTERNED))})\([^']*(?:'[^']*'[^']*)*'[^']*\Z")
_WORD = pattern(r"\w*")
_CONSTANT = pattern(r"^\{const: ")
_TOP_KEYS = pattern(r"^([a-z_]+):", re.MULTILINE)
_SHORTEST_FOUND_WITHIN = 3


@dataclass(frozen=True, slots=True)
class Completion:
    """Something that may be written at a place.

    word: what it is called; insert: what to put in place of the characters of `span`. detail: its type, or
    how it is called; meaning: what it does, as Markdown. sample: the value of an attribute in the sample.
    snippet: a longer text for `insert`, with blanks as `${1:name}`, for an editor that can fill them in.
    also: edits that belong to it, elsewhere: quotes around a value of which it is a part.
    """

    word: str
    kind: CompletionKind
    insert: str
    span: Span
    detail: str = ""
    meaning: str = ""
    sample: Json = None
    snippet: str = ""
    also: tuple[Edit, ...] = ()


@dataclass(frozen=True, slots=True)
class Known:
    """The sources of completions: the language, the last plan that there was, and a sample event.

    schemas: the names of schemas, and whether each is one of events. files: those that can be extended.
    """

    language: Schema
    plan: Plan | None
    schemas: tuple[tuple[str, bool], ...] = ()
    files: tuple[str, ...] = ()
    event: Json = None


def completions(cursor: UnfinishedNode, text: Text, offset: int, known: Known) -> tuple[Completion, ...]:
    """The completions at a cursor, the most likely first."""
    found: list[Completion] = []
    written = text.span(cursor.start, _end(text, offset, _REST_OF_WORD))
    kinds = list(_kinds(cursor, text, offset))
    if kinds:
        return tuple(kinds)
    if cursor.is_key and not cursor.quote:
        found += _near(cursor.text, [*_items(cursor, written, known), *_keys(cursor, written, known)])
    if cursor.is_value:
        found += _near(cursor.text, [*_words(cursor, written, known), *_names(cursor, written, known)])
        inner = expression_at(cursor, known.language)
        if inner is not None:
            offers = _of_expression(inner, text, offset, known)
            plain = _plain_in_flow(inner, text, offset)
            found += offers if plain is None else [_quoted(one, plain) for one in offers]
    return tuple(found)


def _plain_in_flow(cursor: UnfinishedNode, text: Text, offset: int) -> Span | None:
    """The value without quotes within brackets, which a comma would end; None where quotes change it."""
    if not cursor.in_flow or cursor.quote or text.content.startswith("(", _end(text, offset, _REST_OF_NAME)):
        return None
    whole = text.span(cursor.start, _end(text, offset, _REST_IN_FLOW))
    is_hard = _QUOTED.search(text.content, whole.start, whole.end) or _GOES_ON.match(text.content, whole.end)
    return None if is_hard else whole


def _quoted(one: Completion, plain: Span) -> Completion:
    """A call that is begun as a whole one, its value in quotes; all else as it is."""
    if not one.insert.endswith(("(", ", ")):
        return one
    first, last = ('"' if at else "" for at in (one.span.start == plain.start, one.span.end == plain.end))
    snippet = snippets.whole_call(one.insert, first, last)
    ends = [end for end, put in ((plain.start, first), (plain.end, last)) if not put]
    also = tuple(Edit(Span(plain.text, end, end), '"') for end in ends)
    return replace(one, insert=snippets.filled(snippet), snippet=snippet, also=also)


def _kinds(cursor: UnfinishedNode, text: Text, offset: int) -> Iterator[Completion]:
    """The kinds of a part of a pattern, after its colon."""
    begun = _KIND.search(cursor.text)
    is_here = is_pattern_path((*cursor.path, cursor.text) if cursor.is_key else cursor.path)
    if begun is None or not (is_here or _IN_CALL.search(cursor.text)):
        return
    span = text.span(offset - len(begun[1]), _end(text, offset, _REST_OF_NAME))
    for kind, meaning in KIND_WORDS.items():
        if kind.startswith(begun[1]):
            yield Completion(kind, "word", kind, span, "", meaning)


def expression_at(cursor: UnfinishedNode, language: Schema) -> UnfinishedNode | None:
    """The expression that is being written at a cursor: of a template, what follows its open brace."""
    if takes_expression(language, cursor.path):
        return cursor
    begun = _BRACE.search(cursor.text) if takes_template(language, cursor.path) else None
    if begun is None:
        return None
    return replace(cursor, text=begun[1], start=cursor.start + begun.start(1))


def _end(text: Text, offset: int, rest: re.Pattern[str]) -> int:
    """The end of what is written at an offset."""
    found = rest.match(text.content, offset)
    return offset if found is None else found.end()


def _near(written: str, found: Iterable[Completion]) -> list[Completion]:
    """Those that begin with what is written, then those that have it within."""
    word = written.strip().lower()
    first: list[Completion] = []
    others: list[Completion] = []
    for one in found:
        name = _CONSTANT.sub("", one.word).lower()
        if name.startswith(word):
            first.append(one)
        elif len(word) >= _SHORTEST_FOUND_WITHIN and word in name:
            others.append(one)
    return [*first, *others]


def _items(cursor: UnfinishedNode, span: Span, known: Known) -> Iterator[Completion]:
    """A whole section or test, where an item of their lists begins."""
    has_match = known.plan is not None and known.plan.match is not None
    found = snippets.of_item(cursor.path, has_match=has_match)
    if found is not None and not cursor.in_flow and not (cursor.beside and cursor.beside[-1]):
        name, body, meaning = found
        yield Completion(name, "snippet", snippets.filled(body), span, "", meaning, snippet=body)


def _keys(cursor: UnfinishedNode, span: Span, known: Known) -> Iterator[Completion]:
    """The keys of a mapping that are not there yet: fields before those of a rule."""
    used = set(cursor.beside[-1]) if cursor.beside else set()
    if not cursor.path:
        used |= set(_TOP_KEYS.findall(span.text.content))
    offers = [one for one in keys_at(known.language, cursor.path) if one.word not in used]
    fields = [one for one in offers if one.word not in {**RULE, **INHERIT} or one.title != one.word]
    of_rule = [one for one in offers if one not in fields and _goes_with(one.word, used)]
    if used & RULE.keys() and of_rule:
        fields = []
    elif used and fields:
        of_rule = []
    is_new = span.text.content[span.end : span.end + 1] != ":"
    around = None if known.plan is None else field_at(cursor.path, known.plan.target.root)
    for one in (*fields, *of_rule):
        insert = f"{one.insert}: " if is_new else one.insert
        snippet = snippets.of_key(one.word, around) if one in of_rule or not cursor.path else ""
        snippet = snippet if is_new and not cursor.in_flow else ""
        detail = _detail(one, None if one in of_rule else around)
        yield Completion(one.word, "key", insert, span, detail, one.meaning, snippet=snippet)


def _detail(one: Offer, around: TargetField | None) -> str:
    """The type of a field of the target; of other keys the title."""
    field = None if around is None else (around.item or around).field(one.word)
    if field is not None:
        return field_detail(field)
    return "" if one.title == one.word else one.title.removeprefix(f"{one.word}: ")


def _goes_with(key: str, used: set[str]) -> bool:
    """Whether a key of a rule may be beside others."""
    if key in INHERIT:
        return not used
    if key in SOURCE_KEYS:
        return used.isdisjoint(SOURCE_KEYS)
    return key not in ADDED_KEYS or "each" in used or used <= {*ADDED_KEYS}


def _words(cursor: UnfinishedNode, span: Span, known: Known) -> Iterator[Completion]:
    """The words that the language knows there; steps are transforms."""
    is_step = "apply" in cursor.path
    if cursor.path[:1] in (("target",), ("source",)) and cursor.path[-1] != "profile":
        return
    likely = _likely_name(cursor, known)
    for one in sorted(words_at(known.language, cursor.path), key=lambda one: one.word != likely):
        step = TRANSFORMS.get(one.word) if is_step else None
        if step is not None:
            snippet = snippets.of_step(one.word)
            called = signature(one.word)
            yield Completion(one.word, "transform", one.insert, span, called, one.meaning, snippet=snippet)
        elif not (cursor.in_flow and one.insert.startswith("{") and cursor.path[-1:] == ("const",)):
            yield Completion(one.word, "word", one.insert, span, "", one.meaning)
    if is_step and known.plan is not None:
        for own in known.plan.mapping.functions:
            insert = own.name if len(own.parameters) == 1 else f"{{{own.name}: "
            yield Completion(own.name, "function", insert, span, own_signature(own.facts), _OWN)


def _likely_name(cursor: UnfinishedNode, known: Known) -> str | None:
    """The name under which a section most likely sends the events that its `is` takes."""
    names = None if known.plan is None else known.plan.target.event_names
    if names is None or cursor.path[-1:] != ("send",) or not cursor.beside:
        return None
    written = letters_of(cursor.beside[-1].get("is", ""))
    return {letters_of(name): name for name in names.standard}.get(written) or dict(names.also).get(written)


def _names(cursor: UnfinishedNode, span: Span, known: Known) -> Iterator[Completion]:
    """The names of schemas; and what `is` may compare with: the constants that `match` is known to give."""
    if cursor.path[:1] == ("extends",):
        yield from (Completion(name, "word", name, span) for name in known.files)
    if cursor.path == ("source",):
        yield from (Completion(name, "word", name, span) for name, is_source in known.schemas if is_source)
    if cursor.path in (("target",), ("target", "schema")):
        names = [name for name, _ in sorted(known.schemas, key=lambda one: one[1])]
        yield from (Completion(name, "word", name, span) for name in names)
    plan = known.plan
    if plan is None or plan.match is None or "is" not in cursor.path[-2:]:
        return
    for scope in _scopes((), (), known):
        type = _inferred(plan.match.text, scope)
        for one in type.constants or ():
            if isinstance(one, str):
                yield Completion(one, "constant", one, span)


@dataclass(frozen=True, slots=True)
class _Scope:
    """The values that can be read somewhere. is_sample: its constants are the values of one event."""

    at: Type
    variables: Mapping[str, Type]
    is_sample: bool = False


def _scopes(path: tuple[str | int, ...], beside: tuple[dict[str, str], ...], known: Known) -> list[_Scope]:
    """The scopes at a path: as far as the source says it, and as the sample event has it."""
    found = []
    plan = known.plan
    if path[:1] == ("functions",):
        found.append(_Scope(UNKNOWN, dict.fromkeys(parameters_in(str(path[1])) if path[1:] else (), UNKNOWN)))
    elif plan is not None:
        found.append(_Scope(plan.scope.at, _readable(plan.scope.variables, plan, path)))
    if isinstance(known.event, dict) and path[:1] != ("functions",):
        sample = replace(_of_event(literal_type(known.event), plan), is_sample=True)
        variables = sample.variables if plan is None else _readable(sample.variables, plan, path)
        found.append(replace(sample, variables=variables))
    if not found:
        found.append(_Scope(UNKNOWN, {"event": UNKNOWN, "meta": META}))
    if path[:1] == ("split",):
        return [replace(one, at=one.variables.get("whole", one.at)) for one in found]
    for at, key in enumerate(path):
        if key in ("item", "where", "let") and "each" in beside[at]:
            found = [_at_item(beside[at]["each"], one) for one in found]
    if plan is not None:
        own = {written_variable(let.name): let.name for let in lets_around(plan.mapping, path)}
        types = {
            name: plan.record.element_lets[let].type
            for name, let in own.items()
            if let in plan.record.element_lets
        }
        found = [replace(one, variables={**one.variables, **types}) for one in found]
    return found


def _readable(variables: Mapping[str, Type], plan: Plan, path: tuple[str | int, ...]) -> dict[str, Type]:
    """Variables by the names that are written: of those of sections only the lets of the one at a path."""
    section = section_at(plan.mapping, path)
    here = {let.name for let in plan.mapping.lets if section is not None and let.within == section.span}
    return {
        written_variable(name): type
        for name, type in variables.items()
        if not is_numbered(name) or name in here
    }


def _of_event(event: Type, plan: Plan | None) -> _Scope:
    """The scope of a sample event; of lets the values that expressions give there."""
    whole = _Scope(event, {"event": event, "meta": META})
    if plan is None:
        return whole
    if plan.split is not None:
        part = element_type(_inferred(plan.split.parts.text, whole))
        whole = _Scope(part, {**whole.variables, "event": part, "whole": event, "index": of("integer")})
    for let in plan.lets:
        type = _of_let(let.value, whole)
        whole = _Scope(whole.at, {**whole.variables, let.name: type})
    return whole


def _of_let(value: Planned, scope: _Scope) -> Type:
    """The type of a let: of the first of its alternatives that gives something."""
    if value.steps or value.finish is not None:
        return value.type
    match value.source:
        case Expression(text=text):
            return _inferred(text, scope)
        case First(alternatives=alternatives):
            types = [_of_let(one, scope) for one in alternatives]
            return next((one for one in types if one.known and one.kinds != {"null"}), UNKNOWN)
        case Fixed() | Choice() | Loop() | Zipped() | PlannedObject() | PlannedList():
            return value.type


def _at_item(each: str, scope: _Scope) -> _Scope:
    made = _inferred(each, scope)
    inner = {**scope.variables, "index": of("integer")}
    return replace(scope, at=element_type(made), variables=inner)


def _inferred(text: str, scope: _Scope, *, is_step: bool = False) -> Type:
    """The type of an expression; unknown where it is none. is_step: that which a dot after it reads from."""
    try:
        tree = parsed(text)
    except Refusal:
        return UNKNOWN
    if tree.wrong:
        return UNKNOWN
    expression = Expression(text, tree, _NOWHERE.span)
    made = infer(expression, scope.at, scope.variables, Findings())
    return element_type(made) if is_step and isinstance(tree.root, Projection | Filter) else made


_OWN = "A function of the mapping."
_NOWHERE = Text("<expression>", "")


def _of_expression(cursor: UnfinishedNode, text: Text, offset: int, known: Known) -> list[Completion]:
    """The completions within an expression."""
    begun = unfinished(cursor.text)
    if begun is None:
        return []
    scopes = [_inner(one, begun.around) for one in _scopes(cursor.path, cursor.beside, known)]
    span = text.span(cursor.start + begun.start, _end(text, offset, _REST_OF_NAME))
    if begun.base is not None:
        bases = [(_inferred(begun.base, one, is_step=True), one.is_sample) for one in scopes]
        return _near(begun.word, _attributes(bases, span))
    variables = list(_variables(scopes, span))
    if begun.word[:1] == "$":
        return _near(begun.word, variables)
    functions = [*_own_functions(begun, span, known), *_functions(begun, span)]
    others = [*functions, *variables] if begun.in_pipe else [*variables, *functions]
    found = [
        *_compared(begun, scopes, span, known.plan),
        *_attributes([(one.at, one.is_sample) for one in scopes], span),
        *others,
    ]
    return _near(begun.word, found)


def _inner(scope: _Scope, around: tuple[Surrounding, ...]) -> _Scope:
    """The scope within an expression."""
    for one in around:
        made = _inferred(one.text, scope, is_step=one.reads == "step") if one.text else UNKNOWN
        scope = replace(scope, at=element_type(made) if one.reads == "element" else made)
    return scope


def _attributes(types: Iterable[tuple[Type, bool]], span: Span) -> Iterator[Completion]:
    """The fields of objects of some types, each once, with the value in the one that is of the sample."""
    fields: dict[str, list[tuple[Type, bool]]] = {}
    for type, is_sample in types:
        for name, inner in type.fields or ():
            fields.setdefault(name, []).append((inner, is_sample))
    for name, found in fields.items():
        known = next((type for type, _ in found if type.known), found[0][0])
        seen = (type.constants or () for type, is_sample in found if is_sample)
        sample = next((one[0] for one in seen if len(one) == 1), None)
        value = None if isinstance(sample, dict | list) else sample
        yield Completion(name, "attribute", written_name(name), span, known.describe(), sample=value)


def _compared(
    begun: Unfinished, scopes: Iterable[_Scope], span: Span, plan: Plan | None
) -> Iterator[Completion]:
    """The constants that what is compared is known to have; of a sample none that may be a person's."""
    if not begun.compared:
        return
    is_open = not _may_be_persons(begun.compared, plan)
    words = [
        one
        for scope in scopes
        for one in _inferred(begun.compared, scope).constants or ()
        if isinstance(one, str) and (not scope.is_sample or (is_open and _is_plain(one)))
    ]
    for word in dict.fromkeys(words):
        yield Completion(word, "constant", text_constant(word), span)


def _may_be_persons(text: str, plan: Plan | None) -> bool:
    """Whether an expression reads what is a person's, for certain or by its name."""
    try:
        tree = parsed(text)
    except Refusal:
        return True
    if any(isinstance(node, Field) and is_likely_personal(node.name) for node in tree.nodes):
        return True
    if plan is None:
        return False
    reads = Expression(text, tree, _NOWHERE.span).reads()
    paths = (path for read in reads for path in paths_of(read, plan.scope.origins, plan.labels))
    return any(may_be_persons(path, plan.labels) for path in paths)


def _is_plain(value: str) -> bool:
    """Whether a value is a word, and not an address, a number or the like that is one person's or thing's."""
    return shape_of(value) == "text" and ADDRESS.search(value) is None


def _variables(scopes: Iterable[_Scope], span: Span) -> Iterator[Completion]:
    """The variables that can be read: lets before those that there always are."""
    types = [scope.variables for scope in scopes]
    names = dict.fromkeys(name for one in types for name in one)
    for name in sorted(names, key=lambda one: one in VARIABLES):
        known = [one[name] for one in types if name in one]
        type = next((one for one in known if one.known), known[0])
        yield Completion(f"${name}", "variable", f"${name}", span, type.describe(), VARIABLES.get(name, ""))


def _own_functions(begun: Unfinished, span: Span, known: Known) -> Iterator[Completion]:
    """The functions of the mapping."""
    for one in () if known.plan is None else known.plan.mapping.functions:
        insert = f"{one.name}(" if not begun.in_pipe else f"{one.name}(@"
        if begun.in_pipe:
            insert += ")" if len(one.parameters) == 1 else ", "
        yield Completion(one.name, "function", insert, span, own_signature(one.facts), _OWN)


def _functions(begun: Unfinished, span: Span) -> Iterator[Completion]:
    """The transforms, and JMESPath's functions; after a pipe they take its value."""
    opened = "(@" if begun.in_pipe else "("
    for name, entry in TRANSFORMS.items():
        needs = any(one.required for one in entry.parameters)
        insert = f"{name}(@, " if begun.in_pipe and needs else f"{name}(@)" if begun.in_pipe else f"{name}("
        yield Completion(name, "transform", insert, span, signature(name), entry.summary)
    for name, builtin in FUNCTIONS.items():
        single = begun.in_pipe and len(builtin.takes) == 1
        insert = f"{name}(@)" if single else f"{name}{'(' if builtin.takes[0].expression else opened}"
        yield Completion(name, "function", insert, span, signature(name), builtin.summary)
