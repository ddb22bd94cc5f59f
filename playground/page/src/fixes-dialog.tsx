/** The fixes that there are for a problem or for many, with the lines that each of them changes. */
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { Dialog, type DialogProps } from "./dialog";
import { changedLines } from "./fixes";
import { Said } from "./nodes";
import { plural } from "./state";

const MOST = 40;

export function FixesDialog({ state, session }: DialogProps) {
  const [at, setAt] = useState(0);
  const list = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => list.current?.querySelector("input")?.focus(), []);
  const choice = state.fixes[at];
  if (!choice) return null;
  const rows = changedLines(state.mapping.text, choice.edits);
  return (
    <Dialog title={choice.count > 1 ? "Fix several problems" : "Fix"} session={session} wide>
      <form onSubmit={(event) => { event.preventDefault(); session.fixTogether(choice); }}>
        <div class="fix-choices" ref={list} role="radiogroup" aria-label="Fixes">
          {state.fixes.map((one, index) => (
            <label key={index}><input type="radio" name="fix" checked={index === at} onChange={() => setAt(index)} /><Said text={one.title} /></label>
          ))}
        </div>
        <pre class="source-lines" tabIndex={0} aria-label="Preview">
          {rows.slice(0, MOST).map((row) => [
            ...row.before.map((line, index) => <div key={`-${row.line + index}`} class="diff-line is-removed"><span class="unseen">now: </span><span class="line-number">{row.line + index}</span>{line || " "}</div>),
            ...row.after.map((line, index) => <div key={`+${row.line + index}`} class="diff-line is-added"><span class="unseen">fixed: </span><span class="line-number">{row.line + index}</span>{line || " "}</div>),
          ])}
          {rows.length > MOST ? <div class="lines-left-out">{plural(rows.length - MOST, "more place")}</div> : null}
        </pre>
        <div class="dialog-foot"><button type="submit" class="button">{choice.count > 1 ? `Fix ${choice.count} problems` : "Fix"}</button></div>
      </form>
    </Dialog>
  );
}
