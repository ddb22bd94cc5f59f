"""Text that YAML reads in another way, or not at all -> the text to write instead."""

from __future__ import annotations

from mapper.compiler.advice.advisers import Hint, advises
from mapper.compiler.yaml.edits import quoted, shown
from mapper.compiler.yaml.nodes import ScalarNode
from mapper.compiler.yaml.yaml_facts import BracesAsKey, KeyTwice, Tag, UnreadableNumber
from mapper.texts.diagnostic import Diagnostic, Edit, Fix
from mapper.values.regular_expression import pattern

_SECRET = (
    "a mapping cannot read the environment: write constants as `{const: ...}`, and pass credentials to `send`"
)
_FILE = "to reuse other files, write `extends: [FILE]`"
_REFERENCE = "define the value under `let` and use it as `$name`"
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


@advises(Tag)
def _tag(fact: Tag, _: Diagnostic) -> Hint:
    return Hint(
        _TAGS.get(fact.written.lstrip("!").lower(), "remove it; how the value is written shows its type")
    )


@advises(KeyTwice)
def _key_twice(fact: KeyTwice, _: Diagnostic) -> Hint:
    """One of the two goes; or a rule has both, where both say where the value comes from."""
    hint, key = "remove one of the two", fact.key.text
    sources = [quoted(one.text) for one in fact.values if isinstance(one, ScalarNode) and one.text]
    if len(sources) < 2 or max(map(len, sources)) > _LONGEST or key in _ONE_VALUE:
        return Hint(hint)
    several = f"[{', '.join(sources)}]"
    if key in _LISTS:
        return Hint(f"{hint}; for several, write one list: `{key}: {several}`")
    return Hint(f"{hint}; for alternatives, write one rule: `{key}: {{from: {several}}}`")


@advises(UnreadableNumber)
def _unreadable(fact: UnreadableNumber, _: Diagnostic) -> Hint:
    """The hint for a number that cannot be read: most often it is a text."""
    span = fact.span
    written = shown(span, _LONGEST)
    if written is None:
        return Hint("quote it if it is text")
    if _HEXADECIMAL.fullmatch(written):
        return Hint(f'write `{int(written, 16)}`, or `"{written}"` if it is text')
    if not written.isdigit():
        return Hint(f'write `"{written}"` if it is text')
    hint = f'write `"{written}"` if it is text, and `{{const: "{written}"}}` for the value of a field'
    # Elsewhere a text in quotes is an expression.
    if _BEFORE_A_CONSTANT.search(span.text.content, 0, span.start) is None:
        return Hint(hint)
    fix = Fix(f'Write `"{written}"`', (Edit(span, f'"{written}"'),), safe=False)
    return Hint(hint, (fix,))


@advises(BracesAsKey)
def _braces(fact: BracesAsKey, _: Diagnostic) -> Hint:
    """An expression: a name of several words has quotes within quotes."""
    written, words = fact.written, fact.written.replace(" ", "")
    name = f"'\"{written}\"'" if words != written and words.isalnum() else written
    return Hint(f"write expressions without braces: `{name}`")
