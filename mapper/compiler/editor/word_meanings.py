"""A word of a mapping -> what it means: a transform, function, key, variable, or field of a target."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal, TypeAlias

from mapper.compiler.editor.target_fields import field_detail
from mapper.compiler.editor.value_definitions import field_description
from mapper.compiler.jmespath.signatures import signature
from mapper.compiler.schema.target import Target, TargetField
from mapper.compiler.syntax.language_keys import OWNERS, VARIABLES, Key
from mapper.runtime.function_registry import Builtin
from mapper.runtime.functions import FUNCTIONS
from mapper.texts.markdown import code
from mapper.transforms import TRANSFORMS
from mapper.transforms.registry import Transform
from mapper.transforms.transform_facts import (
    example_words,
    json_in_sight,
    parameter_facts,
    transform_facts,
    type_in_words,
)
from mapper.values.frozen import dataclass

WordKind: TypeAlias = Literal["transform", "function", "key", "variable", "field"]


@dataclass(frozen=True, slots=True)
class WordMeaning:
    """The meaning of a word. of: where it belongs: what has the key, the target of a field; "" for others.

    signature: of what can be called. meaning: as Markdown. facts: types and the like, in sentences or "".
    parameters: or the fields of an object, each with its type and whether it is needed. examples: a call or
    a value, and the result.
    """

    kind: WordKind
    name: str
    of: str = ""
    signature: str = ""
    meaning: str = ""
    facts: str = ""
    parameters: tuple[tuple[str, str], ...] = ()
    examples: tuple[tuple[str, str], ...] = ()


def word_meanings(word: str, targets: Iterable[Target]) -> tuple[WordMeaning, ...]:
    """All that a word means, as it is written in a mapping; () where it means nothing.

    A key may be told from others of its name by what has it, as `consent.granted`, and a field be named
    without the objects around it.
    """
    name = word.removeprefix("$")
    called = (_transform(name), _function(name), _variable(name))
    fields = (one for target in targets for one in _fields(word, target))
    return (*filter(None, called), *_keys(word), *fields)


def known_words(targets: Iterable[Target]) -> list[str]:
    """All words that have a meaning, to guess from and to complete."""
    keys = (key for one in OWNERS.values() for key in one)
    paths = (field.path for target in targets for field in target.root.walk())
    shown = (path for path in paths if path and not path.endswith("[]"))
    return sorted({*TRANSFORMS, *FUNCTIONS, *keys, *(f"${one}" for one in VARIABLES), *shown})


def _transform(name: str) -> WordMeaning | None:
    entry: Transform | None = TRANSFORMS.get(name)
    if entry is None:
        return None
    parameters = tuple((one.name, parameter_facts(one)) for one in entry.parameters)
    examples = []
    for one in entry.examples:
        value, arguments, result = example_words(one)
        said = result if one.invalid is None else f"invalid: {one.invalid}"
        examples.append((f"{value}  {arguments}" if arguments else value, said))
    return WordMeaning(
        "transform",
        entry.name,
        signature=signature(entry.name),
        meaning=entry.documentation,
        facts=transform_facts(entry),
        parameters=parameters,
        examples=tuple(examples),
    )


def _function(name: str) -> WordMeaning | None:
    entry: Builtin | None = FUNCTIONS.get(name)
    if entry is None:
        return None
    examples = tuple((written, json_in_sight(result)) for written, result in entry.examples)
    gives = f"Gives {type_in_words(entry.gives)}."
    return WordMeaning(
        "function",
        name,
        signature=signature(name),
        meaning=entry.documentation,
        facts=gives,
        examples=examples,
    )


def _variable(name: str) -> WordMeaning | None:
    told = VARIABLES.get(name)
    return None if told is None else WordMeaning("variable", f"${name}", meaning=told)


def _keys(word: str) -> Iterator[WordMeaning]:
    """The keys of a name, of all that have one, or of the one that is named before it."""
    around, _, name = word.rpartition(".")
    for owner, keys in OWNERS.items():
        key = keys.get(name)
        if key is not None and around in ("", _bare(owner)):
            yield WordMeaning("key", name, owner, meaning=key.meaning, facts=_key_facts(key))


def _bare(owner: str) -> str:
    """The owner of a key, in a word of the language: `consent` of "`consent`", `test` of "a test"."""
    quoted = owner.partition("`")[2].partition("`")[0]
    return quoted or owner.rpartition(" ")[2]


def _key_facts(key: Key) -> str:
    words = " or ".join(code(word) for word, _ in key.words)
    examples = ", ".join(code(json_in_sight(one)) for one in key.examples)
    told = (f"Takes {words}." if words else "", f"For example {examples}." if examples else "")
    return " ".join(filter(None, told))


def _fields(word: str, target: Target) -> Iterator[WordMeaning]:
    """The fields of a path, or of a name at the end of one."""
    path = word.replace("[]", "")
    for field in target.root.walk():
        plain = field.path.replace("[]", "")
        is_named = plain == path or ("." not in path and plain.rpartition(".")[2] == path)
        if is_named and not field.path.endswith("[]"):
            yield _field(field, target)


def _field(field: TargetField, target: Target) -> WordMeaning:
    told = str(field_description(field, target)["markdownDescription"])
    facts = f"{field_detail(field)[:1].upper()}{field_detail(field)[1:]}."
    fields = tuple((one.name, field_detail(one)) for one in (field.item or field).fields)
    return WordMeaning("field", field.path, target.name, meaning=told, facts=facts, parameters=fields)
