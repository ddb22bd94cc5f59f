"""Rules -> the text of a draft: YAML, each rule with its evidence after it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from mapper.authoring import Json
from mapper.workbench.drafting.rule import DraftRule, Rules
from mapper.workbench.yaml_text import LONGEST_LINE, block, flow, scalar

_MOST_UNREAD = 40
_WHAT_BECOMES: Json = {"todo": "an event name of the target, or write `skip: REASON` in place of `send`"}


@dataclass(frozen=True, slots=True)
class Heading:
    """The first lines of a draft. about: what it was made of. source: its source's schema, by name."""

    name: str
    target: str
    source: str | None
    about: str


def write_draft(
    heading: Heading, rules: Rules, order: Iterable[str], unread: Iterable[str], tests: Iterable[Json]
) -> str:
    """The text of a draft. order: of the fields of the target. unread: attributes that no rule reads."""
    lines = [
        f"# A draft, {heading.about}. Read each rule and its evidence, replace each",
        "# {todo: ...}, then run `mapper check`.",
        f"name: {scalar(heading.name)}",
        "version: 1",
        f"target: {heading.target}",
    ]
    if heading.source is not None:
        lines.append(f"source: {heading.source}")
    if rules.split:
        lines += ["", _noted(f"split: {scalar(rules.split)}", rules.parts)]
    lines += _skips(rules)
    lines += _lets(rules)
    lines += _consent(rules)
    lines += ["", "payload:", *_payload(rules, list(order))]
    lines += _sections(rules)
    lines += _unread(list(unread))
    made = list(tests)
    if made:
        lines += ["", "tests:"]
        for test in made:
            lines += block([test], "  ")
    elif rules.consent is not None:
        lines += [
            "",
            "# No tests yet: what is sent depends on consent. Write one with an answer that grants it.",
        ]
    return "\n".join(lines) + "\n"


def _noted(line: str, evidence: str) -> str:
    return f"{line}  # {evidence}" if evidence else line


def _skips(rules: Rules) -> Iterator[str]:
    if rules.skips:
        yield from ("", "skip:  # proposals: keep those that are right")
    for one in rules.skips:
        yield _noted(f"  - {flow({'when': one.when, 'because': one.because})}", one.evidence)


def _lets(rules: Rules) -> Iterator[str]:
    if rules.lets:
        yield from ("", "let:")
    for name, written in rules.lets.items():
        yield _noted(f"  {name}: {flow(written.value)}", written.evidence)


def _consent(rules: Rules) -> Iterator[str]:
    if rules.likely_consent is not None:
        answer = scalar(rules.likely_consent.text)
        yield from ("", f"# Nothing is asked for consent yet. If {answer} says it, add:")
        yield f"# consent: {{granted: {answer}, when_missing: denied, when_denied: skip}}"
    if rules.consent is None:
        return
    yield from ("", "consent:")
    yield _field("granted", rules.consent, "  ")
    yield "  when_missing: denied  # `granted` only where the law does not ask for consent first"
    yield "  when_denied: skip"
    if rules.consent.applies("onetrust"):
        yield "  when_limited: skip  # an opt-out of sale; `set: ...` sends such events with constants"


def _payload(rules: Rules, order: list[str]) -> Iterator[str]:
    """The fields, each object once, those of the products in their list."""
    lists = {path.partition("[]")[0] for path in rules.items}
    paths = [*rules.fields, *lists]
    paths.sort(key=lambda path: order.index(path) if path in order else len(order))
    groups: dict[str, list[str]] = {}
    for path in paths:
        groups.setdefault(path.partition(".")[0] if "." in path else path, []).append(path)
    for group, members in groups.items():
        if members == [group] and group not in lists:
            yield _field(group, rules.fields[group], "  ")
            continue
        yield f"  {group}:"
        for path in members:
            name = path.partition(".")[2]
            if path in lists:
                yield from _products(name, path, rules, order)
            else:
                yield _field(name, rules.fields[path], "    ")


def _field(name: str, written: DraftRule, indent: str) -> str:
    return _noted(f"{indent}{name}: {flow(written.value)}", "" if written.todo else written.evidence)


def _products(name: str, path: str, rules: Rules, order: list[str]) -> Iterator[str]:
    let = next(one for one in reversed(rules.lets) if one.startswith("items"))
    yield f"    {name}:"
    yield f"      each: ${let}"
    yield "      item:"
    inside = [one for one in rules.items if one.startswith(f"{path}[].")]
    for one in sorted(inside, key=order.index):
        yield _field(one.rpartition(".")[2], rules.items[one], "        ")


def _sections(rules: Rules) -> Iterator[str]:
    if rules.match is None:
        assert rules.send is not None
        yield from ("", "otherwise:", _field("send", rules.send, "  "))
        return
    yield from ("", f"match: {scalar(rules.match.text)}", "", "events:")
    by_meaning: dict[str | None, list[str]] = {}
    for name, meaning in rules.names.items():
        by_meaning.setdefault(meaning, []).append(name)
    for meaning, names in by_meaning.items():
        if meaning is None:
            continue
        count = sum(rules.counts[name] for name in names)
        section: Json = {"is": _one_or_all(names), "send": meaning}
        yield _noted(f"  - {flow(section)}", counted(count, "event"))
    for asked in rules.asked_names:
        section = {"is": _one_or_all(asked), "send": _WHAT_BECOMES}
        yield _noted(f"  - {flow(section)}", counted(sum(rules.counts[name] for name in asked), "event"))
    if rules.undone:
        count = sum(rules.counts[name] for name in rules.undone)
        section = {"is": _one_or_all(rules.undone), "skip": rules.because_undone}
        yield _noted(f"  - {flow(section)}", f"{counted(count, 'event')}; a proposal")
    if rules.hidden:
        yield f"  # {counted(rules.hidden, 'name')} with an address or a number of a person not shown:"
        yield "  # `otherwise` takes these events; `is: {pattern: ...}` matches them without such a text."
    yield from ("", "otherwise: skip")


def _one_or_all(names: Sequence[str]) -> Json:
    return names[0] if len(names) == 1 else [*names]


def counted(count: int, what: str) -> str:
    """A count with its noun, in the plural unless it is 1."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _unread(names: list[str]) -> Iterator[str]:
    if not names:
        return
    yield from ("", "# No rule reads:")
    line = "#  "
    more = len(names) - _MOST_UNREAD
    for name in [*names[:_MOST_UNREAD], *([f"and {more:,} more"] if more > 0 else [])]:
        if len(line) + len(name) > LONGEST_LINE:
            yield line.rstrip()
            line = "#  "
        line += f" {name},"
    yield line.rstrip(",")
