"""What a diagnostic says to write is right: it fixes the diagnostic, and loses nothing an author wrote.

Every fix, and every hint that says a whole rule or expression, is applied to its case or example, and the
text checked again: the diagnostic is gone, no error is new, no step, argument or key beside it is lost.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import is_dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

import mapper
from mapper import CODES, Diagnostic, compiler
from mapper.authoring import Text
from mapper.codes import example
from mapper.compiler.advice.advise import advised_facts
from mapper.compiler.jmespath.refusal import Refused
from mapper.texts.diagnostic import Fix
from mapper.texts.fixing import edited
from tests.support.hints import Proposal, are_apart, brought_by, faults, losses, proposals
from tests.support.mapping_tests import holding

_FOLDER = Path(__file__).parents[1] / "cases" / "diagnostics"
_CASES = sorted(path.stem for path in _FOLDER.glob("*.yaml"))

# Of so many fixes, rules and expressions it is known that they are applied.
_FEWEST = 450
_WHOLE = """version: 1
target: pinterest/conversions-v5
{}
payload:
  action_source: {{const: web}}
  event_id: id
  event_source_url: url
  {}
  user_data: {{em: mail}}
  custom_data: {{{}}}
otherwise: {{send: checkout}}
{}
"""
# Mappings that no case holds, by what is wrong with them.
_MORE = {
    "argument that is a path, beside another one": _WHOLE.format(
        "let: {shop: store}",
        "event_time: {from: at, apply: {timestamp: {format: '%d.%m.%Y', zone: $shop.tz}}}",
        "value: total",
        "",
    ),
    "list in a list": _WHOLE.format("", "event_time: at", 'content_ids: "[products[].sku]"', ""),
    "address in an expectation": _WHOLE.format(
        "",
        "event_time: at",
        "value: total",
        "tests: [{given: {id: 1, at: 1777629600, mail: ada@example.com}, "
        "expect: {user_data: {em: ada@example.com}}}]",
    ),
    "amount in cents": _WHOLE.format(
        "", "event_time: at", "value: total_cents / 100, currency: currency", ""
    ),
}

# What says the same in other words, or needs more than one edit. It may only shrink, but for new cases.
_OTHER_TOOLS = "words of another tool"
_TWO_PLACES = "it is for several places at once"
_A_TEXT = "a choice: only where a text is meant, and another key than that of a field of numbers"
_NO_STRIP = "nothing is stripped of an event that is skipped"
_NO_ESCAPES = "a regular expression is no part of a pattern"
_SAID_OTHERWISE = {
    ("M501-path-with-dots", "user_data: {em: x}"): "in place of the key and its value",
    ("M146-path-that-a-parameter-has-the-name-of", "Write `$href`"): "the call reads the path",
    ("M142-case-of-letters", "'/cart*'"): "with another argument beside it",
    ("M142-case-of-letters", "any_case: true"): "with another argument beside it",
    ("M142-escape-of-a-digit", "Write `'/product/{n:digits}'`"): _NO_ESCAPES,
    ("M142-query-parameter", "query_parameter(value, 'order')"): "another transform",
    ("M101-arrow-functions", "Write `total(lines[].quantity)`"): _OTHER_TOOLS,
    ("M101-arrow-functions", "Write `lines[].sku`"): _OTHER_TOOLS,
    ("M101-element-with-a-name", "Write `cart.lines`"): _OTHER_TOOLS,
    ("M101-state-of-a-value", "Write `present(cart.paid)`"): _OTHER_TOOLS,
    ("M101-template-with-names-of-two-words", "Write `concat(\"Store No\", '-', number)`"): _OTHER_TOOLS,
    ("M114-part-of-a-text-by-its-number", "Write `split(contact, ',')[1]`"): _OTHER_TOOLS,
    ("M115-function-of-a-namespace", "Write `parse_json(body)`"): _OTHER_TOOLS,
    ("M115-pattern-that-leaves-digits", "Write `digits(phone)`"): _OTHER_TOOLS,
    ("M202-format-of-moment-to-write", 'Write `"%d.%m.%Y"`'): _OTHER_TOOLS,
    ("M152-call", "Write `time`"): "the call is what is removed",
    ("M202-format-of-java", 'Write `"%d.%m.%Y %H:%M:%S"`'): _OTHER_TOOLS,
    ("M202-format-of-moment", 'Write `"%Y-%m-%d %H:%M:%S"`'): _OTHER_TOOLS,
    ("M208-digest-behind-a-pipe", "lowercase(email)"): _OTHER_TOOLS,
    ("M020-step-as-a-key", "apply: trim"): "`true` says that the step acts",
    ("M115-digest-by-hand", "lowercase(email)"): "the target hashes the field",
    ("M202-argument-written-as-a-rule", "Write `DE`"): "the code of the country that the constant names",
    ("M203-moment-for-a-birth-date", '{birth_date: {format: "%d.%m.%Y"}}'): "a birth date has no zone",
    ("M433-value-that-is-not-in-snake-case", "Write `signed_up`"): "the words are the same",
    ("M433", "Write `signed_up`"): "the words are the same",
    ("M149", "path == '/category'"): "a comparison in place of the call",
    ("M149-pattern-without-a-part", "path == '/category'"): "a comparison in place of the call",
    ("M002-field-twice", "event_id: {from: [id, order.id]}"): _TWO_PLACES,
    ("M002-name-twice-in-a-section", "is: [a, b]"): _TWO_PLACES,
    ("M002", "event_id: {from: [id, order_id]}"): _TWO_PLACES,
    ("M020-attribute-of-a-section", "match: event_type"): _TWO_PLACES,
    ("M024-fields-of-an-element-beside-each", "item: {id: sku, quantity: qty}"): _TWO_PLACES,
    ("M302-keys-behind-a-pipe", "keys(object)"): "it goes together with what is said next",
    ("M413-let-and-an-attribute-of-its-name", "$user"): "it is for where the attribute is read",
    ("M004-number-in-hexadecimal", '"0x10"'): _A_TEXT,
    ("M005-number-that-is-infinite", '"1e400"'): _A_TEXT,
    ("M005", '"1e400"'): _A_TEXT,
    ("several-beside-a-postcode-in-digits", '"01097"'): _A_TEXT,
    ("M906-strip-of-all-that-identifies", "when_denied: skip"): _NO_STRIP,
    ("M906-strip-of-the-only-address", "when_denied: skip"): _NO_STRIP,
    ("M461-strip-of-a-field-that-is-never-sent", "when_denied: skip"): _NO_STRIP,
}


Check = Callable[[str], tuple[Diagnostic, ...]]


def _told(content: str, beside: Path) -> Iterator[tuple[str, str]]:
    """What each diagnostic of a mapping says to write, with what is wrong with it, "" if it is right."""
    check: Check = cache(lambda text: mapper.check_text(text, "case.yaml", beside=beside))
    for found in check(content):
        by_fixes = set()
        for fix in found.fixes:
            assert are_apart(fix), fix
            if all(edit.span.text.content == content for edit in fix.edits):
                by_fixes.add(edited(content, fix.edits))
                yield fix.title, _wrong_fix(found, content, fix, check)
        if found.span.text.content != content:
            continue  # it is in a file that this one extends
        for said in proposals(found, content):
            if by_fixes.isdisjoint(said.texts) and not any(said.written in one.title for one in found.fixes):
                yield said.written, _best(found, content, said, check)


def _best(found: Diagnostic, content: str, said: Proposal, check: Check) -> str:
    """What is wrong with the best of the texts that a reader may make by a hint."""
    texts: list[str] = []
    for changed in said.texts:
        texts.append(_wrong(found, content, changed, check, said.written))
        if not texts[-1]:
            break
    return min(texts, key=lambda one: ("again" in one or "brings" in one, len(one)), default="")


def _wrong_fix(found: Diagnostic, content: str, fix: Fix, check: Check) -> str:
    """What is wrong with a fix: also that one which is certain leaves something to decide."""
    changed = edited(content, fix.edits)
    wrong = [brought_by(found, check(content), check(changed), fix)]
    head = re.match(r"(?:#.*\n)*", content)
    if head and not changed.startswith(head[0]):
        wrong.append("takes the comments at the head of the file away")
    if found.span.text.content == content:
        wrong.append(_wrong(found, content, changed, check, fix))
    return "; ".join(filter(None, wrong))


def _wrong(found: Diagnostic, content: str, changed: str, check: Check, by: Fix | str) -> str:
    """What is wrong with a text that a fix makes, or what a hint says to write."""
    fix = None if isinstance(by, str) else by
    written = [by] if isinstance(by, str) else [edit.replacement for edit in by.edits]
    wrong = faults(found, content, changed, check, written)
    lost = losses(found, content, changed, fix)
    wrong += [f"loses {', '.join(lost)}"] if lost else []
    if not wrong and found.code == "M501" and content in _MORE.values() and not _tests_hold(changed):
        wrong.append("the test does not hold")
    if re.search(r"divide\(.*`100`", changed) and not re.search(r"divide\(.*`100`", content):
        wrong.append("is wrong for a currency without cents")
    return "; ".join(wrong)


def _tests_hold(content: str) -> bool:
    """Whether the tests in a mapping hold."""
    results = holding(content)
    return results is not None and all(status == "passed" for _, status in results)


@cache
def _of_case(name: str) -> list[tuple[str, str]]:
    content = (_FOLDER / f"{name}.yaml").read_bytes().decode("utf-8")
    return list(_told(content, _FOLDER / "case.yaml"))


@cache
def _of_example(code: str) -> list[tuple[str, str]]:
    shown = example(code)
    with TemporaryDirectory() as folder:
        for name, content in shown.beside:
            path = Path(folder) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8")
        return list(_told(shown.wrong, Path(folder) / "case.yaml"))


@cache
def _of_more(name: str) -> list[tuple[str, str]]:
    return list(_told(_MORE[name], _FOLDER / "case.yaml"))


@pytest.mark.parametrize(
    ("told", "name"),
    [
        *(pytest.param(_of_case, name, id=name) for name in _CASES),
        *(pytest.param(_of_example, code, id=code) for code in CODES),
        *(pytest.param(_of_more, name, id=name) for name in _MORE),
    ],
)
def test_what_is_said_to_write_is_right(told: Callable[[str], list[tuple[str, str]]], name: str) -> None:
    wrong = {said: why for said, why in told(name) if why}
    known = {said for place, said in _SAID_OTHERWISE if place == name}
    assert {said: why for said, why in wrong.items() if said not in known} == {}
    assert known - wrong.keys() == set(), "no longer wrong: take these from the list"


def test_what_is_said_to_write_is_found_in_the_hints() -> None:
    """Else new words in front of it would take it out of the test above."""
    said = [*map(_of_case, _CASES), *map(_of_example, CODES), *map(_of_more, _MORE)]
    assert sum(map(len, said)) >= _FEWEST


def test_every_mapping_with_what_says_the_same_otherwise_is_there() -> None:
    places = {*_CASES, *CODES, *_MORE}
    assert [place for place, _ in _SAID_OTHERWISE if place not in places] == []


def test_each_kind_of_fact_has_an_adviser() -> None:
    files = Path(compiler.__file__).parent.glob("*/*_facts.py")
    modules = [import_module(f"mapper.compiler.{one.parent.name}.{one.stem}") for one in files]
    kinds = {
        one
        for module in modules
        for one in vars(module).values()
        if isinstance(one, type) and one.__module__ == module.__name__ and is_dataclass(one)
    }
    assert kinds | {Refused} == advised_facts()


_RULE = "value: {from: a, apply: [{round: 2}], default: 1.5}"


@pytest.mark.parametrize(
    ("changed", "lost"),
    [
        (_RULE, []),
        ("value: {from: a, default: 1.5}", ["2", "round"]),
        ("value: {from: a, apply: [{round: 2}]}", ["1", "5"]),
        ("value: {from: a, apply: [{round: 3}], default: 1.5}", ["2"]),
        ("value: round(a, 2) || `1.5`", []),
    ],
)
def test_a_step_an_argument_or_a_key_that_is_lost_is_found(changed: str, lost: list[str]) -> None:
    found = Diagnostic("M302", Text("m.yaml", _RULE).span(0, len(_RULE)), "`a` is wrong", "write it")
    assert losses(found, _RULE, changed) == lost


@pytest.mark.parametrize(
    ("hint", "said"),
    [
        ("write `text(a)`, or `a.b` where it is one", ["text(a)", "a.b"]),
        ("write `` a > `0` ``; `count(b)` counts", ["a > `0`"]),
        ("call it in the expression: `add(a, b)`", ["add(a, b)"]),
        ("write `{from: EXPRESSION}`, or `otherwise: {send: NAME}`", []),
        ("a list of values is written `sum([x, y])`", []),
        ("to take the first one, write `a`", ["a"]),
        ("remove `a`", []),
    ],
)
def test_what_a_hint_says_to_write_is_told_from_what_it_speaks_of(hint: str, said: list[str]) -> None:
    content = "version: 1\npayload: {value: a.b}"
    found = Diagnostic("M302", Text("m.yaml", content).span(28, 31), "it is wrong", hint)
    assert [one.written for one in proposals(found, content)] == said
