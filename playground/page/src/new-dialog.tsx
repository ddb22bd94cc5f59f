/** Events that are pasted or chosen, and the mapping that is drafted from them. */
import { useEffect, useRef, useState } from "preact/hooks";
import { Refused, saidOf } from "./client";
import { Dialog, type DialogProps } from "./dialog";
import { Icon } from "./icons";
import { Said } from "./nodes";
import { LARGEST_FILE } from "./samples";

const NAME = "my-shop";

export function NewDialog({ state, session }: DialogProps) {
  const [text, setText] = useState(state.pasted);
  const [name, setName] = useState(NAME);
  const [failed, setFailed] = useState("");
  const [busy, setBusy] = useState(false);
  const field = useRef<HTMLTextAreaElement>(null);
  const file = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);
  const draft = (named: string, events: string, of = "") => session.attempt(async () => {
    setFailed("");
    setBusy(true);
    try {
      session.drafted(await session.asking.ask("draft", { name: named.trim() || NAME, text: events, file: of }));
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      setFailed(saidOf(error));
    } finally {
      setBusy(false);
    }
  });
  const read = async (one: File) => {
    if (one.size > LARGEST_FILE) return setFailed(`${one.name} is larger than 8 MiB. Choose a part of it.`);
    await draft(name === NAME ? one.name.replace(/\..*$/, "") : name, await one.text(), one.name);
  };
  return (
    <Dialog title="New mapping from your events" session={session} wide>
      <p>Paste events of your source. A mapping is drafted from their names and values; it marks what only you can decide.</p>
      <form onSubmit={(event) => { event.preventDefault(); void draft(name, text); }}>
        <label class="labelled">Events: JSON, one event a line, a list of events, or CSV with a heading
          <textarea ref={field} class="field is-code is-tall" rows={12} spellcheck={false} value={text} onInput={(event) => setText(event.currentTarget.value)} /></label>
        {failed ? <p class="notice is-error" role="alert"><Icon name="error" /><Said text={failed} /></p> : null}
        <label class="labelled">Name of the mapping<input class="field" value={name} maxLength={48} onInput={(event) => setName(event.currentTarget.value)} /></label>
        <div class="dialog-foot">
          <button type="button" class="button is-plain" onClick={() => file.current?.click()}>Choose a file</button>
          <input ref={file} type="file" class="unseen" tabIndex={-1} aria-label="A file with events of your source" accept=".json,.ndjson,.jsonl,.csv,.har"
            onChange={(event) => { const one = event.currentTarget.files?.[0]; if (one) void read(one); event.currentTarget.value = ""; }} />
          <button type="submit" class="button" disabled={busy || !text.trim()}>{busy ? "Drafting" : "Draft the mapping"}</button>
        </div>
        {state.saved || state.read === null ? null : <p class="quiet-text">{state.mapping.name} has changes that are not saved. Save it first to keep them in its file.</p>}
      </form>
    </Dialog>
  );
}
