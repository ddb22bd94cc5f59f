"""The part of `x-delivery` that says how answers are read: the first rule that fits decides."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from mapper.delivery.destination import (
    All,
    AnswerReader,
    AnswerRule,
    Count,
    Entries,
    Failed,
    Means,
    Proof,
    Setting,
)
from mapper.delivery.part import Part, nothing, read, reader
from mapper.texts.diagnostic import closest

_PROOFS = ("entries", "count", "all", "failed")
_MEANS = ("refused", "too_large", "retry", "slow_down", "setup", "paused")
# What each kind of rule has beside `status`, `when`, `says`, `hint` and that by which it is told.
_BESIDE = {
    "entries": ("ok", "bad", "reason", "warning", "counts"),
    "count": ("counts",),
    "all": ("body", "counts"),
    "failed": ("first", "counts"),
    "means": ("body", "reason", "setting"),
}
# An answer that is compared as a whole has no parts that could be read.
_NOT_BESIDE_BODY = ("when", "counts", "reason")
_EMPTY = "empty"
_LONGEST_BODY = 200
_ALWAYS = ("status", "when", "says", "hint")
_HUNDRED = 100


def read_answers(part: Part, error: Part | None, settings: Mapping[str, Setting]) -> AnswerReader:
    """The reader of answers that a schema describes."""
    rules, taken = [], set[int]()
    for one in part.items():
        rule = _rule(one, settings)
        if rule is None:
            continue
        if rule.statuses and rule.statuses <= taken:
            one.wrong("no answer comes to this rule: those before it take them all")
        if rule.when is None and rule.body is None and rule.proof is None:
            taken |= rule.statuses
        rules.append(rule)
    if isinstance(part.value, list) and not any(rule.proof is not None for rule in rules) and not part.found:
        part.wrong(
            "no rule says which answers accept events", "give one `entries`, `count`, `all` or `failed`"
        )
    said = {} if error is None else error.keys((), ("code", "message"))
    return AnswerReader(
        tuple(rules),
        code=reader(said, "code"),
        message=reader(said, "message"),
    )


def _rule(part: Part, settings: Mapping[str, Setting]) -> AnswerRule | None:
    if not isinstance(part.value, dict):
        part.is_no("an object")
        return None
    kinds = [key for key in (*_PROOFS, "means") if key in part.value]
    if len(kinds) != 1:
        listed = "`entries`, `count`, `all`, `failed` and `means`"
        several = f"it has {' and '.join(f'`{one}`' for one in kinds)}" if kinds else "it has none"
        part.wrong(f"a rule has one of {listed}; {several}")
        part.keys((), (*_ALWAYS, *_BESIDE, *(key for beside in _BESIDE.values() for key in beside)))
        return None
    kind = kinds[0]
    parts = part.keys(
        ("status", kind, *(("ok", "bad") if kind == "entries" else ())), (*_ALWAYS, *_BESIDE[kind])
    )
    statuses = read(parts, "status", _statuses, frozenset[int]())
    if kind == "all" and not parts.keys() & {"when", "body"}:
        part.wrong("a rule with `all` needs `when` or `body`: a status alone proves nothing")
    _check_beside_body(parts)
    if kind in ("count", "all") and any(status // _HUNDRED != 2 for status in statuses):
        parts["status"].wrong(f"only answers with a status of 2xx accept by `{kind}`")
    setting = read(parts, "setting", lambda one: _setting(one, parts, settings), "")
    where = settings[setting].hint if setting in settings else ""
    counts = parts["counts"].keys((), ("received", "processed")) if "counts" in parts else {}
    return AnswerRule(
        statuses=statuses,
        when=reader(parts, "when"),
        body=read(parts, "body", _body, None),
        means=_means(parts) if kind == "means" else "retry",
        proof=None if kind == "means" else _proof(kind, parts),
        received=reader(counts, "received"),
        processed=reader(counts, "processed"),
        reason=reader(parts, "reason") if kind == "means" else None,
        says=read(parts, "says", Part.text, ""),
        hint=read(parts, "hint", Part.text, where),
        setting=setting,
    )


def _check_beside_body(parts: dict[str, Part]) -> None:
    for key in _NOT_BESIDE_BODY:
        if "body" in parts and key in parts:
            told = f"a rule has `body`, which is all of an answer, or `{key}`, which reads a part of one"
            parts[key].wrong(told)


def _means(parts: dict[str, Part]) -> Means:
    return cast("Means", read(parts, "means", lambda one: one.choice(_MEANS), "retry"))


def _setting(part: Part, parts: dict[str, Part], settings: Mapping[str, Setting]) -> str:
    name = part.text()
    if isinstance(part.value, str) and name not in settings:
        near = closest(name, settings)
        part.wrong(f"there is no setting `{name}`", f"did you mean `{near}`?" if near else "")
    if parts["means"].value != "setup":
        part.wrong("only a rule with `means: setup` names a setting")
    return name


def _proof(kind: str, parts: dict[str, Part]) -> Proof:
    if kind == "entries":
        ok, bad = (reader(parts, key) or nothing for key in ("ok", "bad"))
        reason = reader(parts, "reason")
        return Entries(parts["entries"].expression(), ok, bad, reason, reader(parts, "warning"))
    if kind == "count":
        return Count(parts["count"].expression())
    if kind == "failed":
        return Failed(parts["failed"].expression(), read(parts, "first", lambda one: one.whole(0), 0))
    if parts["all"].flag() is False and isinstance(parts["all"].value, bool):
        parts["all"].wrong("`all` is true, or left out")
    return All()


def _body(part: Part) -> bytes:
    """The whole of an answer, white space at its ends aside; b"" for one without a body."""
    written = part.text()
    whole = b"" if written == _EMPTY else written.strip().encode(errors="replace")
    if isinstance(part.value, str) and written != _EMPTY and not whole:
        part.wrong(f"`{part.name}` is empty", f"write `{_EMPTY}` for an answer without a body")
    if len(whole) > _LONGEST_BODY:
        part.wrong(
            f"`{part.name}` has {len(whole):,} bytes; it may have {_LONGEST_BODY}", "read JSON with `when`"
        )
    return whole


def _statuses(part: Part) -> frozenset[int]:
    """The statuses that a rule is for: a number, a class as `4xx`, or a list of these."""
    if isinstance(part.value, list):
        return frozenset[int]().union(*(_statuses(one) for one in part.items()))
    if type(part.value) is int and _HUNDRED <= part.value < 6 * _HUNDRED:
        return frozenset({part.value})
    said = part.value if isinstance(part.value, str) else ""
    if len(said) == 3 and said[0] in "12345" and said[1:] == "xx":
        first = int(said[0]) * _HUNDRED
        return frozenset(range(first, first + _HUNDRED))
    part.wrong(f"`{part.name}` is no status", "write a number, or a class as 4xx")
    return frozenset()
