"""Text of `mapper.yaml` -> Policy, with all that is wrong in it at its place."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, cast

from mapper.codes import CODES
from mapper.compiler.findings import most_mistakes
from mapper.compiler.schema.validation import Breach, breaches_of
from mapper.compiler.syntax.node_shapes import json_of
from mapper.compiler.yaml.nodes import ListNode, MapNode, ScalarNode, YamlNode
from mapper.compiler.yaml.reader import read_yaml
from mapper.project.mapping_files import mapping_files
from mapper.project.project import read_text
from mapper.repository.policy import AcceptedFinding, FolderPolicy, Policy
from mapper.repository.policy_schema import policy_schema
from mapper.texts.diagnostic import Diagnostic, closest, has_errors, in_order
from mapper.texts.named_text import Span, Text
from mapper.values.safe_text import SafeError, SafeText
from mapper.values.types import JsonPath, kind_of

_OF_POLICIES = re.compile(r"^(?:folders|accepted|exclude)[ \t]*:", re.MULTILINE)
# Keys of a mapping, one of which is in any that happens to have the name.
_OF_MAPPINGS = frozenset({"target", "extends", "payload", "events"})


@dataclass(frozen=True, slots=True)
class ReadPolicy:
    """A policy once it was read. policy: None where it has errors."""

    policy: Policy | None
    found: tuple[Diagnostic, ...] = ()


def is_policy(text: Text) -> bool:
    """Whether a text is a policy by its keys, whatever its name is."""
    return bool(_OF_POLICIES.search(text.content))


def load_policy(file: Path) -> ReadPolicy | None:
    """The policy in a file; None where it is a mapping by its keys. Raises OSError."""
    if not file.resolve().is_relative_to(file.parent.resolve()):
        raise SafeError(
            SafeText("{} is a link out of its folder, and is not read", SafeText.known(str(file)))
        )
    return read_policy(read_text(file), file.parent)


def read_policy(text: Text, root: Path) -> ReadPolicy | None:
    """A policy from its text; None where that is a mapping. root: the folder it lies in."""
    made: Policy | None = None
    with most_mistakes(text) as found:
        node = read_yaml(text, found)
        if isinstance(node, MapNode) and any(key.text in _OF_MAPPINGS for key, _ in node.entries):
            return None
        if node is None and not found:
            found.say(Diagnostic("M801", text.span(0, 0), "the file is empty", "write `version: 1`"))
        elif node is not None and not found:
            found.say_all(_mistakes(node))
            if not has_errors(found):
                made = _policy(node, str(root))
                found.say_all(_idle(made, node, root))
    return ReadPolicy(made, tuple(in_order(found)))


def _mistakes(node: YamlNode) -> Iterator[Diagnostic]:
    for breach in breaches_of(policy_schema())(json_of(node)):
        is_of_day = breach.validator == "pattern" and breach.absolute_path[-1:] == ("until",)
        if not is_of_day and not _is_misspelt(breach):
            yield _of_breach(node, breach)
    for code in _values(node, "accepted", "code"):
        row = CODES.get(code.text)
        if row is None:
            near = closest(code.text, CODES)
            hint = f"did you mean `{near}`?" if near else "`mapper check` shows the code of each finding"
            yield Diagnostic("M801", code.span, f"`{code.text}` is not a diagnostic code", hint)
        elif row.severity == "error":
            yield Diagnostic("M802", code.span, f"`{code.text}` is an error, and stays one: {row.title}")
    for day in _values(node, "accepted", "until"):
        if _day(day.text) is None:
            yield Diagnostic("M801", day.span, f"`{day.text}` is no day", "write e.g. `2027-03-31`")


def _of_breach(node: YamlNode, breach: Breach) -> Diagnostic:
    """The diagnostic of what breaks the schema, at the key or value that does."""
    at, said = breach.absolute_path, breach.validator_value
    place = _place(node, at)
    what = f"`{at[-1]}`" if at and isinstance(at[-1], str) else "this"
    match breach.validator:
        case "additionalProperties" | None:
            return _unknown_key(node, at, breach)
        case "required":
            lacks = [name for name in said if name not in cast("dict[str, Any]", breach.instance)]
            message = f"{what if at else 'the file'} lacks {' and '.join(f'`{one}`' for one in lacks)}"
            return Diagnostic("M801", place, message, f"add `{lacks[0]}: {_EXAMPLES[lacks[0]]}`")
        case "enum":
            words = [str(one) for one in said]
            near = closest(str(breach.instance), words)
            hint = f"did you mean `{near}`?" if near else f"write {', '.join(words[:-1])} or {words[-1]}"
            return Diagnostic("M801", place, f"{what} must be one of {', '.join(words)}", hint)
        case "const":
            return Diagnostic("M801", place, f"{what} must be {said}", f"write `{at[-1]}: {said}`")
        case "type":
            message = f"{what} must be {_KINDS.get(said, said)}, not {kind_of(breach.instance)}"
            return Diagnostic(
                "M801", place, message, f"write e.g. `{_EXAMPLES.get(str(at[-1]), '...')}`" if at else None
            )
        case "pattern":
            return Diagnostic(
                "M801", place, f"{what} must be a path from the folder of this file", "write it with `/`"
            )
        case _:
            return Diagnostic("M801", place, f"{what} is out of its limits: {breach.validator} {said}")


def _is_misspelt(breach: Breach) -> bool:
    """Whether a key that lacks is most likely one of those that are unknown."""
    if breach.validator != "required":
        return False
    known = breach.schema["properties"]
    strange = [name for name in cast("dict[str, Any]", breach.instance) if name not in known]
    return any(closest(name, known) in breach.validator_value for name in strange)


_KINDS = {"object": "a table", "array": "a list", "string": "a text", "number": "a number"}
_EXAMPLES = {
    "version": "1",
    "exclude": "[mappings/drafts/*.yaml]",
    "folders": "{mappings/shop: {owner: shop}}",
    "accepted": "[{code: M411, file: mappings/shop.yaml, reason: TEXT, until: 2027-03-31}]",
    "owner": "shop",
    "coverage": "90",
    "severity": "{M411: error}",
    "code": "M411",
    "file": "mappings/shop.yaml",
    "path": "custom_data.value",
    "reason": "the shop sends net amounts until March",
    "until": "2027-03-31",
}


def _unknown_key(node: YamlNode, at: JsonPath, breach: Breach) -> Diagnostic:
    known = [*breach.schema.get("properties", ())]
    strange = next(name for name in cast("dict[str, Any]", breach.instance) if name not in known)
    place = _key(node, (*at, strange))
    if at[-1:] == ("severity",):
        row = CODES.get(str(strange))
        if row is not None:
            return Diagnostic("M802", place, f"`{strange}` is an error, and stays one: {row.title}")
        near = closest(str(strange), known)
        hint = f"did you mean `{near}`?" if near else "`mapper check` shows the code of each finding"
        return Diagnostic("M801", place, f"`{strange}` is not a diagnostic code", hint)
    near = closest(str(strange), known)
    hint = f"did you mean `{near}`?" if near else f"its keys are {', '.join(f'`{one}`' for one in known)}"
    return Diagnostic("M801", place, f"unknown key `{strange}`", hint)


def _policy(node: YamlNode, root: str) -> Policy:
    said: Any = json_of(node)
    folders = [
        FolderPolicy(_normal(path), one.get("owner"), one.get("coverage"), one.get("severity", {}))
        for path, one in said.get("folders", {}).items()
    ]
    folders.sort(key=lambda one: (one.path != ".", one.path.count("/"), one.path), reverse=True)
    accepted = tuple(
        AcceptedFinding(
            one["code"],
            one["file"],
            one["reason"],
            date.fromisoformat(one["until"]),
            _place(node, ("accepted", number, "code")),
            one.get("path", ""),
        )
        for number, one in enumerate(said.get("accepted", ()))
    )
    return Policy(root, tuple(said.get("exclude", ())), tuple(folders), accepted, dict(_lines(node)))


def _lines(node: YamlNode, *keys: str) -> Iterator[tuple[tuple[str, ...], int]]:
    """The line of each part of the file, by the keys that lead to it; folders by their normal paths."""
    if isinstance(node, MapNode):
        for key, value in node.entries:
            name = _normal(key.text) if keys == ("folders",) else key.text
            yield (*keys, name), key.span.line
            yield from _lines(value, *keys, name)
    elif isinstance(node, ListNode):
        for number, one in enumerate(node.items):
            yield (*keys, str(number)), one.span.line
            yield from _lines(one, *keys, str(number))


def _idle(policy: Policy, node: YamlNode, root: Path) -> Iterator[Diagnostic]:
    """Folders that are not there, and patterns that no mapping has."""
    said: Any = json_of(node)
    for path in said.get("folders", {}):
        if not (root / path).is_dir():
            message = f"there is no folder `{path}`"
            yield Diagnostic("M803", _key(node, ("folders", path)), message, "correct its path, or remove it")
    patterns: list[tuple[JsonPath, str]] = [
        (("exclude", number), one) for number, one in enumerate(policy.exclude)
    ]
    patterns += [(("accepted", number, "file"), one.file) for number, one in enumerate(policy.accepted)]
    if patterns:
        files = [Path(os.path.relpath(one, root)).as_posix() for one in mapping_files([str(root)]).files]
        for at, pattern in patterns:
            if not any(fnmatchcase(file, pattern) for file in files):
                message = f"no mapping is `{pattern}`"
                near = closest(pattern, files)
                hint = f"did you mean `{near}`?" if near else "correct it, or remove the line"
                yield Diagnostic("M803", _place(node, at), message, hint)


def _values(node: YamlNode, *path: str) -> Iterator[ScalarNode]:
    """The scalars at a path, in each element of lists."""
    if isinstance(node, ListNode):
        for one in node.items:
            yield from _values(one, *path)
    elif isinstance(node, MapNode) and path:
        for key, value in node.entries:
            if key.text == path[0]:
                yield from _values(value, *path[1:])
    elif isinstance(node, ScalarNode) and not path:
        yield node


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _normal(path: str) -> str:
    return os.path.normpath(path).replace(os.sep, "/")


def _place(node: YamlNode, at: JsonPath) -> Span:
    """The place of the value that some keys lead to; of a table, its first key."""
    found = _at(node, at)
    if isinstance(found, MapNode) and found.entries:
        return found.entries[0][0].span
    return found.span


def _key(node: YamlNode, at: JsonPath) -> Span:
    around = _at(node, at[:-1])
    if isinstance(around, MapNode):
        return next((key.span for key, _ in around.entries if key.text == at[-1]), around.span)
    return around.span


def _at(node: YamlNode, at: JsonPath) -> YamlNode:
    for step in at:
        if isinstance(node, ListNode) and isinstance(step, int):
            node = node.items[step]
        elif isinstance(node, MapNode):
            node = next((value for key, value in node.entries if key.text == step), node)
    return node
