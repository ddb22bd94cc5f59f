/** The way of all samples: what the source calls them, the section that takes them, how they end, and as what or why. Each node filters the samples. */
import type { Ends } from "./protocol";
import { Empty, type StripProps } from "./panel";
import { endWord } from "./samples";
import { ALL, problemsOf, type Wanted } from "./state";

type End = Ends["samples"][number]["ends"][number];

/** What a column tells of an end, and the samples that a node of it asks for. */
interface Column { title: string; of: (end: End) => string; wanted: (end: End) => Partial<Wanted> }
const COLUMNS: Column[] = [
  { title: "Event", of: (end) => end.event, wanted: ({ event }) => ({ event }) },
  { title: "Section", of: (end) => end.section, wanted: ({ section }) => ({ section }) },
  { title: "Outcome", of: ({ end }) => endWord(end), wanted: ({ end }) => ({ end }) },
  { title: "Sent as, or why not", of: ({ end, name, reason }) => name || reason || endWord(end), wanted: ({ end, name, reason }) => ({ end, name, reason }) },
];
/** A row and what is above the first one, in pixels. */
const ROW = 28;
const WIDEST = 20;

interface Node { label: string; end: End; count: number }
type Drawn = Column & { nodes: Node[] };

export function Flow({ state, session }: StripProps) {
  const ends = state.ends?.samples.flatMap((one) => one.ends) ?? [];
  if (!ends.length) return <Empty>{problemsOf(state).some((one) => one.severity === "error") ? "The flow of the samples appears when the mapping has no errors." : state.samples.length ? "The samples are being run." : "No samples."}</Empty>;
  const columns = COLUMNS.slice(ends.some((end) => end.event) ? 0 : 1).map((column) => ({ ...column, nodes: nodesOf(ends, column.of) }));
  const height = ROW * Math.max(...columns.map((one) => one.nodes.length));
  const show = (wanted: Partial<Wanted>) => {
    session.change({ wanted: { ...ALL, ...wanted }, pane: "event" });
    requestAnimationFrame(() => document.querySelector<HTMLElement>(".sample-name")?.focus());
  };
  return (
    <div class={`flow of-${columns.length}`}>
      {columns.map((column, at) => {
        const { title, nodes, wanted } = column, before = columns[at - 1], after = columns[at + 1];
        return (
          <>
            {before ? <Bands from={before} to={column} ends={ends} height={height} /> : null}
            <div class="flow-column">
              <h3>{title}</h3>
              <ul>{nodes.map((node) => (
                <li key={node.label}>
                  <button type="button" class="flow-node" title={node.label} onClick={() => show(wanted(node.end))}>
                    {wanted(node.end).end ? <span class={`dot end-${node.end.end}`} /> : null}
                    <span class="flow-label">{node.label}</span> <span class="count">{node.count.toLocaleString("en")}</span> <span class="flow-next unseen">{after ? next(node, column, after, ends) : ""}</span>
                  </button>
                </li>
              ))}</ul>
            </div>
          </>
        );
      })}
    </div>
  );
}

/** The nodes of a column, the most frequent first. */
function nodesOf(ends: End[], of: (end: End) => string): Node[] {
  const nodes = new Map<string, Node>();
  for (const end of ends) {
    const label = of(end);
    const node = nodes.get(label) ?? { label, end, count: 0 };
    node.count++;
    nodes.set(label, node);
  }
  return [...nodes.values()].sort((one, other) => other.count - one.count);
}

/** Where a node leads, in words: where no bands are drawn, and for those who do not see them. */
function next(node: Node, { of }: Column, after: Column, ends: End[]): string {
  const to = nodesOf(ends.filter((end) => of(end) === node.label), after.of);
  return to.map((one) => `${one.count.toLocaleString("en")} ${one.label}`).join(", ");
}

function Bands({ from, to, ends, height }: { from: Drawn; to: Drawn; ends: End[]; height: number }) {
  const middle = (row: number) => row * ROW + ROW / 2;
  const counts = (one: Node, other: Node) => ends.filter((end) => from.of(end) === one.label && to.of(end) === other.label).length;
  return (
    <svg class="flow-bands" viewBox={`0 0 100 ${height}`} height={height} preserveAspectRatio="none" aria-hidden="true">
      {from.nodes.flatMap((one, row) => to.nodes.map((other, under) => {
        const count = counts(one, other);
        return count ? <path key={`${row} ${under}`} class={to.wanted(other.end).end ? `band-${other.end.end}` : ""} d={`M0 ${middle(row)}C50 ${middle(row)} 50 ${middle(under)} 100 ${middle(under)}`} stroke-width={Math.max(1.5, WIDEST * count / ends.length)} /> : null;
      }))}
    </svg>
  );
}
