"""`tables`: what files mean, where they may be, what is said of them, and that all forms read the same."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import pytest

import mapper
from mapper import authoring, check_mapping, compile_mapping, compile_text
from mapper.compiler.file_reading import FileReading
from mapper.compiler.findings import Findings
from mapper.compiler.syntax import table_files
from mapper.compiler.syntax.table_files import LARGEST_TABLE, MOST_ROWS, TableForm, read_table
from mapper.project.program_cache import Cache
from mapper.texts.diagnostic import Diagnostic
from mapper.texts.named_text import Text
from mapper.transforms.tables import file_table
from tests.support.depth import some
from tests.support.effort import calls

_MAPPING = """\
version: 1
target: pinterest/conversions-v5
tables:
  ids: {file: tables/ids.csv, key: sku, value: id}
payload:
  action_source: {const: offline}
  event_id: id
  event_time: at
  user_data: {em: email}
  custom_data:
    order_id: {from: sku, apply: {lookup: $ids}}
otherwise: {send: lead}
"""
_EVENT = {"id": "1", "at": 1777629600, "email": "a@b.co", "sku": "A"}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables/ids.csv").write_text("sku,id\nA,7\n", encoding="utf-8")
    (tmp_path / "shop.yaml").write_text(_MAPPING, encoding="utf-8")
    return tmp_path


def _read(content: str, name: str = "ids.csv", **columns: Any) -> tuple[Any, list[Diagnostic]]:
    mapping = Text("m.yaml", "ids")
    any_case = columns.pop("any_case", False)
    named: dict[str, Any] = {key: (value, mapping.span(0, 3)) for key, value in columns.items()}
    found = Findings()
    form = TableForm("ids", mapping.span(0, 3), **named, any_case=any_case)
    node = read_table(Text(name, content), form, FileReading(found))
    return None if node is None else node.table, [*found]


@pytest.mark.parametrize(
    ("content", "columns", "entries"),
    [
        ("k,v\na,1\nb,2\n", {"key": "k", "value": "v"}, {"a": "1", "b": "2"}),
        ("\ufeffk,v\r\na,1\r\n", {"key": "k", "value": "v"}, {"a": "1"}),
        ("k,v\na,1", {"key": "v", "value": "k"}, {"1": "a"}),
        ('k,v\n"a ""b""","1,\n2"\n', {"key": "k", "value": "v"}, {'a "b"': "1,\n2"}),
        ("k;v,w\na;1\n", {"key": "k", "delimiter": ";"}, {"a": {"v,w": "1"}}),
        ("k,v,w\na,,x\nb,y\n\n , ,\nc,\n", {"key": "k"}, {"a": {"w": "x"}, "b": {"v": "y"}, "c": {}}),
        ("k,v\na, \nA,1\n a,2\n", {"key": "k", "value": "v"}, {"A": "1", " a": "2"}),
        ("k,v\na,$5\n", {"key": "k", "value": "v"}, {"a": "$5"}),
    ],
)
def test_a_file_of_cells_means_its_entries(content: str, columns: dict[str, str], entries: Any) -> None:
    assert _read(content, **columns) == (entries, [])


def test_a_file_of_tabs_yaml_and_json_are_tables() -> None:
    assert _read("k\tv\na\t1\n", "ids.tsv", key="k", value="v") == ({"a": "1"}, [])
    assert _read("a: 1\nb: {c: [x]}\n", "ids.yaml") == ({"a": 1, "b": {"c": ["x"]}}, [])
    assert _read('{"a": 1, "b": null}', "ids.json") == ({"a": 1, "b": None}, [])


@pytest.mark.parametrize(
    ("content", "name", "line"),
    [
        ("k,v\na,1\na,2\n", "ids.csv", 3),
        ("k,v\na,1,2\n", "ids.csv", 2),
        ("k,v\n,1\n", "ids.csv", 2),
        ('k,v\na,"1\n', "ids.csv", 2),
        ("k,v,v\na,1,2\n", "ids.csv", 1),
        ("", "ids.csv", 1),
        ("a: 1\na: 2\n", "ids.yaml", 2),
        ("[1]", "ids.json", 1),
    ],
)
def test_a_mistake_of_a_file_is_at_its_line(content: str, name: str, line: int) -> None:
    columns = {"key": "k", "value": "v"} if name.endswith("csv") else {}
    _, found = _read(content, name, **columns)
    assert [(one.span.text.name, one.span.line) for one in found] == [(name, line)]


def test_a_table_has_a_largest_size() -> None:
    rows = "".join(f"k{number},v\n" for number in range(MOST_ROWS + 1))
    for content in (f"k,v\n{rows}", f"k,v\na,{'x' * LARGEST_TABLE}\n"):
        entries, found = _read(content, key="k", value="v")
        assert entries is None
        assert [one.code for one in found] == ["M154"]


@pytest.mark.parametrize("content", ["," * 1_001, "k,v\na,1\n" + "," * 1_001])
def test_a_line_has_a_most_number_of_cells(content: str) -> None:
    entries, (found,) = _read(content, key="k", value="v")
    assert (entries, found.message) == (None, "a line has at most 1,000 cells")
    assert found.span.line == content.count("\n") + 1


def test_a_table_without_a_value_has_a_most_number_of_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_files, "MOST_CELLS", 4)
    rows = "".join(f"{number},1,2\n" for number in range(3))
    assert _read(f"k,v,w\n{rows}", key="k", value="v")[1] == []
    entries, (found,) = _read(f"k,v,w\n{rows}", key="k")
    assert (entries, found.span.line) == (None, 4)


@pytest.mark.parametrize(
    "content",
    ["{0}\na\n", "k,v\n{0},1\n{0},2\n", "{0},{0}\na,b\n", "{0},v\n,1\n"],
)
def test_of_a_long_cell_the_beginning_is_told(content: str) -> None:
    for cell in ("`" + "x" * 100_000, "c" * 100_000):
        _, found = _read(content.format(cell), key=cell if content.startswith("{0},v") else "k", value="v")
        assert found
        assert all(len(one.message) + len(one.hint or "") < 300 for one in found)


def test_of_many_columns_the_first_are_told(project: Path) -> None:
    names = ",".join(f"c{number}" for number in range(300))
    (project / "tables/ids.csv").write_text(f"sku,{names}\nA,{names}\n", encoding="utf-8")
    (project / "shop.yaml").write_text(_MAPPING.replace(", value: id", ""), encoding="utf-8")
    (found,) = (one for one in mapper.check_mapping(project / "shop.yaml") if one.code == "M302")
    assert (found.hint or "").endswith(" and 290 more")


def test_a_quote_without_another_one_is_told_once() -> None:
    _, (found,) = _read('"k,v\na,1\n', key="k", value="v")
    assert "has no other one" in found.message


def test_keys_are_found_in_any_case_where_a_table_says_so(project: Path) -> None:
    (project / "tables/ids.csv").write_text("sku,id\nStraße,7\nÉ1,8\n", encoding="utf-8")
    any_case = _MAPPING.replace("value: id}", "value: id, any_case: true}")
    for text in (any_case, any_case.replace("{from: sku, apply: {lookup: $ids}}", "lookup(sku, $ids)")):
        (project / "shop.yaml").write_text(text, encoding="utf-8")
        for sku, expected in (("STRASSE", "7"), ("é1", "8"), ("E1", None), (1, None)):
            event = {**_EVENT, "sku": sku}
            careful = compile_mapping(project / "shop.yaml").apply(event)
            ready = compile_mapping(project / "shop.yaml").prepare()
            assert ready.apply(event) == careful
            assert ready.apply_json(json.dumps(event).encode()) == careful
            payload = careful[0].payload
            assert payload is not None
            assert payload.get("custom_data", {}).get("order_id") == expected


@pytest.mark.parametrize("name", ["ids.csv", "ids.yaml"])
def test_keys_that_differ_in_case_alone_are_one_key_in_any_case(name: str) -> None:
    columns = {"key": "k", "value": "v"} if name.endswith("csv") else {}
    content = "k,v\na,1\nB,2\nA,3\n" if columns else "a: 1\nB: 2\nA: 3\n"
    entries, found = _read(content, name, **columns)
    assert (len(entries), found) == (3, [])
    entries, found = _read(content, name, **columns, any_case=True)
    assert entries is None
    assert [(one.code, one.message, one.span.line) for one in found] == [
        ("M154", "duplicate key `A`", 3 + bool(columns))
    ]
    assert [span.line for span, _ in found[0].related] == [1 + bool(columns)]


def test_a_large_table_is_loaded_once_for_all_forms_and_has_short_code(project: Path) -> None:
    """As a dictionary in Python its code would need fifty times the memory of its text."""
    rows = "".join(f"A{number},{number}\n" for number in range(5_000))
    (project / "tables/ids.csv").write_text(f"sku,id\n{rows}", encoding="utf-8")
    program = compile_mapping(project / "shop.yaml").prepare()
    tree = ast.parse(program.code.text)
    assert sum(1 for _ in ast.walk(tree)) < 1_000
    texts = [str(one.value) for one in ast.walk(tree) if isinstance(one, ast.Constant)]
    (text,) = (one for one in texts if "A4999" in one)
    assert file_table(text) is file_table(text)
    assert file_table(text) is not file_table(text, any_case=True)
    payload = program.apply({**_EVENT, "sku": "A4999"})[0].payload
    assert payload is not None
    assert payload["custom_data"] == {"order_id": "4999"}


@pytest.mark.parametrize("value", ["lookup(sku, $ids).brnad", "$row.brnad"])
def test_a_column_that_a_table_lacks_is_seen(project: Path, value: str) -> None:
    (project / "tables/ids.csv").write_text("sku,brand,empty\nA,Nike,\n", encoding="utf-8")
    text = _MAPPING.replace("key: sku, value: id", "key: sku").replace(
        "{from: sku, apply: {lookup: $ids}}", f'"{value}"'
    )
    if "$row" in value:
        text = text.replace("payload:\n", "let: {row: {from: sku, apply: {lookup: $ids}}}\npayload:\n", 1)
    (error,) = mapper.check_text(text, beside=project / "shop.yaml")
    assert (error.code, error.hint) == ("M125", "did you mean `brand`?")
    for column in ("brand", "empty"):
        assert mapper.check_text(text.replace("brnad", column), beside=project / "shop.yaml") == ()


def test_the_work_grows_as_the_file_does() -> None:
    def work(rows: int, cell: str) -> int:
        content = "k,v\n" + "".join(f"k{number},{cell}\n" for number in range(rows))
        return calls(lambda: _read(content, key="k", value="v"))[0]

    assert work(4_000, '"a ""b"""') < 4.5 * work(1_000, '"a ""b"""')
    assert work(100, "x" * 2_000) < 1.1 * work(100, "x" * 20)


def test_all_forms_of_the_code_look_into_the_table(project: Path) -> None:
    program = compile_mapping(project / "shop.yaml")
    for sku, expected in (("A", "7"), ("B", None)):
        event = {**_EVENT, "sku": sku}
        careful = program.apply(event)
        ready = compile_mapping(project / "shop.yaml").prepare()
        assert ready.apply(event) == careful
        assert ready.apply_json(json.dumps(event).encode()) == careful
        payload = careful[0].payload
        assert payload is not None
        assert payload.get("custom_data", {}).get("order_id") == expected


_IN_EXPRESSIONS = _MAPPING.replace("key: sku, value: id", "key: sku").replace(
    "{from: sku, apply: {lookup: $ids}}",
    "'lookup(sku, $ids).id'\n    contents: {each: items, where: 'present(lookup(@.sku, $ids))', "
    'item: {id: \'lookup(sku, $ids).id\', item_name: "lookup(sku, $ids, `{\\"n\\": \\"x\\"}`).n"}}',
)


def test_functions_look_into_a_table_as_steps_do(project: Path) -> None:
    (project / "shop.yaml").write_text(_IN_EXPRESSIONS, encoding="utf-8")
    rows = "".join(f"A{number},{number},n{number}\n" for number in range(2_000))
    (project / "tables/ids.csv").write_text(f"sku,id,n\nA,7,N\n{rows}", encoding="utf-8")
    events = [
        {**_EVENT, "items": [{"sku": f"A{number}"} for number in range(500)]},
        {**_EVENT, "sku": 1},
        _EVENT,
    ]
    ready = compile_mapping(project / "shop.yaml").prepare()
    for event in events:
        careful = compile_mapping(project / "shop.yaml").apply(event)
        assert ready.apply(event) == careful
        assert ready.apply_json(json.dumps(event).encode()) == careful
    payload = ready.apply(events[0])[0].payload
    assert payload is not None
    assert payload["custom_data"]["order_id"] == "7"
    assert payload["custom_data"]["contents"][499] == {"id": "499", "item_name": "n499"}
    assert ready.code.text.count('"A1999"') == 1


@pytest.mark.parametrize("expression", ["$ids", "$ids.A", "keys($ids)", "lookup($ids, a)", "x[?$ids]"])
def test_nothing_but_lookup_reads_a_table(project: Path, expression: str) -> None:
    text = _MAPPING.replace("{from: sku, apply: {lookup: $ids}}", f"'{expression}'")
    found = [one for one in mapper.check_text(text, beside=project / "shop.yaml") if one.severity == "error"]
    assert [one.code for one in found] == ["M028"]
    assert text[found[0].span.start : found[0].span.end] == "$ids"


def test_a_path_is_relative_to_the_file_that_names_it(project: Path) -> None:
    (project / "base").mkdir()
    (project / "base/ids.yaml").write_text(
        "version: 1\npartial: true\ntables: {ids: {file: ../tables/ids.csv, key: sku, value: id}}\n", "utf-8"
    )
    own = "tables:\n  ids: {file: tables/ids.csv, key: sku, value: id}\n"
    (project / "shop.yaml").write_text(_MAPPING.replace(own, "extends: base/ids.yaml\n"), encoding="utf-8")
    payload = compile_mapping(project / "shop.yaml").apply(_EVENT)[0].payload
    assert payload is not None
    assert payload["custom_data"] == {"order_id": "7"}


@pytest.mark.parametrize("path", ["/etc/hostname", "../ids.csv", "tables/link.csv", "tables"])
def test_no_file_out_of_the_project_is_a_table(project: Path, path: str) -> None:
    (project.parent / "ids.csv").write_text("sku,id\nA,7\n", encoding="utf-8")
    (project / "tables/link.csv").symlink_to(project.parent / "ids.csv")
    (project / "shop.yaml").write_text(_MAPPING.replace("tables/ids.csv", path), encoding="utf-8")
    (error,) = (one for one in mapper.check_mapping(project / "shop.yaml") if one.severity == "error")
    assert error.code == "M154"


@pytest.mark.parametrize("encoding", ["utf-16", "latin-1"])
def test_a_file_in_another_encoding_is_told_with_its_line_and_what_to_do(
    project: Path, encoding: str
) -> None:
    (project / "tables/ids.csv").write_bytes("sku,id\nÄ,7\n".encode(encoding))
    (error,) = (one for one in mapper.check_mapping(project / "shop.yaml") if one.severity == "error")
    line = {"utf-16": 1, "latin-1": 2}[encoding]
    assert error.message.endswith(f" in line {line}")
    assert error.hint == "save it as UTF-8; a spreadsheet calls that CSV UTF-8"


@pytest.mark.parametrize("written", [r'"\n"', r'"\r"', "'\"'", "';;'"])
def test_a_delimiter_is_one_character_between_cells(project: Path, written: str) -> None:
    text = _MAPPING.replace("value: id}", f"value: id, delimiter: {written}}}")
    (project / "shop.yaml").write_text(text, encoding="utf-8")
    (error,) = (one for one in mapper.check_mapping(project / "shop.yaml") if one.severity == "error")
    assert (error.code, error.message) == ("M022", "`delimiter` is one character between cells, such as `;`")


@pytest.mark.parametrize(
    ("name", "mark"), [("ids.tsv", ","), ("ids.csv", ";"), ("ids.csv", "\t"), ("ids.csv", "|")]
)
def test_a_line_that_another_delimiter_parts_has_a_hint_that_names_it(name: str, mark: str) -> None:
    content = f"sku{mark}id\nA{mark}7\n"
    entries, found = _read(content, name, key="sku", value="id")
    assert entries is None
    hints = {one.hint for one in found}
    assert hints == {f"its only column is `sku{mark}id`: add `delimiter: {json.dumps(mark)}`"}
    assert _read(content, name, key="sku", value="id", delimiter=mark) == ({"A": "7"}, [])


def test_without_files_tables_are_texts_by_their_paths() -> None:
    texts = {"tables/ids.csv": "sku,id\nA,7\n"}
    analysis = authoring.analyse(_MAPPING, "shop.yaml", texts=texts)
    assert not [one for one in analysis.diagnostics if one.severity == "error"]
    payload = analysis.program.apply(_EVENT)[0].payload
    assert payload is not None
    assert payload["custom_data"] == {"order_id": "7"}


def test_a_kept_program_ends_with_its_table(project: Path) -> None:
    said: list[str] = []
    cache = Cache(project.parent / f"{project.name}-cache", said.append)
    shop = str(project / "shop.yaml")
    program, read = mapper.compiling.compile_read(shop, compile_module=cache.modules.compile_module)
    assert cache.keep(shop, (), program, read)
    assert cache.find(shop, ()) is not None
    (project / "tables/ids.csv").write_text("sku,id\nA,8\n", encoding="utf-8")
    assert cache.find(shop, ()) is None
    assert said == []


@pytest.mark.parametrize(
    ("form", "rule"),
    [
        ("key: sku, value: id", "{from: sku, apply: {lookup: $ids}}"),
        ("key: sku, value: id", "lookup(sku, $ids)"),
        ("key: sku", "lookup(sku, $ids).id"),
        ("key: sku", "{from: 'lookup(sku, $ids).id', apply: trim}"),
    ],
)
def test_values_that_a_field_does_not_accept_are_told_ten_times(project: Path, form: str, rule: str) -> None:
    rows = "".join(f"A{number},dollars\n" for number in range(30))
    (project / "tables/ids.csv").write_text(f"sku,id\n{rows}B,EUR\nC,\n", encoding="utf-8")
    text = _MAPPING.replace("order_id:", "currency:").replace("key: sku, value: id", form)
    text = text.replace("{from: sku, apply: {lookup: $ids}}", rule)
    (project / "shop.yaml").write_text(text, encoding="utf-8")
    found = [one for one in mapper.check_mapping(project / "shop.yaml") if one.severity == "error"]
    at_rows = [one for one in found if one.span.text.name.endswith("ids.csv")]
    assert [one.span.line for one in at_rows] == [*range(2, 12)]
    assert {one.code for one in at_rows} == {"M303"}
    assert all(not one.fixes for one in at_rows)
    (rest,) = (one for one in found if one not in at_rows)
    assert rest.message.startswith("20 more mistakes")


def test_a_column_with_the_name_of_a_personal_attribute_is_personal(project: Path) -> None:
    (project / "tables/ids.csv").write_text("sku,id,email\nA,7,a@b.co\n", encoding="utf-8")
    rows = _MAPPING.replace("key: sku, value: id", "key: sku")
    for text, column, personal in (
        (rows.replace("{from: sku, apply: {lookup: $ids}}", "lookup(sku, $ids).email"), "email", True),
        (rows.replace("{from: sku, apply: {lookup: $ids}}", "lookup(sku, $ids).id"), "id", False),
        (_MAPPING, "email", True),
        (_MAPPING.replace("{from: sku, apply: {lookup: $ids}}", "lookup(sku, $ids)"), "email", True),
        (_MAPPING, "id", False),
    ):
        whole = text.replace("value: id", f"value: {column}")
        found = {one.code for one in mapper.check_text(whole, beside=project / "shop.yaml")}
        assert ("M401" in found) == personal, text


def test_a_table_that_nothing_looks_into_is_told(project: Path) -> None:
    text = _MAPPING.replace("{from: sku, apply: {lookup: $ids}}", "sku")
    (found,) = mapper.check_text(text, beside=project / "shop.yaml")
    assert (found.code, found.message) == ("M413", "the table `$ids` is never used")
    assert text[found.span.start : found.span.end] == "ids"


@pytest.mark.parametrize("content", ["sku,id\n", "\ufeffsku,id\r\n\r\n"])
def test_a_file_without_a_line_below_its_columns_is_told(project: Path, content: str) -> None:
    Path("tables/ids.csv").write_bytes(content.encode())
    (found,) = [one for one in check_mapping("shop.yaml") if one.severity != "advice"]
    assert (found.code, found.span.line) == ("M460", 4)
    assert found.hint == "add them to `tables/ids.csv`, or remove the table"


def test_spaces_around_the_names_of_columns_are_told(project: Path) -> None:
    Path("tables/ids.csv").write_text("sku, id\nA, 7\n", encoding="utf-8")
    (found,) = [one for one in check_mapping("shop.yaml") if one.severity == "error"]
    assert found.message == "`tables/ids.csv` has no column `id`"
    assert found.hint == "it has ` id`: remove the spaces around the names and cells of the file"
    assert not found.fixes


def test_the_one_file_of_the_name_in_the_project_is_proposed(project: Path) -> None:
    text = _MAPPING.replace("tables/ids.csv", "ids.csv")
    (found,) = (one for one in mapper.check_text(text, beside=project / "shop.yaml") if one.code == "M154")
    assert found.hint == "did you mean `tables/ids.csv`?"
    (project / "old").mkdir()
    (project / "old/ids.csv").touch()
    (found,) = (one for one in mapper.check_text(text, beside=project / "shop.yaml") if one.code == "M154")
    assert found.hint is None


def test_tables_that_cannot_be_read_are_told_once(project: Path) -> None:
    text = _MAPPING.replace("  ids: {file", "  - {name: ids, file")
    assert [one.code for one in mapper.check_text(text, beside=project / "shop.yaml")] == ["M022"]


@pytest.mark.parametrize("form", ["key: sku, value: id", "key: sku"])
def test_what_a_table_has_for_a_personal_value_is_personal(project: Path, form: str) -> None:
    """A table from addresses to numbers of customers is an identifier still."""
    text = _MAPPING.replace("key: sku, value: id", form).replace("from: sku", "from: traits.email")
    if form == "key: sku":
        text = text.replace(
            "payload:\n", "let: {row: {from: traits.email, apply: [trim, {lookup: $ids}]}}\npayload:\n", 1
        )
        text = text.replace("{from: traits.email, apply: {lookup: $ids}}\notherwise", "$row.id\notherwise")
    found = [one.code for one in mapper.check_text(text, beside=project / "shop.yaml")]
    assert "M401" in found


def test_each_default_is_checked_beside_a_table_that_several_sections_share(project: Path) -> None:
    (project / "tables/ids.csv").write_text("sku,id\nA,dollars\n", encoding="utf-8")
    rule = "{custom_data: {currency: {from: sku, apply: {lookup: {table: $ids, default: none}}}}}"
    sections = "".join(f"  - {{when: sku == '{sku}', send: custom, payload: {rule}}}\n" for sku in ("A", "B"))
    found = mapper.check_text(
        _MAPPING.replace("otherwise:", f"events:\n{sections}otherwise:"), beside=project / "shop.yaml"
    )
    told = [one.span.text.name.endswith("ids.csv") for one in found if one.code == "M303"]
    assert sorted(told) == [False, False, True]


_OF_THE_FILE = "  ids: {file: tables/ids.csv, key: sku, value: id}\n"
_TWO_MORE = (
    _OF_THE_FILE.replace("ids:", "names:").replace("value: id", "value: name")
    + "  rows: {file: tables/ids.csv, key: sku}\n"
)
_MANY_USES = {
    "conditions": "when: \"lookup(sku, $ids) == '%d'\"",
    "lets": "let: {a: {from: sku, apply: {lookup: $ids}}}, when: $a == '%d'",
    "steps": "when: sku == '%d', payload: {custom_data: {order_id: {from: sku, apply: {lookup: $ids}}}}",
    "expressions": "when: sku == '%d', payload: {custom_data: {order_id: 'lookup(sku, $ids)'}}",
    "columns": "when: sku == '%d', payload: {custom_data: {order_id: 'lookup(sku, $rows).id'}}",
}


def _work(project: Path, section: str, rows: int, count: int) -> int:
    """The work to compile a mapping of so many sections that look into a table of so many rows."""
    lines = "".join(f"A{number},{number},custom\n" for number in range(rows))
    (project / "tables/ids.csv").write_text(f"sku,id,name\n{lines}", encoding="utf-8")
    sections = "".join(f"  - {{{section % number}}}\n" for number in range(count))
    text = _MAPPING.replace("otherwise:", f"events:\n{sections}otherwise:").replace(
        _OF_THE_FILE, _OF_THE_FILE + _TWO_MORE
    )
    return calls(lambda: compile_text(text, beside=project / "shop.yaml"))[0]


@pytest.mark.parametrize("send", ["custom", "{from: sku, apply: {lookup: $names}}"])
@pytest.mark.parametrize("use", some(_MANY_USES, 2))
def test_a_table_is_worked_out_once_for_all_that_look_into_it(project: Path, use: str, send: str) -> None:
    """A short mapping may look into a long table thousands of times."""
    section = f"{_MANY_USES[use]}, send: {send}"
    _work(project, section, 1, 20)  # what is loaded and kept the first time
    of_one, of_many = (_work(project, section, 1001, n) - _work(project, section, 1, n) for n in (1, 20))
    assert of_many < of_one + 20 * 1000 / 2, "each row is looked at again for each section"


@pytest.mark.parametrize("table", ["$ids", "{A: checkout}"])
def test_a_variable_as_default_is_not_taken_for_a_constant(project: Path, table: str) -> None:
    send = f"{{from: sku, apply: {{lookup: {{table: {table}, default: $kind}}}}}}"
    text = _MAPPING.replace("otherwise: {send: lead}", f"let: {{kind: type}}\notherwise: {{send: {send}}}")
    (project / "tables/ids.csv").write_text("sku,id\nA,checkout\n", encoding="utf-8")
    assert [
        one.code for one in mapper.check_text(text, beside=project / "shop.yaml") if one.severity != "advice"
    ] == []
