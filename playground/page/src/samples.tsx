/** The sample events: each with its end, and what the pointed rule gives for it. */
import { useEffect, useRef, useState } from "preact/hooks";
import { Icon } from "./icons";
import { outputsOf, type Output, type Pointed } from "./pointing";
import type { Ends, Sample } from "./protocol";
import type { Session } from "./session";
import { sharedPage } from "./sharing";
import { ShownValue } from "./shown";
import { plural, type State } from "./state";

export const LARGEST_FILE = 8 * 1024 * 1024;

const WORDS: Record<string, string> = { sent: "sent", skipped: "skipped", rejected: "rejected", consent: "no consent" };
export const endWord = (end: string): string => WORDS[end] ?? end;

export function Samples({ state, session, pointed }: { state: State; session: Session; pointed: Pointed }) {
  const [renaming, setRenaming] = useState<number | null>(null);
  const file = useRef<HTMLInputElement>(null);
  const { samples, chosen, ends } = state;
  const outputs = outputsOf(pointed, ends);
  const list = useRef<HTMLUListElement>(null);
  useEffect(() => list.current?.querySelector(".is-chosen")?.scrollIntoView({ block: "nearest" }), [chosen, samples.length]);
  return (
    <section class="samples" aria-label="Samples">
      <ul class="sample-list" ref={list}>
        {samples.map((sample, index) => {
          const end = ends?.samples[index]?.ends[0];
          const given = outputs.get(index);
          return (
            <li key={index} class={`sample ${index === chosen ? "is-chosen" : ""} ${given ? "is-lit" : ""}`}>
              {renaming === index ? (
                <RenameField sample={sample} done={(name) => {
                  setRenaming(null);
                  if (name) session.change({ samples: samples.map((one, at) => (at === index ? { ...one, name } : one)) });
                }} />
              ) : (
                <button type="button" class="sample-name" aria-pressed={index === chosen} onClick={() => session.choose(index)} onDblClick={() => setRenaming(index)}>
                  <span class={`dot end-${end?.end ?? "none"}`} />
                  <span class="sample-title">{sample.name}</span>
                  {given ? <Given outputs={given} /> : <span class="sample-end">{end ? end.reason || (end.end === "sent" ? end.title : endWord(end.end)) : ""}</span>}
                </button>
              )}
              {index === chosen && renaming !== index ? (
                <span class="sample-actions">
                  <button type="button" class="icon-button small" aria-label={`Rename ${sample.name}`} onClick={() => setRenaming(index)}><Icon name="edit" /></button>
                  <button type="button" class="icon-button small" aria-label={`Remove ${sample.name}`} disabled={samples.length < 2}
                    onClick={() => session.setSamples(samples.filter((_, at) => at !== index), index ? index - 1 : 0)}><Icon name="close" /></button>
                </span>
              ) : null}
            </li>
          );
        })}
      </ul>
      <div class="sample-foot">
        <p class="totals">{ends ? totalsOf(ends.totals) : plural(samples.length, "sample")}</p>
        <button type="button" class="quiet" onClick={() => addSample(session)}><Icon name="plus" />Add</button>
        <button type="button" class="quiet" onClick={() => file.current?.click()} title="NDJSON, JSON or CSV; or drop a file on the page"><Icon name="file" />Open file</button>
        <input ref={file} type="file" class="unseen" tabIndex={-1} aria-label="A file with events" accept=".json,.ndjson,.jsonl,.csv,.yaml,.yml"
          onChange={(event) => { const one = event.currentTarget.files?.[0]; if (one) void readFile(one, session); event.currentTarget.value = ""; }} />
      </div>
    </section>
  );
}

function Given({ outputs }: { outputs: Output[] }) {
  const [first] = outputs;
  return (
    <span class="sample-given">
      {first ? <ShownValue shown={first.shown} /> : null}
      {outputs.length > 1 ? <span class="more">+{outputs.length - 1}</span> : null}
    </span>
  );
}

function RenameField({ sample, done }: { sample: Sample; done: (name: string) => void }) {
  const field = useRef<HTMLInputElement>(null);
  const name = useRef(sample.name);
  useEffect(() => field.current?.select(), []);
  return (
    <input class="field" aria-label="Name of the sample" defaultValue={sample.name} maxLength={200} ref={field}
      onInput={(event) => { name.current = event.currentTarget.value.trim(); }} onBlur={() => done(name.current)}
      onKeyDown={(event) => {
        if (event.key === "Escape") { event.stopPropagation(); name.current = ""; }
        if (event.key === "Enter" || event.key === "Escape") event.currentTarget.blur();
      }} />
  );
}

export function totalsOf(totals: Ends["totals"]): string {
  return totals.map(({ end, reason, count }) => `${count} ${endWord(end)}${reason && end !== "sent" ? `: ${reason}` : ""}`).join(" · ");
}

function addSample(session: Session): void {
  const { samples } = session.state;
  session.setSamples([...samples, { name: `event ${samples.length + 1}`, text: "{\n  \n}\n" }], samples.length);
  session.change({ eventView: "text", selectEvent: true });
}

/** A dropped file: a shared page is opened, a mapping is edited, and anything else is read as events. */
export async function readFile(file: File, session: Session): Promise<void> {
  if (file.size > LARGEST_FILE) return session.notify(`${file.name} is larger than 8 MiB. Drop a part of it.`);
  const text = await file.text();
  if (/\.ya?ml$/i.test(file.name)) {
    return session.opened({ mapping: { name: file.name, text }, files: session.state.files, samples: session.state.samples, title: file.name }, null);
  }
  const shared = sharedPage(text);
  if (shared) return session.opened({ ...shared, title: shared.mapping.name }, null);
  await session.attempt(async () => {
    const found = await session.asking.ask("read_samples", { name: file.name, text });
    const before = session.state.samples;  // after the answer: another file may have been read meanwhile
    if (found.samples.length) session.setSamples([...before, ...found.samples], before.length);
    const more = found.more ? ` ${found.more} more are not shown.` : "";
    session.notify([`${plural(found.samples.length, "event")} read from ${file.name}.${more}`, ...found.problems.slice(0, 3)].join(" "));
  });
}
