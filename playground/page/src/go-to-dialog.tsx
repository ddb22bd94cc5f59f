/** Where to go in the mapping: a line by its number, or a rule by a part of its path. */
import { useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { Dialog, type DialogProps } from "./dialog";
import { outline, rowsWith, type Row } from "./outline";

const MOST = 60;

export function GoToDialog({ state, session }: DialogProps) {
  const { name, text } = state.mapping;
  const [asked, setAsked] = useState("");
  const [chosen, setChosen] = useState(0);
  const field = useRef<HTMLInputElement>(null);
  const rows = useMemo(() => outline(text), [text]);
  const found = useMemo(() => placesOf(asked, rows, text).slice(0, MOST), [asked, rows]);
  useLayoutEffect(() => field.current?.focus(), []);
  const go = (row: Row | undefined) => {
    if (!row) return;
    session.showDialog(null);
    session.goTo({ file: name, from: row.from, to: row.to, line: row.line, column: 1 });
  };
  const walk = (event: KeyboardEvent) => {
    const by = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (!by || !found.length) return;
    event.preventDefault();
    const next = (chosen + by + found.length) % found.length;
    setChosen(next);
    document.getElementById(`go-to-${next}`)?.scrollIntoView({ block: "nearest" });
  };
  return (
    <Dialog title="Go to" session={session}>
      <form onSubmit={(event) => { event.preventDefault(); go(found[chosen]); }}>
        <label class="labelled">A line, or a part of a path
          <input ref={field} class="field" value={asked} role="combobox" aria-expanded="true" aria-controls="go-to-list" aria-autocomplete="list"
            aria-activedescendant={found.length ? `go-to-${chosen}` : undefined} autocomplete="off" spellcheck={false}
            onKeyDown={walk} onInput={(event) => { setAsked(event.currentTarget.value); setChosen(0); }} /></label>
        <ul class="go-to" id="go-to-list" role="listbox" aria-label="Places">
          {found.map((row, at) => (
            <li key={at} id={`go-to-${at}`} role="option" aria-selected={at === chosen} onClick={() => go(row)}><code>{row.path}</code><span>{row.value}</span><small>{row.line}</small></li>
          ))}
        </ul>
      </form>
    </Dialog>
  );
}

function placesOf(asked: string, rows: Row[], text: string): Row[] {
  const number = Number(asked.trim());
  if (!asked.trim() || !Number.isInteger(number)) return rowsWith(rows, asked);
  const lines = text.split("\n");
  const line = Math.min(Math.max(number, 1), lines.length);
  const from = lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0);
  return [{ path: `line ${line}`, line, from, to: from, value: (lines[line - 1] ?? "").trim() }];
}
