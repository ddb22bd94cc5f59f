"""Files of several parents have one order, as Python's classes do, and what is taken away is gone."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from mapper import authoring
from mapper.compiler.file_reading import FileReading
from mapper.compiler.findings import Findings
from mapper.compiler.syntax.extends import extend
from mapper.compiler.syntax.mapping import Mapping, read_mapping
from mapper.compiler.syntax.value_nodes import Constant, Fields
from mapper.texts.diagnostic import Diagnostic
from mapper.texts.named_text import Text
from tests.support.depth import seeds

pytestmark = pytest.mark.quick

_NAMES = "abcd"


class _Family:
    """Random files, each with some of a few names, that extend files before them; and the same classes."""

    def __init__(self, seed: int) -> None:
        draw = random.Random(seed)
        self.texts: dict[str, str] = {}
        self.kinds: dict[str, type | None] = {}
        for number in range(draw.randint(3, 8)):
            file = f"f{number}.yaml"
            bases = draw.sample([*self.texts], min(draw.choice((0, 1, 1, 2, 2, 3)), number))
            says = {
                kind: [one for one in _NAMES if draw.random() < 0.4]
                for kind in ("let", "functions", "custom_data", "top")
            }
            self.texts[file] = _text(bases, says)
            self.kinds[file] = self._class(file, bases, says)

    def _class(self, file: str, bases: list[str], says: dict[str, list[str]]) -> type | None:
        """The class of a file, whose attributes are its names; None where Python has no order for it."""
        found = [self.kinds[one] for one in reversed(bases)]
        parents = [one for one in found if one is not None]
        if len(parents) < len(found):
            return None
        attributes = {f"{kind}_{name}": file for kind, names in says.items() for name in names}
        try:
            return type(file.removesuffix(".yaml"), tuple(parents), attributes)
        except TypeError:
            return None


def _merged(file: str, texts: dict[str, str]) -> tuple[Mapping, list[str]]:
    """The mapping of a file with all that it extends, and the codes of what is wrong with that."""
    found = Findings()
    reading = FileReading(found)
    mapping = read_mapping(Text(file, texts[file]), reading)
    assert mapping is not None
    made = extend(mapping, lambda written, _: Text(written, texts[written]), reading)
    return made, [one.code for one in found]


def _text(bases: list[str], says: dict[str, list[str]]) -> str:
    lines = ["version: 1", "partial: true"]
    lines += [f"extends: [{', '.join(bases)}]"] if bases else []
    lines += [f"let: {{{', '.join(f'{name}: x' for name in says['let'])}}}"] if says["let"] else []
    if says["functions"]:
        lines.append(f"functions: {{{', '.join(f'{name}(v): $v' for name in says['functions'])}}}")
    fields = [f"top_{name}: x" for name in says["top"]]
    if says["custom_data"]:
        fields.append(f"custom_data: {{{', '.join(f'{name}: x' for name in says['custom_data'])}}}")
    lines += [f"payload: {{{', '.join(fields)}}}"] if fields else []
    return "\n".join(lines) + "\n"


def _winners(mapping: Mapping) -> dict[str, str]:
    """The file of each name of a mapping."""
    found = {f"let_{let.name}": let.span.text.name for let in mapping.lets}
    found |= {f"functions_{one.name}": one.span.text.name for one in mapping.functions}
    for name, span, value in mapping.payload.entries:
        if isinstance(value, Fields):
            found |= {f"{name}_{inner}": place.text.name for inner, place, _ in value.entries}
        else:
            found[name] = span.text.name
    return found


@pytest.mark.parametrize("seed", seeds(700, usual=300))
def test_the_rule_that_has_priority_is_the_attribute_that_python_finds(seed: int) -> None:
    family = _Family(seed)
    for file, kind in family.kinds.items():
        mapping, found = _merged(file, family.texts)
        assert ("M036" in found) == (kind is None), family.texts
        if kind is not None:
            names = [f"{one}_{name}" for one in ("let", "functions", "custom_data", "top") for name in _NAMES]
            due = {name: getattr(kind, name) for name in names if hasattr(kind, name)}
            assert _winners(mapping) == due, (file, family.texts)


_HEAD = "version: 1\npartial: true\n"
_SHOP = """\
version: 1
target: pinterest/conversions-v5
extends: EXTENDS
payload:
  {action_source: {const: web}, event_time: at, event_source_url: url, event_id: id, user_data: {em: mail}}
match: type
events: [{is: order, send: checkout}, {is: view, send: page_visit}]
"""


def _found(shop: str, **files: str) -> list[Diagnostic]:
    texts = {f"{name}.yaml": f"{_HEAD}{text}" for name, text in files.items()}
    return [
        one
        for one in authoring.analyse(shop, "shop.yaml", texts=texts).diagnostics
        if one.severity != "advice"
    ]


def _shop(extends: str, own: str = "", **less: str) -> str:
    text = _SHOP.replace("EXTENDS", extends)
    for part in less.values():
        assert part in text
        text = text.replace(part, "")
    return text + own


def _payload(shop: str, event: dict[str, Any], **files: str) -> Any:
    texts = {f"{name}.yaml": f"{_HEAD}{text}" for name, text in files.items()}
    analysis = authoring.analyse(shop, "shop.yaml", texts=texts)
    assert [one for one in analysis.diagnostics if one.severity == "error"] == []
    (outcome,) = analysis.outcomes(event)
    return outcome.payload if outcome.payload is not None else outcome.skip


_EVENT = {"id": "1", "at": 1777629600, "url": "https://a.example/", "mail": "a@b.co", "type": "order"}


def test_an_override_holds_where_the_root_is_reached_through_another_parent() -> None:
    """The diamond: team and region extend root, and only team changes the rule."""
    files = {
        "root": "payload: {custom_data: {content_name: root}}\n",
        "team": "extends: root.yaml\npayload: {custom_data: {content_name: team}}\n",
        "region": "extends: root.yaml\n",
    }
    event = {**_EVENT, "root": "of root", "team": "of team"}
    for order in ("[team.yaml, region.yaml]", "[region.yaml, team.yaml]"):
        assert _payload(_shop(order), event, **files)["custom_data"] == {"content_name": "of team"}


def test_a_rule_for_a_whole_object_replaces_that_of_the_root_also_below_own_fields() -> None:
    files = {
        "root": "payload: {custom_data: {content_name: root, content_brand: root}}\n",
        "team": "extends: root.yaml\npayload: {custom_data: team}\n",
    }
    own = {"own": "payload: {custom_data: {order_id: id}}\nextends: team.yaml\n"}
    made = _payload(_shop("own.yaml"), {**_EVENT, "root": "of root"}, **files, **own)
    assert made["custom_data"] == {"order_id": "1"}


def test_files_without_an_order_are_one_error_with_both_places() -> None:
    files = {"root": "", "team": "extends: root.yaml\n"}
    (found,) = _found(_shop("[team.yaml, root.yaml]"), **files)
    assert (found.code, found.span.place) == ("M036", "shop.yaml:3:22")
    assert [span.place for span, _ in found.related] == ["shop.yaml:3:22", "team.yaml:3:10"]
    assert found.hint == "remove `root.yaml`: `team.yaml` extends it already"
    (fix,) = found.fixes
    assert [edit.replacement for edit in fix.edits]
    files = {
        "a": "",
        "b": "",
        "one": "extends: [a.yaml, b.yaml]\n",
        "two": "extends: [b.yaml, a.yaml]\n",
    }
    (found,) = _found(_shop("[one.yaml, two.yaml]"), **files)
    assert found.code == "M036"
    assert {span.text.name for span, _ in found.related} == {"one.yaml", "two.yaml"}


# A part of `root.yaml`, and the own text that takes it away; then the same with a name that no file has.
_PARTS = {
    "let": ("let: {extra: x}", "let: {extra: {inherit: false}}", "let: {extro: {inherit: false}}"),
    "functions": (
        "functions: {tidy(v): {from: $v, apply: trim}}",
        "functions: {tidy: {inherit: false}}",
        "functions: {tidyy(v): {inherit: false}}",
    ),
    "skip": (
        "skip: [{when: boolean(test), because: a test}, {when: boolean(bot), because: a test}]",
        "skip: [{because: a test, inherit: false}]",
        "skip: {because: a text, inherit: false}",
    ),
    "events": (
        "events: [{is: [order, view], send: lead}]",
        "events: [{is: [view, order], inherit: false}, {is: view, send: page_visit}]",
        "events: [{is: order, inherit: false}, {is: view, send: page_visit}]",
    ),
    "events by condition": (
        "events: [{when: boolean(vip), send: lead}]",
        "events: [{when: boolean(vip), inherit: false}, {is: view, send: page_visit}]",
        "events: [{when: vip, inherit: false}, {is: view, send: page_visit}]",
    ),
    "payload": (
        "payload: {custom_data: {order_id: id}}",
        "payload: {custom_data: {order_id: {inherit: false}}}",
        "payload: {custom_data: {order: {inherit: false}}}",
    ),
    "an object of the payload": (
        "payload: {app_info: {app_id: id}}",
        "payload: {app_info: {inherit: false}}",
        "payload: {app_infos: {inherit: false}}",
    ),
    "consent": (
        "consent: {granted: ok, when_missing: denied, when_denied: skip}",
        "consent: {inherit: false}",
        "split: {inherit: false}",
    ),
    "split": ("split: parts", "split: {inherit: false}", "consent: {inherit: false}"),
    "otherwise": ("otherwise: {send: lead}", "otherwise: {inherit: false}", "consent: {inherit: false}"),
}


_OWN_SECTION = "events: [{is: view, send: page_visit}]"


def _left(own: str, files: dict[str, str]) -> tuple[list[object], list[str]]:
    """The parts of a mapping with all that it inherits, and the codes of the errors."""
    head = "version: 1\ntarget: pinterest/conversions-v5\nextends: team.yaml\n"
    texts = {name: f"{_HEAD}{text}" for name, text in files.items()}
    analysis = authoring.analyse(f"{head}{own}\n", "shop.yaml", texts=texts)
    errors = [one.code for one in analysis.diagnostics if one.severity == "error"]
    mapping, _ = _merged("shop.yaml", {**texts, "shop.yaml": f"{head}{own}\n"})
    return [
        sorted(let.name for let in mapping.lets),
        sorted(one.name for one in mapping.functions),
        sorted(rule.because for rule in mapping.skips),
        [one.send.value for one in mapping.sections if isinstance(one.send, Constant)],
        sorted(_winners(mapping)),
        [one is not None for one in (mapping.consent, mapping.split, mapping.otherwise)],
    ], errors


@pytest.mark.parametrize("part", sorted(_PARTS))
def test_a_part_that_is_taken_away_is_gone_and_one_that_nobody_has_is_an_error(part: str) -> None:
    there, away, wrong = _PARTS[part]
    root = _SHOP.partition("extends: EXTENDS\n")[2].partition("events:")[0]
    with_part = {"root.yaml": root, "team.yaml": f"extends: root.yaml\n{there}\n"}
    sections = away.startswith("events")
    own = "" if sections else f"{_OWN_SECTION}\n"
    expected, _ = _left(_OWN_SECTION, {"root.yaml": root, "team.yaml": "extends: root.yaml\n"})
    assert _left(f"{own}{away}", with_part) == (expected, [])
    assert _left(_OWN_SECTION, with_part)[0] != expected
    assert _left(f"{own}{wrong}", with_part)[1] == ["M037"]


def test_the_heir_that_takes_a_part_away_hides_it_from_all_behind_it() -> None:
    files = {
        "root": "skip: {when: boolean(test), because: a test}\n",
        "team": "extends: root.yaml\nskip: {because: a test, inherit: false}\n",
        "region": "extends: root.yaml\n",
    }
    event = {**_EVENT, "test": True}
    assert _payload(_shop("root.yaml"), event, **files).reason == "a test"
    for order in ("[team.yaml, region.yaml]", "[region.yaml, team.yaml]"):
        assert _payload(_shop(order), event, **files)["event_name"] == "checkout"


# Arguments that must be constant, written out, and events that tell them apart.
_ARGUMENTS = [
    ("matches(agent, ARG)", ["*bot*", "Crawl*"], "['*bot*', 'Crawl*']", ["a bot 1", "Crawler", "Mozilla"]),
    ("matches(agent, ARG)", "*bot*", "'*bot*'", ["a bot 1", "Mozilla"]),
    ("in_network(agent, ARG)", ["10.0.0.0/8"], "['10.0.0.0/8']", ["10.1.1.1", "11.1.1.1"]),
    ("present(extract(agent, ARG))", "id-{n:digits}", "'id-{n:digits}'", ["id-7", "id-x"]),
    ("present(keep(agent, ARG))", "[0-9]", "'[0-9]'", ["a7", "ab"]),
    ("present(lookup(agent, ARG))", {"a": "Shoes"}, '`{"a": "Shoes"}`', ["a", "b"]),
    ("contains(ARG, agent)", ["a", "b"], "['a', 'b']", ["a", "c"]),
]


@pytest.mark.parametrize("where", ["let", "yaml", "json"])
@pytest.mark.parametrize(("call", "value", "written", "agents"), _ARGUMENTS, ids=lambda one: str(one)[:20])
def test_a_constant_of_a_base_or_a_file_is_an_argument_like_one_that_is_written(
    call: str, value: Any, written: str, agents: list[str], where: str, tmp_path: Path
) -> None:
    if where != "let" and not isinstance(value, list):
        return
    (tmp_path / ".git").mkdir()
    (tmp_path / "lists").mkdir()
    text = json.dumps(value)
    (tmp_path / f"lists/shared.{where}").write_text(f"# one list\n{text}" if where == "yaml" else text)
    there = f"let: {{shared: {{const: {text}}}}}"
    if where != "let":
        there = f"tables: {{shared: {{file: lists/shared.{where}}}}}"
    (tmp_path / "base.yaml").write_text(f"{_HEAD}{there}\n")

    def outcomes(argument: str, extends: str) -> list[Any]:
        condition = json.dumps(call.replace("ARG", argument))
        shop = f"{_SHOP}skip: {{when: {condition}, because: seen}}\n".replace("extends: EXTENDS\n", extends)
        (tmp_path / "shop.yaml").write_text(shop)
        analysis = authoring.analyse_file(tmp_path / "shop.yaml")
        assert [one for one in analysis.diagnostics if one.severity != "advice"] == []
        told = [analysis.outcomes({**_EVENT, "agent": agent})[0] for agent in agents]
        assert len({one.payload is None for one in told}) == 2, "the events tell nothing apart"
        return [(one.payload, one.skip and one.skip.reason) for one in told]

    assert outcomes("$shared", "extends: base.yaml\n") == outcomes(written, "")


def test_a_variable_that_is_no_constant_is_no_argument_that_must_be_one() -> None:
    own = "skip: {when: 'matches(agent, $shared)', because: seen}\n"
    (found,) = _found(_shop("base.yaml", own), base="let: {shared: attribute}\n")
    assert found.code == "M202"
