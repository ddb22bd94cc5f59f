"""Hands on the mapping's editor: real keys, and the text and the cursors after them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.playground.chromium import PlaygroundPage

# The view of CodeMirror, which the page keeps to itself: of a long text only the seen lines are drawn.
_VIEW = """
const root = document.querySelector("[data-pane=mapping] .editor").shadowRoot;
const view = root.querySelector(".cm-content").cmTile.view;
const state = view.state;
"""
_READ = f"""() => {{ {_VIEW}
  return [state.doc.toString(), state.selection.ranges.map(({{from, to}}) => [from, to])];
}}"""
_LINE = f"""() => {{ {_VIEW}
  const {{ head }} = state.selection.main;
  return state.sliceDoc(state.doc.lineAt(head).from, head);
}}"""
_PUT = f"""([text, ranges]) => {{ {_VIEW}
  view.dispatch({{changes: {{from: 0, to: state.doc.length, insert: text}}}});
  const one = state.selection.main.constructor;
  const made = state.selection.constructor;
  view.dispatch({{selection: made.create(ranges.map(([from, to]) => made.range(from, to)))}});
  view.focus();
}}"""
CURSOR, START, END = "▮", "⟦", "⟧"


@dataclass(frozen=True, slots=True)
class Hands:
    """Keys for the editor of a page."""

    page: PlaygroundPage

    def put(self, marked: str) -> None:
        """Makes a text the one that is edited, with its cursors, or one at its end."""
        text, ranges = _unmarked(marked)
        self.page.page.evaluate(_PUT, [text, ranges])

    def marked(self) -> str:
        """The text with its cursors."""
        text, ranges = self.page.page.evaluate(_READ)
        for start, end in sorted(ranges, reverse=True):
            inner = CURSOR if start == end else f"{START}{text[start:end]}{END}"
            text = text[:start] + inner + text[end:]
        return str(text)

    @property
    def text(self) -> str:
        """The text that is edited."""
        return str(self.page.page.evaluate(_READ)[0])

    def line_before_cursor(self) -> str:
        """The beginning of the line that the cursor is in, up to it."""
        return str(self.page.page.evaluate(_LINE))

    def press(self, key: str) -> None:
        """Presses one key, or types a text without a pause."""
        if key.strip() == key and (key[0].isupper() or "+" in key) and " " not in key:
            self.page.page.keyboard.press(key)
        else:
            self.page.page.keyboard.type(key)

    def paste(self, clip: str) -> None:
        """Pastes a text, as from another program."""
        self.page.page.evaluate("(clip) => navigator.clipboard.writeText(clip)", clip)
        self.page.page.keyboard.press("Control+v")


def _unmarked(marked: str) -> tuple[str, list[list[int]]]:
    text, ranges = "", []
    for letter in marked:
        if letter == CURSOR:
            ranges.append([len(text), len(text)])
        elif letter == START:
            ranges.append([len(text), -1])
        elif letter == END:
            ranges[-1][1] = len(text)
        else:
            text += letter
    return text, ranges or [[len(text), len(text)]]
