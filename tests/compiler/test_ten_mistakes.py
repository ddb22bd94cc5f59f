"""A mapping with ten mistakes says all ten in one run, each at its place."""

from pathlib import Path

from mapper import check_mapping

_FILE = Path(__file__).parents[1] / "cases" / "ten_mistakes.yaml"
_MISTAKES = [
    ("M101", 6, 27, "a path that ends in a dot"),
    ("M028", 7, 17, "a variable that no let defines"),
    ("M202", 7, 41, "an argument the transform does not have"),
    ("M308", 10, 18, "a constant written as an expression"),
    ("M020", 12, 33, "a misspelt key of a rule"),
    ("M303", 13, 20, "a constant the field does not take"),
    ("M301", 16, 5, "a field of another name"),
    ("M201", 17, 48, "a misspelt transform"),
    ("M307", 23, 11, "a misspelt event name"),
    ("M025", 26, 43, "a rule with two sources"),
    ("M302", 27, 19, "a number where a list of objects is due"),
]


def test_every_mistake_is_reported_in_one_run_at_its_place() -> None:
    found = check_mapping(_FILE)
    assert [(one.code, one.span.line, one.span.column) for one in found] == [
        (code, line, column) for code, line, column, _ in _MISTAKES
    ]
