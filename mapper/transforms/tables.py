"""Tables: values by what a text is."""

from __future__ import annotations

import json
from collections.abc import Callable
from threading import Lock
from weakref import WeakValueDictionary

from mapper.transforms.matching import compiled
from mapper.transforms.meaning import ONLY_A_PERSON, Grown
from mapper.transforms.pattern_rules import read_pattern
from mapper.transforms.patterns import PatternFault
from mapper.transforms.registry import Also, Parameter, transform
from mapper.transforms.text import text
from mapper.values.safe_text import SafeText
from mapper.values.types import ANY, UNKNOWN, Invalid, Json, Type, constant, of, union

MOST_PATTERNS = 100
_TEXT = of("string", "null")


class FileTable(dict[str, Json]):
    """The entries of a table's file.

    columns: of a table whose entries are objects of cells, their names; None: its entries are single values.
    column: the name of the one that these are from; "" if they are from none.
    """

    columns: tuple[str, ...] | None = None
    column: str = ""


class AnyCaseTable(FileTable):
    """Entries that are found whatever the case of a key: their own keys are case-folded."""

    def get(self, key: str, default: Json = None) -> Json:  # type: ignore[override]  # keys are texts
        """The entry of a key, otherwise a default."""
        return super().get(key.casefold(), default)

    def __getitem__(self, key: str) -> Json:
        return super().__getitem__(key.casefold())

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and super().__contains__(key.casefold())


_KEPT: WeakValueDictionary[tuple[str, bool], FileTable] = WeakValueDictionary()
_KEEPING = Lock()


def file_table(text: str, any_case: bool = False) -> FileTable:
    """The table of a text in JSON: one and the same for all code that is loaded from it."""
    with _KEEPING:
        made = _KEPT.get((text, any_case))
        if made is None:
            made = (AnyCaseTable if any_case else FileTable)(json.loads(text))
            _KEPT[text, any_case] = made
    return made


def _type_of_entries(table: Json = None, default: Json = None, patterns: Json = None) -> Type:
    """The type of the entries of a table whose entries are cells or objects of cells."""
    if not isinstance(table, FileTable) or table.columns is None or patterns is not None:
        return UNKNOWN
    row = Type(
        frozenset({"object"}), fields=tuple((name, _TEXT) for name in sorted(table.columns)), closed=True
    )
    return row.optional() if default is None else union([row, constant(default)])


def _check_lookup(table: Json = None, default: Json = None, patterns: dict[str, Json] | None = None) -> None:
    if patterns is not None and len(patterns) > MOST_PATTERNS:
        raise Invalid(SafeText("`patterns` has more than {} rows", MOST_PATTERNS))
    try:
        for one in patterns or {}:
            read_pattern(one)
    except PatternFault as fault:
        fault.parameter = "patterns"
        raise


def _prepare_lookup(
    table: dict[str, Json] | None = None, default: Json = None, patterns: dict[str, Json] | None = None
) -> Callable[[Json], Json]:
    entries = {} if table is None else table
    get = entries.get
    if not patterns:
        return lambda value: get(value if type(value) is str else _key_of(value), default)
    rows = [(compiled(one).describes, entry) for one, entry in patterns.items()]

    def look_up(value: Json) -> Json:
        written = value if type(value) is str else _key_of(value)
        if written in entries:
            return entries[written]
        for describes, entry in rows:
            if describes(written):
                return entry
        return default

    return look_up


def _key_of(value: Json) -> str:
    """The key of a value in a table."""
    if type(value) is bool:
        return "true" if value else "false"
    return text(value)


def _entry_size(
    table: dict[str, Json] | None = None, default: Json = None, patterns: dict[str, Json] | None = None
) -> Grown:
    """The size of an entry, whatever is looked up."""
    rows = [row for row in (table, patterns) if isinstance(row, dict)]
    return Grown(0, one_of=(*[entry for row in rows for entry in row.values()], default))


@transform(
    of("string", "integer", "number", "boolean"),
    UNKNOWN,
    keeps=ONLY_A_PERSON,
    grows=_entry_size,
    makes="decoded",
    parameters=[
        Parameter(
            "table",
            of("object"),
            required=True,
            role="steers",
            unless="patterns",
            also="values map mapping entries cases",
        ),
        Parameter(
            "default",
            ANY,
            required=False,
            role="put",
            nullable=True,
            grows=True,
            also="else otherwise fallback",
        ),
        Parameter(
            "patterns",
            of("object"),
            required=False,
            role="steers",
            constant=True,
            is_pattern=True,
            also="regex regexes globs wildcards",
        ),
    ],
    examples=[
        ("ios", {"table": {"ios": "app_ios", "android": "app_android"}}, "app_ios"),
        (1, {"table": {"1": "new"}}, "new"),
        ("web", {"table": {"ios": "app_ios"}}, None),
        ("/cart/7", {"patterns": {"/product/*": "view", "/cart*": "cart"}}, "cart"),
        ("web", {"table": {"ios": "app_ios"}, "default": "web"}, "web"),
    ],
    check=_check_lookup,
    typed=_type_of_entries,
    prepare=_prepare_lookup,
    also=Also("map table dictionary switch"),
)
def lookup(
    value: Json,
    table: dict[str, Json] | None = None,
    default: Json = None,
    patterns: dict[str, Json] | None = None,
) -> Json:
    """The table's entry for the value, otherwise `default`, otherwise null.

    Keys are compared exactly, as text: add `lowercase` or `trim` before it if case or white space varies. A
    table of `tables` can have `any_case: true`.
    After the table, `patterns` are asked in their order: the entry of the first that describes the value.
    """
    written = value if type(value) is str else _key_of(value)
    if patterns is None:
        return default if table is None else table.get(written, default)
    if table is not None and written in table:
        return table[written]
    for pattern, entry in patterns.items():
        if compiled(pattern).describes(written):
            return entry
    return default
