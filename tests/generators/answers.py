"""Random answers of consent, of all that an author may write about attributes that say yes or no."""

from __future__ import annotations

from random import Random
from typing import Any

ATTRIBUTES = ("marketing", "ads", "opted_out")
_WORDS = ("'yes'", "'granted'", "'no'", "'denied'", "`true`", "`false`", "`1`", "'unknown'")
_ANSWERS = ("granted", "denied", "yes", "no", True, False)


def random_consent(chance: Random) -> dict[str, Any]:
    """A `consent` in which each attribute is read at most once, with the lets that it reads."""
    unread = chance.sample(ATTRIBUTES, len(ATTRIBUTES))
    answer: Any = _rule(chance, unread, 2)
    if unread and chance.random() < 0.3:
        answer = {chance.choice(("all", "any")): [answer, _rule(chance, unread, 1)]}
    let = {}
    if isinstance(answer, str) and chance.random() < 0.3:
        let, answer = {"said": answer}, "$said"
    consent = {
        chance.choice(("granted", "denied")): answer,
        "when_missing": chance.choice(("granted", "denied")),
        "when_denied": "skip",
    }
    return {"consent": consent, **({"let": let} if let else {})}


def _rule(chance: Random, unread: list[str], depth: int) -> Any:
    kind = chance.choice(("expression", "expression", "from", "case", "steps", "default"))
    if kind == "expression" or not depth or not unread:
        return _expression(chance, unread, 2)
    if kind == "from":
        others = [_rule(chance, unread, 0)] if unread else [{"const": chance.choice(_ANSWERS)}]
        return {"from": [_rule(chance, unread, depth - 1), *others]}
    if kind == "case":
        then = {"const": chance.choice(_ANSWERS)} if chance.random() < 0.7 else _rule(chance, unread, 0)
        rest = {"const": chance.choice(_ANSWERS)} if chance.random() < 0.7 else _rule(chance, unread, 0)
        return {"case": [{"when": _expression(chance, unread, 1), "then": then}, {"else": rest}]}
    if kind == "default":
        return {"from": _attribute(chance, unread), "default": chance.choice(_ANSWERS)}
    return {"from": _attribute(chance, unread), "apply": _steps(chance)}


def _steps(chance: Random) -> Any:
    table = {key: chance.choice(_ANSWERS) for key in chance.sample(("yes", "no", "true", "false", "x"), 2)}
    lookup = {"table": table, **({"default": chance.choice(_ANSWERS)} if chance.random() < 0.5 else {})}
    return chance.choice(("not", "boolean", ["boolean", "not"], {"lookup": lookup}, {"null_if": ["no", "x"]}))


def _attribute(chance: Random, unread: list[str]) -> str:
    return unread.pop() if unread else chance.choice(_WORDS)


def _expression(chance: Random, unread: list[str], depth: int) -> str:
    kind = chance.choice(("attribute", "attribute", "or", "and", "not", "compare", "not_null"))
    if kind == "attribute" or not depth:
        return _attribute(chance, unread)
    one = _expression(chance, unread, depth - 1)
    if kind == "not":
        return f"!{one}" if one.isidentifier() else f"!({one})"
    if kind == "compare":
        return f"{_attribute(chance, unread)} {chance.choice(('==', '!='))} {chance.choice(_WORDS)}"
    other = _expression(chance, unread, depth - 1) if chance.random() < 0.5 else chance.choice(_WORDS)
    if kind == "not_null":
        return f"not_null({one}, {other})"
    return f"({one} {'||' if kind == 'or' else '&&'} {other})"
