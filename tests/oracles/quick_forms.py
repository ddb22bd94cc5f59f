"""The quick forms beside their steps, for the tests of both."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from mapper.runtime.known_forms import NOTING, QUICK, QUICK_LISTS, QuickForm, Surprise
from mapper.runtime.limits import absent
from mapper.transforms import TRANSFORMS
from mapper.values.types import Invalid

_CASES = Path(__file__).parents[1] / "cases"
FORMS = {form.__name__: (steps, form, False) for steps, form in QUICK.items()} | {
    form.__name__: (steps, form, True) for steps, form in QUICK_LISTS.items()
}
# Values that a form could be mistaken about, one a line.
ODD = [json.loads(row) for row in (_CASES / "quick_forms.ndjson").read_text("utf-8").splitlines()]


def hold(form: QuickForm, value: Any) -> None:
    """Assert that a form gives what its steps give: the same value, notes and refusal.

    A list of which it refuses an element may surprise it.
    """
    steps, _, is_list = FORMS[form.__name__]
    said: list[str] = []
    quick: list[str] = []
    more = (quick,) if form in NOTING else ()
    expected = _outcome(lambda: _by_steps(steps, value, is_list, said), said)
    made = _outcome(lambda: form(value, *more), quick)
    if made != "a surprise" or type(value) is not list or not expected.startswith("invalid"):
        assert made == expected, (form.__name__, value)


def _by_steps(steps: tuple[str, ...], value: Any, is_list: bool, note_texts: list[str]) -> Any:
    """What the careful form makes of a value."""
    if absent(value):
        return None
    if not is_list:
        return _through(steps, value, note_texts)
    elements = value if type(value) is list else [value]
    made = [_through(steps, one, note_texts) for one in elements if not absent(one)]
    made = [one for one in made if one is not None]
    return TRANSFORMS["unique"].function(made) if made else None


def _through(steps: tuple[str, ...], value: Any, note_texts: list[str]) -> Any:
    for step in steps:
        name, _, stated = step.removesuffix(")").partition("(")
        arguments: dict[str, Any] = dict([stated.split(": ")]) if stated else {}
        transform = TRANSFORMS[name]
        value = transform.function(
            value, **arguments, **({"note_texts": note_texts} if transform.noting else {})
        )
        if value is None:
            return None
    return value


def _outcome(work: Any, note_texts: list[str]) -> str:
    try:
        return f"{work()!r} {note_texts}"
    except Invalid as invalid:
        return f"invalid: {invalid.reason}"
    except Surprise:
        return "a surprise"
