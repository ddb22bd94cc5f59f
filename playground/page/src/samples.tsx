/** The sample events: each with its end, and what the pointed rule gives for it. */
import { useEffect, useRef, useState } from "preact/hooks";
import { Icon } from "./icons";
import { plain } from "./markdown-dom";
import { Said } from "./nodes";
import { outputsOf, type Output, type Pointed } from "./pointing";
import type { Ends, Sample } from "./protocol";
import { MOST_SAMPLES, leftOutOf, unreadOf, type Session } from "./session";
import { sharedPage } from "./sharing";
import { ShownValue } from "./shown";
import { ALL, plural, type State } from "./state";
import { PARTS, countsOf, wantedSamples, type Part } from "./wanted";

export const LARGEST_FILE = 8 * 1024 * 1024;

const WORDS: Record<string, string> = { sent: "sent", skipped: "skipped", rejected: "rejected", consent: "no consent" };
export const endWord = (end: string): string => WORDS[end] ?? end;

export function Samples(props: SamplesProps) {
  const { state, session } = props;
  const file = useRef<HTMLInputElement>(null);
  const { samples, ends } = state;
  return (
    <section class="samples" aria-label="Samples">
      {samples.length > FEW || PARTS.some((of) => state.wanted[of]) ? <Filter state={state} session={session} /> : null}
      <SampleRows {...props} />
      {state.leftOut ? <p class="left-out" role="note">{state.leftOut}</p> : null}
      <div class="sample-foot">
        <p class="totals" title={ends ? plain(totalsOf(ends.totals)) : ""}><Said text={ends ? totalsOf(ends.totals, MOST_TOTALS) : plural(samples.length, "sample")} /></p>
        <button type="button" class="quiet" onClick={() => addSample(session)}><Icon name="plus" />Add</button>
        <button type="button" class="quiet" onClick={() => file.current?.click()} title="NDJSON, JSON or CSV; or drop a file on the page"><Icon name="file" />Open file</button>
        <input ref={file} type="file" class="unseen" tabIndex={-1} aria-label="A file with events" accept=".json,.ndjson,.jsonl,.csv,.har,.yaml,.yml"
          onChange={(event) => { const one = event.currentTarget.files?.[0]; if (one) void readFile(one, session); event.currentTarget.value = ""; }} />
      </div>
    </section>
  );
}

interface SamplesProps { state: State; session: Session; pointed: Pointed }

/** So many are seen without a search. */
const FEW = 12;
const MOST_TOTALS = 4;
const ROW = 24;
const BEYOND = 8;
/** Before it is drawn. */
const HEIGHT = 120;

function Filter({ state, session }: { state: State; session: Session }) {
  const { wanted, ends, samples } = state;
  // Of what is so now: two changes may come before the page is drawn again.
  const change = (changes: Partial<Wanted>) => session.change({ wanted: { ...session.state.wanted, ...changes } });
  const count = wantedSamples(state).length;
  return (
    <div class="sample-filter" role="search">
      <input type="search" class="field" placeholder="Search samples" aria-label="Search samples" value={wanted.text} onInput={(event) => change({ text: event.currentTarget.value })} />
      {PARTS.map((of) => (of === "end" || of === "name" || wanted[of] ? <Choice key={of} of={of} all={EVERY[of]} ends={ends} wanted={wanted} change={change} /> : null))}
      <span class="sample-count" role="status">{count.toLocaleString("en")} of {samples.length.toLocaleString("en")}</span>
    </div>
  );
}

type Wanted = State["wanted"];

/** The last two are there once the flow has chosen one of them. */
const EVERY: Record<Part, string> = { end: "All outcomes", name: "All events", section: "All sections", reason: "All reasons", event: "All names in the source" };

function Choice({ of, all, ends, wanted, change }: { of: Part; all: string; ends: Ends | null; wanted: Wanted; change: (changes: Partial<Wanted>) => void }) {
  return (
    <select class="field" aria-label={all} value={wanted[of]} onChange={(event) => change({ [of]: event.currentTarget.value })}>
      <option value="">{all}</option>
      {countsOf(ends, of).map(([one, number]) => <option key={one} value={one}>{of === "end" ? endWord(one) : one} ({number.toLocaleString("en")})</option>)}
    </select>
  );
}

/** The rows in view alone: two thousand are as quick as ten. */
function SampleRows({ state, session, pointed }: SamplesProps) {
  const [renaming, setRenaming] = useState<number | null>(null);
  const [top, setTop] = useState(0);
  const { samples, chosen, ends } = state;
  const rows = wantedSamples(state);
  const outputs = outputsOf(pointed, ends);
  const list = useRef<HTMLUListElement>(null);
  useEffect(() => {
    const shown = list.current;
    const at = rows.indexOf(chosen) * ROW;
    if (!shown || at < 0) return;
    if (at < shown.scrollTop) shown.scrollTop = at;
    else if (at + 2 * ROW > shown.scrollTop + shown.clientHeight) shown.scrollTop = at + 2 * ROW - shown.clientHeight;
  }, [chosen, rows]);
  const first = Math.max(0, Math.min(Math.floor(top / ROW), rows.length) - BEYOND);
  const last = Math.min(rows.length, Math.ceil((top + (list.current?.clientHeight || HEIGHT)) / ROW) + BEYOND);
  const gap = (count: number) => (count > 0 ? <li role="presentation" style={{ height: `${count * ROW}px` }} /> : null);
  return (
    <ul class="sample-list" ref={list} onScroll={(event) => setTop(event.currentTarget.scrollTop)}>
      {gap(first)}
      {rows.slice(first, last).map((index, at) => {
        const sample = samples[index];
        if (!sample) return null;
        const end = ends?.samples[index]?.ends[0];
        const given = outputs.get(index);
        return (
          <li key={index} class={`sample ${index === chosen ? "is-chosen" : ""} ${given ? "is-lit" : ""}`} aria-setsize={rows.length} aria-posinset={first + at + 1}>
            {renaming === index ? (
              <RenameField sample={sample} done={(name) => {
                setRenaming(null);
                if (name) session.change({ samples: samples.map((one, number) => (number === index ? { ...one, name } : one)) });
              }} />
            ) : (
              <button type="button" class="sample-name" aria-pressed={index === chosen} title={plain([sample.name, endOf(end)].filter(Boolean).join(": "))} onClick={() => session.choose(index)} onDblClick={() => setRenaming(index)}>
                <span class={`dot end-${end?.end ?? "none"}`} />
                <span class="sample-title">{sample.name}</span>
                {given ? <Given outputs={given} /> : <span class="sample-end"><Said text={endOf(end)} /></span>}
              </button>
            )}
            {index === chosen && renaming !== index ? (
              <span class="sample-actions">
                <button type="button" class="icon-button small" aria-label={`Rename ${sample.name}`} onClick={() => setRenaming(index)}><Icon name="edit" /></button>
                <button type="button" class="icon-button small" aria-label={`Remove ${sample.name}`} disabled={samples.length < 2}
                  onClick={() => session.setSamples(samples.filter((_, number) => number !== index), index ? index - 1 : 0)}><Icon name="close" /></button>
              </span>
            ) : null}
          </li>
        );
      })}
      {gap(rows.length - last)}
    </ul>
  );
}

function endOf(end: Ends["samples"][number]["ends"][number] | undefined): string {
  return end ? end.reason || (end.end === "sent" ? end.title : endWord(end.end)) : "";
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

/** most: how many are named; the others are counted. */
export function totalsOf(totals: Ends["totals"], most = Infinity): string {
  const named = totals.slice(0, most).map(({ end, reason, count }) => `${count.toLocaleString("en")} ${endWord(end)}${reason && end !== "sent" ? `: ${reason}` : ""}`);
  return [...named, totals.length > most ? `${totals.length - most} more` : ""].filter(Boolean).join(" · ");
}

function addSample(session: Session): void {
  const { samples } = session.state;
  session.setSamples([...samples, { name: `event ${samples.length + 1}`, text: "{\n  \n}\n" }], samples.length);
  session.editEvent({ selectEvent: true });
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
    const taken = found.samples.slice(0, MOST_SAMPLES - before.length);
    if (taken.length) session.setSamples([...before, ...taken], before.length);
    session.change({ wanted: ALL, ...unreadOf(found.problems, leftOutOf(found.more + found.samples.length - taken.length, file.name)) });
    session.notify(`${plural(taken.length, "event")} read from ${file.name}.`);
  });
}
