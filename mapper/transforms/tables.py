"""Tables: values by what a text is."""

from __future__ import annotations

from mapper.safe_text import SafeText
from mapper.transforms.matching import compiled
from mapper.transforms.pattern_rules import read_pattern
from mapper.transforms.patterns import PatternFault
from mapper.transforms.registry import Also, Parameter, transform
from mapper.transforms.text import text
from mapper.types import ANY, UNKNOWN, Invalid, Json, of

MOST_PATTERNS = 100


def _check_lookup(table: Json = None, default: Json = None, patterns: dict[str, Json] | None = None) -> None:
    if patterns is not None and len(patterns) > MOST_PATTERNS:
        raise Invalid(SafeText("`patterns` has more than {} rows", MOST_PATTERNS))
    try:
        for one in patterns or {}:
            read_pattern(one)
    except PatternFault as fault:
        fault.parameter = "patterns"
        raise


@transform(
    of("string", "integer", "number", "boolean"),
    UNKNOWN,
    parameters=[
        Parameter(
            "table",
            of("object"),
            required=True,
            unless="patterns",
            also="values map mapping entries cases",
        ),
        Parameter("default", ANY, required=False, nullable=True, grows=True, also="else otherwise fallback"),
        Parameter(
            "patterns",
            of("object"),
            required=False,
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
    also=Also("map table dictionary switch"),
)
def lookup(
    value: Json,
    table: dict[str, Json] | None = None,
    default: Json = None,
    patterns: dict[str, Json] | None = None,
) -> Json:
    """The table's entry for the value, otherwise `default`, otherwise null.

    Keys are compared exactly, as text: add `lowercase` or `trim` before it if case or white space varies.
    After the table, `patterns` are asked in their order: the entry of the first that describes the value.
    """
    written = ("true" if value else "false") if type(value) is bool else text(value)
    if patterns is None:
        return default if table is None else table.get(written, default)
    if table is not None and written in table:
        return table[written]
    for pattern, entry in patterns.items():
        if compiled(pattern).describes(written):
            return entry
    return default
