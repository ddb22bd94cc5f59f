"""`mapper test --update`: it writes what comes out, and nothing else of a file changes."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mapper import authoring, run_tests
from mapper.compiler.findings import Findings
from mapper.compiler.yaml.line_breaks import narrowed
from mapper.compiler.yaml.nodes import ListNode, MapNode, ScalarNode, YamlNode
from mapper.compiler.yaml.reader import read_yaml
from mapper.compiler.yaml.value_edits import Writing, flow_text
from mapper.project.project import read_text
from mapper.texts.diagnostic import Edit
from mapper.texts.fixing import edited
from mapper.texts.named_text import Text
from tests.oracles.golden import MAPPINGS
from tests.support.command import MAPPING, call
from tests.support.depth import by_seed, some

_EVENT = "{type: order, id: o-1, at: 1777629600, email: Ada@example.com, total: 1.5}"
_BEFORE = f"""\
{MAPPING}tests:
  # what is paid
  - name: an order   # with a comment
    given: {_EVENT}
    expect: {{custom_data: {{value: "2"}}, user_data: {{em: [{{hash: bob@x.example}}]}}}} # kept
  - name: no id
    given: {{type: order, at: 1777629600, email: ada@example.com}}
    expect:
      event_name: checkout
  - name: a refund
    given: {{type: refund}}
    expect_skip: consent
  # the last ones
  - {{name: all of it, given: {_EVENT}, expect: {{}}}}
  - name: all of it on lines
    given: {_EVENT}
    expect: {{}}
  - name: exactly
    given: {_EVENT}
    exact: true
    notes: [custom_data.value]
    expect:
      event_name: checkout   # its name
      custom_data: {{value: "1.5"}}
  - {{name: right, given: {{type: refund}}, expect: {{ skip:   unmapped }}}}
"""
_AFTER = f"""\
{MAPPING}tests:
  # what is paid
  - name: an order   # with a comment
    given: {_EVENT}
    expect: {{custom_data: {{value: "1.5"}}, user_data: {{em: [{{hash: Ada@example.com}}]}}}} # kept
  - name: no id
    given: {{type: order, at: 1777629600, email: ada@example.com}}
    expect: {{reject: [event_id]}}
  - name: a refund
    given: {{type: refund}}
    expect: {{skip: unmapped}}
  # the last ones
  - {{name: all of it, given: {_EVENT},
      expect: {{event_name: checkout, action_source: web, event_id: o-1, event_time: 1777629600,
      user_data: {{em: [{{hash: Ada@example.com}}]}}, custom_data: {{currency: EUR, value: "1.5"}}}}}}
  - name: all of it on lines
    given: {_EVENT}
    expect:
      event_name: checkout
      action_source: web
      event_id: o-1
      event_time: 1777629600
      user_data: {{em: [{{hash: Ada@example.com}}]}}
      custom_data: {{currency: EUR, value: "1.5"}}
  - name: exactly
    given: {_EVENT}
    exact: true
    notes: []
    expect:
      event_name: checkout   # its name
      custom_data: {{value: "1.5", currency: EUR}}
      action_source: web
      event_id: o-1
      event_time: 1777629600
      user_data: {{em: [{{hash: Ada@example.com}}]}}
  - {{name: right, given: {{type: refund}}, expect: {{ skip:   unmapped }}}}
"""


def test_a_line_that_would_be_read_as_something_else_keeps_no_other_from_being_narrowed() -> None:
    block = f"- |\n  {{a: {'x ' * 60}}}"
    wide = f"- {{a: {'x' * 80}, b: {'y' * 80}}}"
    content = f"{wide}\n{block}\n{wide}\n"
    expected = f"{wide}\n{block}\n{wide}\n".replace(", b", ",\n    b")
    assert narrowed(Text("a.yaml", ""), content) == expected


@pytest.mark.parametrize("line_break", ["\n", "\r\n"])
def test_an_update_writes_what_comes_out_and_keeps_all_else(line_break: str, folder: Path) -> None:
    Path("shop.yaml").write_bytes(_BEFORE.replace("\n", line_break).encode())
    ran = call("test", "shop.yaml", "--update")
    assert Path("shop.yaml").read_bytes().decode() == _AFTER.replace("\n", line_break)
    assert (ran.exit_code, ran.stdout) == (0, "7 tests: 7 passed\n")
    assert ran.stderr == "mapper: updated 6 tests in shop.yaml\n"
    assert call("test", "shop.yaml", "--update").stderr == ""


def test_lines_are_as_wide_with_either_line_break(folder: Path) -> None:
    """Those of Windows are no column."""
    rows = (
        f"  - {{name: {'n' * size}, given: {_EVENT}, expect: {{event_id: x}}}}\n" for size in range(1, 40)
    )
    before = f"{MAPPING}tests:\n{''.join(rows)}"
    updated = []
    for line_break in ("\n", "\r\n"):
        Path("shop.yaml").write_bytes(before.replace("\n", line_break).encode())
        assert call("test", "shop.yaml", "--update").exit_code == 0
        updated.append(Path("shop.yaml").read_bytes().decode().split(line_break))
    assert updated[0] == updated[1]
    assert 110 in map(len, updated[0])


def test_only_the_chosen_tests_are_updated(folder: Path) -> None:
    Path("shop.yaml").write_text(_BEFORE, encoding="utf-8")
    call("test", "shop.yaml", "--update", "-k", "refund")
    assert Path("shop.yaml").read_text(encoding="utf-8") == _BEFORE.replace(
        "expect_skip: consent", "expect: {skip: unmapped}"
    )


def test_an_update_is_refused_where_ci_is_set(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("shop.yaml").write_text(_BEFORE, encoding="utf-8")
    monkeypatch.setenv("CI", "true")
    ran = call("test", "shop.yaml", "--update")
    assert (ran.exit_code, Path("shop.yaml").read_text(encoding="utf-8")) == (2, _BEFORE)
    assert "--update is refused where CI is set" in ran.stderr


def test_an_expectation_that_two_tests_share_by_an_alias_is_updated_once(folder: Path) -> None:
    tests = f"""\
  - {{name: one, given: {_EVENT}, expect: &same {{custom_data: {{value: "2"}}}}}}
  - {{name: two, given: {_EVENT}, expect: *same}}
"""
    Path("shop.yaml").write_text(f"{MAPPING}tests:\n{tests}", encoding="utf-8")
    ran = call("test", "shop.yaml", "--update")
    assert (ran.exit_code, ran.stdout) == (0, "2 tests: 2 passed\n")
    assert Path("shop.yaml").read_text(encoding="utf-8") == f"{MAPPING}tests:\n{tests}".replace(
        'expect: &same {custom_data: {value: "2"', '\n      expect: &same {custom_data: {value: "1.5"'
    ).replace(", \n", ",\n")


@pytest.mark.parametrize(
    "tests",
    [
        '{{name: one, given: {0}, expect: {{event_id: &id "7", custom_data: {{value: *id}}}}}}',
        '{{name: one, given: {0}, expect: &all {{event_id: "7"}}}}, {{name: two, given: {1}, expect: *all}}',
    ],
)
def test_values_that_an_alias_shares_and_that_differ_are_changed_by_hand(tests: str, folder: Path) -> None:
    """To write one of them would let the other fail, and an update after it turn them round."""
    before = f"{MAPPING}tests: [{tests.format(_EVENT, _EVENT.replace('o-1', 'o-2'))}]\n"
    Path("shop.yaml").write_text(before, encoding="utf-8")
    ran = call("test", "shop.yaml", "--update")
    assert (ran.exit_code, Path("shop.yaml").read_text(encoding="utf-8")) == (2, before)
    assert "shop.yaml is not updated: change its expectations by hand" in ran.stderr


@pytest.mark.parametrize("edit", ["# a line more\n", "#\n" * 40])
def test_an_edit_while_tests_run_is_kept(edit: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Places found in the text before it are not those of the text after it."""
    Path("shop.yaml").write_text(_BEFORE, encoding="utf-8")

    def saved(name: str) -> authoring.Text:
        Path(name).write_text(edit + _BEFORE, encoding="utf-8")
        return read_text(name)

    monkeypatch.setattr("mapper.workbench.updating.read_text", saved)
    ran = call("test", "shop.yaml", "--update")
    assert (ran.exit_code, Path("shop.yaml").read_text(encoding="utf-8")) == (2, edit + _BEFORE)
    assert "shop.yaml: not changed: the file has changed since it was read" in ran.stderr


def test_a_new_file_of_a_fixture_is_whole_or_not_there(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("order.json").write_text('{"type": "order", "id": "o-1", "at": 1777629600, "email": "a@b.co"}')
    Path("shop.yaml").write_text(f"{MAPPING}fixtures: order.json\n", encoding="utf-8")

    def fail(*names: str) -> None:
        raise OSError(28, "No space left on device", names[0])

    monkeypatch.setattr("os.replace", fail)
    ran = call("test", "shop.yaml", "--update")
    assert (ran.exit_code, Path("order.expect.json").exists()) == (2, False)


@pytest.mark.parametrize("second", ["refund", "order"])
def test_what_an_update_cannot_write_stays_as_it_is(second: str, folder: Path) -> None:
    """The place of an alias is not that of what it stands for."""
    tests = f"""\
  - {{name: one, given: {_EVENT}, expect: &same {{}}}}
  - {{name: two, given: {{type: {second}}}, expect: *same}}
"""
    Path("shop.yaml").write_text(f"{MAPPING}tests:\n{tests}", encoding="utf-8")
    ran = call("test", "shop.yaml", "--update")
    assert ran.exit_code in (1, 2)
    assert authoring.analyse_file("shop.yaml").tests


def test_a_mapping_with_errors_is_left_as_it_is(folder: Path) -> None:
    wrong = _BEFORE.replace("currency:", "curency:")
    Path("shop.yaml").write_text(wrong, encoding="utf-8")
    assert call("test", "shop.yaml", "--update").exit_code == 2
    assert Path("shop.yaml").read_text(encoding="utf-8") == wrong


def test_a_fixture_gets_its_file_and_one_that_it_has_keeps_its_layout(folder: Path) -> None:
    Path("events").mkdir()
    event = '{"type": "order", "id": "o-1", "at": 1777629600, "email": "Ada@example.com", "total": 1.5}'
    for name in ("new", "old"):
        Path(f"events/{name}.json").write_text(event, encoding="utf-8")
    Path("events/old.expect.json").write_text(
        '{\n\t"event_name": "lead",\n\t"user_data": {"em": [{"hash": "bob@example.com"}]}\n}\n',
        encoding="utf-8",
    )
    Path("shop.yaml").write_text(f"{MAPPING}fixtures: events/*.json\n", encoding="utf-8")
    ran = call("test", "shop.yaml", "--update")
    assert (ran.exit_code, ran.stdout) == (0, "2 tests: 2 passed\n")
    assert Path("events/old.expect.json").read_text(encoding="utf-8") == (
        '{\n\t"event_name": "checkout",\n\t"user_data": {"em": [{"hash": "Ada@example.com"}]}\n}\n'
    )
    assert '"hash": "Ada@example.com"' in Path("events/new.expect.json").read_text(encoding="utf-8")


# Of a ready mapping, expectations that are changed at random are put right again.


def _expectations(node: YamlNode) -> Iterator[YamlNode]:
    """The values of the tests of a mapping that say what is expected."""
    assert isinstance(node, MapNode)
    (tests,) = [value for key, value in node.entries if key.text == "tests"]
    assert isinstance(tests, ListNode)
    for test in tests.items:
        assert isinstance(test, MapNode)
        yield from (value for key, value in test.entries if key.text.startswith("expect"))


def _scalars(node: YamlNode) -> Iterator[ScalarNode]:
    if isinstance(node, ScalarNode):
        yield node
    for one in node.items if isinstance(node, ListNode) else ():
        yield from _scalars(one)
    for _, value in node.entries if isinstance(node, MapNode) else ():
        yield from _scalars(value)


# A date of birth with one digit more is one that no payload has, which is an error of the mapping.
_AMOUNT = re.compile(r"(?!(19|20)\d{6}$)[0-9]+(\.[0-9]+)?")


def _spoilt(content: str, dice: random.Random) -> str:
    """A mapping in which some expected values are others of the same kind."""
    node = read_yaml(Text("shop.yaml", content), Findings())
    assert node is not None
    edits = []
    for scalar in (one for expected in _expectations(node) for one in _scalars(expected)):
        value: Any = scalar.value
        if dice.random() < 0.3 and isinstance(value, int) and not isinstance(value, bool):
            edits.append(Edit(scalar.span, str(value + 1)))
        elif dice.random() < 0.3 and isinstance(value, str) and _AMOUNT.fullmatch(value):
            edits.append(Edit(scalar.span, f'"{value}1"'))
    assert edits
    return edited(content, edits)


def _without_values(content: str) -> str:
    """A text without what may differ between two that expect the same: quotes and blanks."""
    return re.sub(r"[\s\"']", "", content)


@pytest.mark.parametrize("path", some(MAPPINGS, 2, full=10), ids=lambda path: path.stem)
def test_spoilt_expectations_of_a_ready_mapping_are_put_right(path: Path, tmp_path: Path) -> None:
    content = path.read_text(encoding="utf-8")
    copy = tmp_path / path.name
    (tmp_path / ".git").mkdir()
    for base in path.parent.glob("base/*.yaml"):
        (tmp_path / "base").mkdir(exist_ok=True)
        (tmp_path / "base" / base.name).write_bytes(base.read_bytes())
    copy.write_text(_spoilt(content, by_seed(path.stem)), encoding="utf-8")
    assert run_tests(copy).failed
    assert call("test", str(copy), "--update").exit_code == 0
    now = copy.read_text(encoding="utf-8")
    assert _without_values(now) == _without_values(content)
    assert [line for line in now.splitlines() if len(line) > 110 and line not in content] == []


_LONG = "it's a text of many words, " * 5 + "and an end"
# An expectation, and what is written in its place.
_STYLES = {
    "quotes of the value": ("{event_id: 'x'}", "{event_id: 'o-1'}"),
    "quotes of those beside it": (
        "{event_name: 'a', event_time: 1}",
        "{event_name: 'checkout', event_time: 1777629600}",
    ),
    "no quotes": ("{event_name: a, event_id: x}", "{event_name: checkout, event_id: o-1}"),
    "a list on lines": (
        """
      custom_data:
        contents:
        - id: 'a'""",
        """
      custom_data:
        contents:
        - id: '1'
          item_name: 'one'
        - id: '2'
          item_name: 'two'""",
    ),
    "a list on lines, further in": (
        """
      custom_data:
        contents:
          # the first one
          - id: a
            item_name: a""",
        """
      custom_data:
        contents:
          # the first one
          - id: "1"
            item_name: one
          - id: "2"
            item_name: two""",
    ),
    "a long text on its line": (
        """
      custom_data:
        search_string: a""",
        """
      custom_data:
        search_string: "it's a text of many words, it's a text of many words, it's a text of many words, it's
          a text of many words, it's a text of many words, and an end\"""",
    ),
    "a long text between braces": (
        "{custom_data: {search_string: 'a', currency: 'USD'}}",
        """{custom_data: {search_string: 'it''s a text of many words, it''s a text of many words,
      it''s a text of many words, it''s a text of many words, it''s a text of many words, and an end',
      currency: 'EUR'}}""",
    ),
}


@pytest.mark.parametrize(
    ("line", "broken"),
    [
        (f"- {{a: {'x' * 120}, b: 1, c: {'y' * 99}}}", f"- {{a:|{'x' * 120},|b: 1,|c: {'y' * 99}}}"),
        (f"- {{a: 1, {'b' * 70}: {{c: {'d' * 40}}}}}", f"- {{a: 1,|{'b' * 70}:|{{c: {'d' * 40}}}}}"),
    ],
)
def test_a_part_wider_than_a_line_keeps_no_other_in_it(line: str, broken: str) -> None:
    assert narrowed(Text("a.yaml", ""), line) == broken.replace("|", "\n    ")


@pytest.mark.parametrize("line_break", ["\n", "\r\n"])
@pytest.mark.parametrize("name", _STYLES)
def test_an_expectation_is_written_as_its_neighbours_are(name: str, line_break: str, folder: Path) -> None:
    before, after = _STYLES[name]
    fields = (
        "currency: {const: EUR}, search_string: note, contents: {each: items, item: {id: id, item_name: n}}"
    )
    mapping = MAPPING.replace("currency: {const: EUR}", fields)
    items = "[{id: 1, n: one}, {id: 2, n: two}]"
    given = (
        f"\n      type: order\n      id: o-1\n      at: 1777629600\n      email: a@b.co\n      items: {items}"
    )
    text = f"{mapping}tests:\n  - name: one\n    given: {given}\n      note: {_LONG!r}\n    expect: {{}}\n"
    text = text.replace("{}", before)
    Path("shop.yaml").write_bytes(text.replace("\n", line_break).encode())
    ran = call("test", "shop.yaml", "--update", "-q")
    assert (ran.exit_code, ran.output) == (0, "")
    now = Path("shop.yaml").read_bytes().decode().replace(line_break, "\n")
    assert now.partition("    expect: ")[2] == f"{after}\n"


@pytest.mark.parametrize(
    "value",
    [
        "",
        " a",
        "a b",
        "1",
        "1e3",
        "0x1f",
        "true",
        "Null",
        "~",
        "on",
        "a: b",
        "a #b",
        "- a",
        "{x}",
        "'",
        '"',
        "\\",
        "\n",
        "é",
        "\u2028",
        "\x85",
        "\ufeff",
        "\t",
        "😀",
        "a@b.c",
        "-",
        "=",
        "<<",
        ".nan",
        "2026-05-01",
        "*a",
        "&a",
        "!a",
        "%a",
    ],
)
def test_what_is_written_is_read_as_the_same_value(value: str) -> None:
    for written in (
        flow_text({"a": [value, {"b" if value in ("", "<<") else value: value}]}),
        flow_text({"a": [value]}, Writing(is_json=True)),
        flow_text({"a": [value]}, Writing(quote="'", always=True)),
    ):
        found = Findings()
        node = read_yaml(Text("a.yaml", f"x: {written}\n"), found)
        assert ([*found], node is not None) == ([], True)
        assert value in [one.text for one in _scalars(node)] if node else False
        assert all(isinstance(one.value, str) for one in _scalars(node)) if node else False
