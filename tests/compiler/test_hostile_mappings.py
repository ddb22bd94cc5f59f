"""Mapping files made to harm whoever checks them: refused with a place, soon, and nothing else happens."""

from __future__ import annotations

import io
import os
import sys
import zipfile
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import pytest

from mapper import CompileError, Diagnostic, check_mapping, check_text, compile_text
from mapper.compiler.findings import MOST_DOUBTS, MOST_MISTAKES
from mapper.compiler.syntax.other_files import other_file
from mapper.texts.diagnostic import has_errors
from mapper.texts.named_text import Text
from tests.generators.hostile import SIZE, texts
from tests.support.depth import some

# Python's own functions and lines that a check of 64 KiB may enter, all mends of it included. At the some
# 15 million that a second takes it is a tenth of one; the longest measured is a third of this.
_MOST_STEPS = 3_000_000
_EVERY = 23
_WRITTEN = (Path(__file__).parents[1] / "cases" / "shop.yaml").read_text(encoding="utf-8")


class _TooLong(Exception):
    """More steps than a check may take."""


def _within_steps(work: Callable[[], tuple[Diagnostic, ...]]) -> tuple[Diagnostic, ...]:
    """What it gives; raises _TooLong where it calls more functions than it may, whatever else runs here."""
    left = _MOST_STEPS

    def count(frame: object, event: str, argument: object) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            sys.setprofile(None)
            raise _TooLong

    sys.setprofile(count)
    try:
        return work()
    finally:
        sys.setprofile(None)


_SAMPLES = [pytest.param(write, id=ascii(name)[1:60]) for name, write in islice(texts(), 0, None, _EVERY)]


@pytest.mark.parametrize("write", some(_SAMPLES, 30))
def test_any_text_is_checked_in_bounded_work(write: Callable[[], str]) -> None:
    text = write()
    assert len(text.encode(errors="replace")) <= SIZE
    if other_file(Text("<text>", text)) is not None:
        assert len(_within_steps(lambda: check_text(text))) == 1
        text = f"version: 1\n{text}"  # so that it may be a mapping, and is read on
    found = _within_steps(lambda: check_text(text))
    assert sum(one.severity == "error" for one in found) <= 2 * MOST_MISTAKES + 2
    assert sum(one.severity != "advice" for one in found) <= 2 * (MOST_MISTAKES + MOST_DOUBTS) + 2
    assert all(0 <= one.span.start <= one.span.end <= len(one.span.text.content) for one in found)


def test_a_check_that_ends_early_says_so_last() -> None:
    found = check_text("version: 1\n" + "".join(f"key_{at}: a\n" for at in range(1_000)))
    assert len(found) == MOST_MISTAKES + 2
    assert found[-1].code == "M009"
    assert found[-1].message == "more than 100 errors: the rest was not checked"


def test_hints_that_look_around_a_place_read_the_file_once() -> None:
    sections = "".join(
        f"  - {{is: x{at}, send: checkout, payload: {{event_id: {{default: a}}}}}}\n"
        for at in range(MOST_MISTAKES)
    )
    tests = "".join(f"  - {{given: {{a: {at}}}, expect: {{skip: no}}}}\n" for at in range(1000))
    text = f"version: 1\ntarget: pinterest/conversions-v5\nmatch: e\nevents:\n{sections}tests:\n{tests}"
    found = _within_steps(lambda: check_text(text))
    assert sum(one.code == "M025" for one in found) >= MOST_MISTAKES


@pytest.mark.parametrize(
    "step",
    [
        f"{{extract: '{'a' * 494}digits{'a' * 9}'}}",
        f"{{extract: '{'a' * 499}:{' ' * 9_000}!{{'}}",
        f"{{keep: '{'(' * 300}digits{')' * 300}'}}",
        f"{{keep: '{'+' * 9_000}'}}",
    ],
)
def test_nothing_is_guessed_from_a_text_that_is_too_long(step: str) -> None:
    found = check_text(
        "version: 1\ntarget: pinterest/conversions-v5\n"
        f"payload: {{event_id: {{from: a, apply: {step}}}}}\notherwise: {{send: checkout}}\n"
    )
    assert [one.hint for one in found if one.code in ("M140", "M202")] == [None]


def test_a_mapping_with_much_advice_compiles_all_the_same() -> None:
    start = _WRITTEN.index("events:")
    sections = "".join(f"  - {{is: own {at}, send: own_{at}}}\n" for at in range(200))
    found = check_text(f"{_WRITTEN[:start]}events:\n{sections}")
    assert len(found) > 200
    assert not has_errors(found)


@pytest.mark.parametrize(
    "value",
    [
        "../../etc/passwd",
        "/etc/passwd",
        "pinterest/../../../etc/passwd",
        "..",
        ".",
        "./pinterest/conversions-v5",
        "pinterest//conversions-v5",
        "file:///etc/passwd",
        "https://example.com/x",
        "C:\\x",
        "~/x",
        "$HOME/x",
        "pinterest/conversions-v5.json",
        "'pinterest/conversions-v5\\0'",
        '"pinterest/conversions-v5\\0.json"',
        "PINTEREST/../pinterest/conversions-v5",
        "a" * 5_000,
    ],
)
@pytest.mark.parametrize("key", ["target", "source"])
def test_a_schema_is_named_by_plain_words_only(key: str, value: str) -> None:
    line = f"{key}: {value}\n"
    text = _WRITTEN.replace("target: pinterest/conversions-v5\n", line if key == "target" else "") + (
        line + "target: pinterest/conversions-v5\n" if key == "source" else ""
    )
    assert "M306" in {one.code for one in check_text(text) if one.severity == "error"}


def _project(folder: Path, extends: str) -> Path:
    (folder / "pyproject.toml").touch()
    path = folder / "mapping.yaml"
    path.write_text(f"extends: {extends}\n{_WRITTEN}", encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "written",
    [
        "../secret.yaml",
        "/etc/passwd",
        "a/../../secret.yaml",
        "..",
        ".",
        "link.yaml",
        "chain.yaml",
        "circle.yaml",
        "folder",
        "pipe.yaml",
        "/dev/zero",
        "zero.yaml",
        "'\\0'",
        '"a\\0b"',
        "https://example.com/a.yaml",
        "'..\\secret.yaml'",
        "a" * 5_000,
        "mapping.yaml",
        "./mapping.yaml",
    ],
)
def test_what_lies_outside_or_is_no_file_is_not_extended(tmp_path: Path, written: str) -> None:
    secret = tmp_path / "secret.yaml"
    secret.write_text("let: {secret: found}\n", encoding="utf-8")
    inside = tmp_path / "inside"
    (inside / "folder").mkdir(parents=True)
    (inside / "link.yaml").symlink_to(secret)
    (inside / "chain.yaml").symlink_to("link.yaml")
    (inside / "circle.yaml").symlink_to("circle.yaml")
    (inside / "zero.yaml").symlink_to("/dev/zero")
    os.mkfifo(inside / "pipe.yaml")
    found = check_mapping(_project(inside, written))
    assert {one.code for one in found if one.severity == "error"} <= {"M030", "M031"}
    assert has_errors(found)
    assert not any("secret: found" in one.span.text.content for one in found)


def test_a_chain_of_files_does_not_multiply_what_it_holds(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").touch()
    for at in range(12):
        more = "[" + ", ".join([f"f{at + 1}.yaml"] * 8) + "]"
        text = f"version: 1\npartial: true\nlet: {{v{at}: a}}\n" + (f"extends: {more}\n" if at < 11 else "")
        (tmp_path / f"f{at}.yaml").write_text(text, encoding="utf-8")
    path = _project(tmp_path, "f0.yaml")
    assert not has_errors(_within_steps(lambda: check_mapping(path)))


def test_lets_of_many_files_are_counted_together(tmp_path: Path) -> None:
    for at in range(3):
        lets = "".join(f"  v{at}_{number}: a\n" for number in range(100))
        (tmp_path / f"f{at}.yaml").write_text(f"version: 1\npartial: true\nlet:\n{lets}", encoding="utf-8")
    found = check_mapping(_project(tmp_path, "[f0.yaml, f1.yaml, f2.yaml]"))
    assert [one.code for one in found if one.severity == "error"] == ["M009"]


@pytest.mark.parametrize("device", ["/dev/zero", "/dev/stdin", "/proc/self", "/"])
def test_a_device_or_folder_is_no_mapping(device: str) -> None:
    with pytest.raises(OSError, match=r"not a regular file|No such file"):
        check_mapping(device)


def test_an_archive_of_names_is_no_mapping(tmp_path: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for at in range(1_000):
            archive.writestr(f"../../{at}.yaml", "a: b")
    path = tmp_path / "mapping.yaml"
    path.write_bytes(packed.getvalue())
    with pytest.raises(OSError, match="not UTF-8"):
        check_mapping(path)


@pytest.mark.parametrize("content", [b"[" * 100_000, b'{"a":' * 50_000, b"\xff\xfe", b"[]", b"nul", b""])
@pytest.mark.parametrize("key", ["target", "source"])
def test_a_schema_that_is_none_is_said_in_its_file(tmp_path: Path, content: bytes, key: str) -> None:
    (tmp_path / "schemas").mkdir()
    (tmp_path / "schemas/evil.json").write_bytes(content)
    text = _WRITTEN.replace("target: pinterest/conversions-v5\n", "target: evil\n" if key == "target" else "")
    if key == "source":
        text += "source: evil\ntarget: pinterest/conversions-v5\n"
    path = tmp_path / "mapping.yaml"
    path.write_text(text, encoding="utf-8")
    [found] = [one for one in check_mapping(path) if one.severity == "error"]
    assert found.code == ("M326" if content == b"[]" else "M324")
    assert found.span.text.name.endswith("evil.json")


@pytest.mark.parametrize("depth", [100, 300, 900])
@pytest.mark.parametrize(
    "part", ['{"items": %s}', '{"x-seen": [%s]}', '{"properties": {"a": %s}}', '{"allOf": [%s]}']
)
@pytest.mark.parametrize("key", ["target", "source"])
def test_a_deep_schema_ends_no_check(tmp_path: Path, part: str, depth: int, key: str) -> None:
    content = "{}"
    for _ in range(depth // part.count("%s") // (part.count("{") + part.count("["))):
        content = part % content
    (tmp_path / "schemas").mkdir()
    (tmp_path / "schemas/evil.json").write_text(content, encoding="utf-8")
    text = _WRITTEN.replace("target: pinterest/conversions-v5\n", "target: evil\n" if key == "target" else "")
    if key == "source":
        text += "source: evil\ntarget: pinterest/conversions-v5\n"
    path = tmp_path / "mapping.yaml"
    path.write_text(text, encoding="utf-8")
    found = [one for one in check_mapping(path) if one.code[:3] == "M32"]
    assert all(one.span.text.name.endswith("evil.json") for one in found)


@pytest.mark.parametrize(
    "size", ["9" * 4_301, "9" * 5_000, "1e400", "-1e400", "9" * 16_000, "0." + "1" * 9_000]
)
@pytest.mark.parametrize("place", ["a[{}]", "a[{}:]", "`{}`", "a[?b > `{}`]"])
def test_a_huge_number_in_an_expression_has_its_place(size: str, place: str) -> None:
    expression = place.format(size)
    found = check_text(_WRITTEN.replace("event_id: id", f"event_id: '{expression}'"))
    wrong = {one.code for one in found if one.severity == "error"}
    assert wrong <= {"M009", "M101", "M104", "M106", "M107"}
    assert wrong or len(expression) < 4_500


_BREAKOUTS = (
    *("'); raise SystemExit('", '"""', "\\", "\n", "\r", "\u2028", "\u2029", "\x85", "\0", "#", "# x", "{x}"),
    *("{{x}}", "%s", "${x}", "`id`", "__import__('os').system('x')", "eval", "exec", "import os", ":=", "]"),
    *(
        "\n    import os\n",
        "),",
        "lambda: 0",
        "\U0001d41e\U0001d42f\U0001d41a\U0001d425",
        "\uff45val",
        "\u202e",
    ),
    *("\U0001f600", "e\u0301", "class", "None", "self", "frame", "event", "__builtins__", "__class__"),
)


def _escaped(text: str) -> str:
    return '"' + "".join(f"\\U{ord(one):08x}" for one in text) + '"'


@pytest.mark.parametrize("text", _BREAKOUTS, ids=ascii)
def test_no_name_breaks_out_of_generated_code(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "system", lambda command: pytest.fail("it was run"))
    name = _escaped(text)
    written = f"""
name: {name}
version: 1
target: pinterest/conversions-v5
skip: [{{when: "a == `1`", because: {name}}}]
payload:
  action_source: {{const: web}}
  event_id: {{from: id, apply: [{{lookup: {{table: {{{name}: {name}, i: j}}}}}}, {{replace: [{name}, x]}}]}}
  event_time: time
  event_source_url: {{const: {name}}}
  user_data: {{em: email}}
match: type
events:
  - {{is: {name}, send: checkout}}
tests: [{{name: {name}, given: {{{name}: 1}}, expect_skip: unmapped}}]
"""
    if has_errors(check_text(written)):
        with pytest.raises(CompileError):
            compile_text(written)
        return
    program = compile_text(written)
    assert program.code.text.isascii()
    (outcome,) = program.apply({"id": "i", "time": 1777629600, "email": "a@b.co", "type": text})
    assert outcome.payload is not None
    assert outcome.payload["event_source_url"] == text.strip()


@pytest.mark.parametrize("line_break", ["\\n", "\\r"])
@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("name: shop", 'name: shop\n"a⏎b": c'),
        ("em: $email", 'em: $email\n    "a⏎b": c'),
        ("target: pinterest/conversions-v5", 'target: "pinterest⏎x"'),
        ("event_id: id", 'event_id: {from: id, apply: ["a⏎b"]}'),
        ("event_id: id", 'event_id: {from: id, apply: [{lookup: {"ta⏎ble": {a: b}}}]}'),
        ("send: checkout", 'send: "x⏎y"'),
        ("let:", 'let:\n  "a⏎b": c'),
        ("strip: personal", 'strip: ["user_data⏎.em"]'),
    ],
)
def test_a_message_is_one_line_whatever_it_names(right: str, wrong: str, line_break: str) -> None:
    found = check_text(_WRITTEN.replace(right, wrong.replace("⏎", line_break), 1))
    assert found
    assert not any({"\n", "\r"} & set(one.message) for one in found)


def _lets(*values: str) -> str:
    """Lets `v0`, `v1` ...; in each value `V` is the one before it."""
    written = (f"  v{at}: {value.replace('V', f'$v{at - 1}')}\n" for at, value in enumerate(values))
    text = _WRITTEN.replace("let:\n", "let:\n" + "".join(written))
    return text.replace("event_id: id", "event_id: fingerprint($v3)")


@pytest.mark.parametrize(
    "value",
    [
        "'[V, V, V, V, V, V, V, V, V, V, V]'",
        "'{a: V, b: V, c: V, d: V, e: V, f: V, g: V, h: V, i: V, j: V, k: V}'",
        "{a: V, b: V, c: V, d: V, e: V, f: V, g: V, h: V, i: V, j: V, k: V}",
        "{from: V, apply: {concat: [V, V, V, V, V, V, V, V, V, V]}}",
        "{from: [a, '[V, V, V, V, V, V, V, V, V, V, V]']}",
        "{case: [{when: a, then: '[V, V, V, V, V, V, V, V, V, V, V]'}, {else: a}]}",
        "{each: V, item: '[@, @, @, @, @, @, @, @, @, @, @]'}",
        "{each: a, item: '[V, V, V, V, V, V, V, V, V, V, V]'}",
        "V[*].[@, @, @, @, @, @, @, @, @, @, @]",
    ],
)
def test_lets_that_repeat_each_other_too_often_are_refused(value: str) -> None:
    quoted = value if value[0] in "'{" else f"'{value}'"
    assert "M117" in {one.code for one in check_text(_lets("a", quoted, quoted, quoted))}
    assert "M117" not in {one.code for one in check_text(_lets("a", quoted, quoted, "V"))}


@pytest.mark.parametrize(
    "value",
    [
        "'[V.a, V.b, V.c, V.d, V.e, V.f, V.g, V.h, V.i, V.j, V.k]'",
        "{from: [V, V, V, V, V, V, V, V, V, V, V]}",
        "{case: [{when: V, then: V}, {when: V, then: V}, {when: V, then: V}, {when: V, then: V}]}",
        "{const: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]}",
        "{each: V, item: '[a, b, c, d, e, f, g, h, i, j, k]'}",
    ],
)
def test_lets_that_take_apart_or_choose_are_not(value: str) -> None:
    assert "M117" not in {one.code for one in check_text(_lets("a", *[value] * 8))}


@pytest.mark.parametrize(
    "step", ["{replace: [a, aaaa]}", "{concat: [$v0, $v0, $v0]}", "{replace: [a, '$v0']}"]
)
def test_a_text_that_steps_let_grow_is_invalid_and_not_endless(step: str) -> None:
    steps = ", ".join([step] * 16)
    text = _WRITTEN.replace("let:\n", "let:\n  v0: text\n").replace(
        "event_id: id", f"event_id: {{from: text, apply: [{steps}]}}"
    )
    found = check_text(text)
    if has_errors(found):
        assert "M117" in {one.code for one in found}
        return
    (outcome,) = compile_text(text).apply({"type": "order", "text": "a" * 1_000})
    assert outcome.payload is None
