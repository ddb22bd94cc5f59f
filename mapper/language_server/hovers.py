"""A part at an offset of a text -> Markdown: its meaning, type, steps, and its value for the sample.

`Analysis.at` finds these facts: in `mapper/compiler/explain/hover.py`, and for the meaning of a key in
`mapper/compiler/editor/lookup.py`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from mapper.authoring import Hover, Json
from mapper.language_server.sample_event import SampleRun
from mapper.masking import mask
from mapper.texts.markdown import code

_UNKNOWN = "unknown"
_LONGEST_VALUE = 200


def hover_markdown(
    found: Hover, run: SampleRun | None, others: Iterable[tuple[Hover, SampleRun]] = ()
) -> str:
    """The facts of a part of a mapping; "" if there are none. run: of the sample whose value is shown.

    others: the same of other samples.
    """
    more = (line for one, of in others for line in _value(one, of))
    return "\n\n".join((*_head(found), *_steps(found), *_value(found, run), *more))


def _head(found: Hover) -> Iterator[str]:
    type = f": {found.type}" if found.type not in ("", _UNKNOWN) else ""
    if type and found.kind != "key":
        yield f"{code(found.text)}{type}"
    if found.path:
        name = "variable" if found.path.startswith("$") else "field"
        yield f"{name} {code(found.path)}" + type * (found.kind == "key")
    if found.overrides:
        yield f"overrides {', '.join(code(f'{one.text.name}:{one.line}') for one in found.overrides)}"
    if found.meaning:
        yield found.meaning


def _steps(found: Hover) -> Iterator[str]:
    if found.steps:
        rows = [
            f"{at}. {code(one.text)}{' (inserted)' * one.inserted}" for at, one in enumerate(found.steps, 1)
        ]
        yield "\n".join(("Steps:", "", *rows))


def _value(found: Hover, run: SampleRun | None) -> Iterator[str]:
    if not found.is_known or run is None:
        return
    value = "no value"
    if found.value is not None:
        value = code(value_text(mask(found.value) if found.personal else run.hide(found.value)))
    why = f" ({found.why})" if found.why else ""
    yield f"For the sample {code(run.sample.name)}: {value}{why}"


def value_text(value: Json, longest: int = _LONGEST_VALUE) -> str:
    """A value in one line, as JSON; a long one is cut."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
