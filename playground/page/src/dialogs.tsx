/** The page's dialogues, of which one is open at a time. */
import { useEffect, useState } from "preact/hooks";
import { Dialog, type DialogProps } from "./dialog";
import { FixesDialog } from "./fixes-dialog";
import { forget, kept } from "./history";
import { KEYS } from "./keys";
import { GoToDialog } from "./go-to-dialog";
import { markdown } from "./markdown-dom";
import { NewDialog } from "./new-dialog";
import { Nodes, Said } from "./nodes";
import type { Answers, Example } from "./protocol";
import { ShareDialog } from "./sharing-dialog";
import { plural } from "./state";

export function Dialogs(props: DialogProps) {
  switch (props.state.dialog) {
    case "share": return <ShareDialog {...props} />;
    case "history": return <HistoryDialog {...props} />;
    case "keys": return <KeysDialog {...props} />;
    case "code": return <CodeDialog {...props} />;
    case "pin": return <PinDialog {...props} />;
    case "file": return <FileDialog {...props} />;
    case "examples": return <ExamplesDialog {...props} />;
    case "conflict": return <ConflictDialog {...props} />;
    case "fixes": return <FixesDialog {...props} />;
    case "goto": return <GoToDialog {...props} />;
    case "new": return <NewDialog {...props} />;
    default: return null;
  }
}

function KeysDialog({ session }: DialogProps) {
  return (
    <Dialog title="Keys" session={session}>
      <dl class="key-list" tabIndex={0} aria-label="Keys">{KEYS.map(([key, does]) => <div key={key}><dt>{key.split(", ").map((one) => <kbd key={one}>{one}</kbd>)}</dt><dd>{does}</dd></div>)}</dl>
    </Dialog>
  );
}

function CodeDialog({ state, session }: DialogProps) {
  const [explained, setExplained] = useState<Answers["code"] | null>(null);
  const [failed, setFailed] = useState("");
  useEffect(() => {
    session.asking.ask("code", { code: state.code }).then(setExplained, (error: Error) => setFailed(error.message));
  }, [state.code]);
  return (
    <Dialog title={explained ? `${explained.code}: ${explained.title}` : state.code} session={session} wide>
      {explained ? <Nodes block of={() => markdown(explained.markdown)} by={explained.markdown} /> : <p class="empty"><Said text={failed || "Loading."} /></p>}
    </Dialog>
  );
}

/** The lines around a place of a text that the mapping extends. */
function FileDialog({ state, session }: DialogProps) {
  const shown = state.shown;
  if (!shown) return null;
  const { place, text } = shown;
  const lines = text.split("\n");
  const last = place.line - 1 + text.slice(place.from, place.to).split("\n").length;
  const first = Math.max(0, place.line - 1 - AROUND);
  return (
    <Dialog title={`${place.file}, line ${place.line}`} session={session} wide>
      <pre class="source-lines" tabIndex={0}>
        {lines.slice(first, last + AROUND).map((line, index) => {
          const at = first + index;
          return <div key={at} class={at >= place.line - 1 && at < last ? "is-lit" : ""}><span class="line-number">{at + 1}</span>{line || " "}</div>;
        })}
      </pre>
      <p class="quiet-text">The mapping extends this file. {state.start?.files?.includes(place.file) ? <button type="button" class="link" onClick={() => void session.open(place.file)}>Open it</button> : null}</p>
    </Dialog>
  );
}

const AROUND = 12;

/** Both texts of a file that has changed since it was opened. */
function ConflictDialog({ state, session }: DialogProps) {
  const { conflict, mapping } = state;
  if (!conflict) return null;
  const words = { both: "", file: "in the file: ", page: "on this page: " };
  const looks = { both: "", file: "is-removed", page: "is-added" };
  return (
    <Dialog title={`${mapping.name} has changed since it was opened`} session={session} wide>
      <p>Another program has changed the file. Lines with − are in the file, lines with + on this page.</p>
      <pre class="source-lines" tabIndex={0}>
        {conflict.rows.map((row, index) => ("left_out" in row
          ? <div key={index} class="lines-left-out">{plural(row.left_out, "line")} that both have</div>
          : <div key={index} class={`diff-line ${looks[row.of]}`}><span class="unseen">{words[row.of]}</span><span class="line-number">{row.number}</span>{row.text || " "}</div>))}
      </pre>
      <div class="dialog-foot">
        <button type="button" class="button is-plain" onClick={() => void session.open(mapping.name)}>Open the file, and leave this text in the local history</button>
        <button type="button" class="button" onClick={() => void session.save(conflict.read)}>Replace the file by this text</button>
      </div>
    </Dialog>
  );
}

function PinDialog({ state, session }: DialogProps) {
  const sample = state.samples[state.chosen];
  const [name, setName] = useState(sample?.name ?? "");
  const pin = () => session.attempt(async () => {
    const found = await session.asking.ask("pin", { ...session.questionOfChosen, name: name.trim() || (sample?.name ?? "sample") });
    session.showDialog(null);
    session.editor?.apply(found.edit.filter((edit) => edit.file === state.mapping.name));
    session.notify("The test was added to the mapping.");
    session.change({ strip: "tests", stripOpen: true });
  });
  return (
    <Dialog title="Pin as a test" session={session}>
      <p>This adds the sample and what it sends now to <code>tests</code> in the mapping, so that a later change that breaks it is reported. {state.reveal ? "Personal values are written as they are." : "Personal values are replaced by invented ones of the same kind."}</p>
      <form onSubmit={(event) => { event.preventDefault(); void pin(); }}>
        <label class="labelled">Name of the test<input class="field" value={name} maxLength={200} onInput={(event) => setName(event.currentTarget.value)} /></label>
        <div class="dialog-foot"><button type="submit" class="button">Add the test</button></div>
      </form>
    </Dialog>
  );
}

function HistoryDialog({ session }: DialogProps) {
  const [list, setList] = useState(kept());
  return (
    <Dialog title="Local history" session={session}>
      <p class="quiet-text">The last 20 mappings that you edited, in this browser only. Personal values of samples are kept as invented ones.</p>
      {list.length ? (
        <ul class="picks">
          {list.map((one) => (
            <li key={one.at}><button type="button" class="pick" onClick={() => void session.recall(one)}>
              <strong>{one.title}</strong><span>{new Date(one.at).toLocaleString()}</span></button></li>
          ))}
        </ul>
      ) : <p class="empty">Nothing yet. A mapping is kept here when you change it.</p>}
      <div class="dialog-foot"><button type="button" class="button is-plain" disabled={!list.length} onClick={() => { forget(); setList([]); }}>Clear the history</button></div>
    </Dialog>
  );
}

function ExamplesDialog({ state, session }: DialogProps) {
  const { start } = state;
  const examples = start?.examples ?? [];
  const group = (kind: Example["kind"]) => examples.filter((one) => one.kind === kind);
  const list = (rows: Example[]) => (
    <ul class="picks">
      {rows.map((one) => (
        <li key={one.name}><button type="button" class={`pick ${state.example === one.name ? "is-chosen" : ""}`} onClick={() => void session.example(one.name)}><strong>{one.title}</strong><span><Said text={one.about} /></span></button></li>
      ))}
    </ul>
  );
  return (
    <Dialog title="Open" session={session} wide>
      <ul class="picks"><li><button type="button" class="pick" onClick={() => session.newMapping()}><strong>New mapping from your events</strong><span>Paste or choose events; a mapping of them is drafted.</span></button></li></ul>
      {start?.files?.length ? (
        <section><h3>{start.folder ?? "Your folder"}<small>{plural(start.files.length, "mapping")}</small></h3>
          <ul class="picks">{start.files.map((path) => <li key={path}><button type="button" class="pick" onClick={() => void session.open(path)}><strong>{path}</strong></button></li>)}</ul></section>
      ) : null}
      {group("tutorial").length ? <section><h3>Tutorials</h3>{list(group("tutorial"))}</section> : null}
      <section><h3>Examples</h3>{list(group("example"))}</section>
    </Dialog>
  );
}
