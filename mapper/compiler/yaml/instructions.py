"""What YAML has and the mapping language has not, tags, merging, a version -> what to write instead."""

from __future__ import annotations

import re

from mapper.compiler.yaml.edits import quoted, shown
from mapper.compiler.yaml.nodes import Node, ScalarNode
from mapper.compiler.yaml.parser_input import Mended
from mapper.diagnostic import Diagnostic, Edit, Fix
from mapper.pattern import pattern
from mapper.text import Span

NO_TAGS = "tags are not part of the mapping language"
NO_MERGING = (
    "merge keys are not part of the mapping language",
    "write the keys out; what all sections have stands in the common `payload`, a value under `let`",
)
_SECRET = "a mapping reads no environment: a constant is `{const: ...}`, and credentials belong to `send`"
_FILE = "what other files say is taken over with `extends: [FILE]`"
_REFERENCE = "name the value under `let` and use it as `$name`"
_TAGS = {
    **dict.fromkeys(("env", "env_var", "envvar", "secret", "vault", "ssm", "getenv"), _SECRET),
    **dict.fromkeys(("include", "import", "extends", "file"), _FILE),
    **dict.fromkeys(("ref", "reference", "var", "getatt"), _REFERENCE),
}
_LONGEST = 40
# Keys of the language: of some there is only one value, of others a list.
_LISTS = frozenset({"apply", "extends", "expects", "from", "is", "strip"})
_ONE_VALUE = frozenset(
    {
        "name",
        "version",
        "target",
        "source",
        "normal_forms",
        "partial",
        "match",
        "split",
        "skip",
        "because",
        "when",
        "where",
        "send",
        "continue",
        "given",
        "default",
        "const",
        "required",
        "personal",
        "each",
        "when_missing",
        "when_denied",
        "granted",
        "denied",
        "schema",
        "profile",
    }
)
_BEFORE_A_CONSTANT = pattern(r"\b(?:const|default|is)[\"']?\s*:\s*\Z")
_HEXADECIMAL = pattern(r"[-+]?0x[0-9a-fA-F]+")
_VERSION = pattern(r"^%YAML[^\r\n#]*[^\s#]", re.MULTILINE)


def instead_of_tag(tag: str) -> str:
    """What to write instead of a tag."""
    return _TAGS.get(tag.lstrip("!").lower(), "take it away; the value itself tells its type")


def stands_twice(key: ScalarNode, first: tuple[ScalarNode, Node], value: Node | None) -> Diagnostic:
    """The diagnostic for a key twice; a rule has both, where both say where the value comes from."""
    hint = "take one of the two away"
    sources = [quoted(one.text) for one in (first[1], value) if isinstance(one, ScalarNode) and one.text]
    if len(sources) == 2 and max(map(len, sources)) <= _LONGEST and key.text not in _ONE_VALUE:
        several = f"[{', '.join(sources)}]"
        if key.text in _LISTS:
            hint += f"; several stand in one list: `{key.text}: {several}`"
        else:
            hint += f"; alternatives stand in one rule: `{key.text}: {{from: {several}}}`"
    message = f"`{key.text}` stands twice in this mapping"
    return Diagnostic("M002", key.span, message, hint, related=((first[0].span, "first here"),))


def unreadable(code: str, reason: str, span: Span) -> Diagnostic:
    """The diagnostic for what looks like a number and is none here: most often it is a text."""
    written = shown(span, _LONGEST)
    if written is None:
        return Diagnostic(code, span, reason, "write it in quotes if it is a text")
    if _HEXADECIMAL.fullmatch(written):
        return Diagnostic(code, span, reason, f'write `{int(written, 16)}`, or `"{written}"` if it is a text')
    if not written.isdigit():
        return Diagnostic(code, span, reason, f'write `"{written}"` if it is a text')
    hint = f'write `"{written}"` if it is a text, and `{{const: "{written}"}}` for the value of a field'
    # Elsewhere a text in quotes is an expression.
    if _BEFORE_A_CONSTANT.search(span.text.content, 0, span.start) is None:
        return Diagnostic(code, span, reason, hint)
    fix = Fix(f'Write `"{written}"`', (Edit(span, f'"{written}"'),), safe=False)
    return Diagnostic(code, span, reason, hint, fixes=(fix,))


def of_a_version(source: Mended, start: int) -> list[Diagnostic]:
    """The warning for a `%YAML 1.1`, which would change what words mean if it were followed."""
    line = _VERSION.search(source.content, start)
    if line is None:
        return []
    span = source.span(line.start(), line.end())
    message = f"a mapping is YAML 1.2, whatever `{line.group()}` says: `yes`, `on` and `no` are texts"
    fix = Fix(f"Take `{line.group()}` away", (Edit(span, ""),), safe=False)
    return [Diagnostic("M041", span, message, "take it away", fixes=(fix,))]


def as_name(written: str) -> str:
    """What stood between braces, as an expression: a name of several words has quotes within quotes."""
    words = written.replace(" ", "")
    return f"'\"{written}\"'" if words != written and words.isalnum() else written
