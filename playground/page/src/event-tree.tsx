/** The event as a tree: grey where nothing reads it. */
import { useEffect, useRef } from "preact/hooks";
import { EventEditor } from "./event-editor";
import { Icon } from "./icons";
import { toggled } from "./payload-tree";
import { allRows, type Pointed } from "./pointing";
import type { EventNode } from "./protocol";
import type { Session } from "./session";
import { ShownValue } from "./shown";
import { plural, type State } from "./state";
import { Tree, visible, type TreeRow } from "./tree";

interface EventProps { state: State; session: Session; pointed: Pointed; copy: (text: string) => void }

const closedKey = (path: string): string => `event:${path}`;

export function EventTree({ state, session, pointed, copy }: EventProps) {
  const nodes = partsOf(state.view?.event ?? []);
  const used = usedParts(nodes);
  const shown = visible(nodes, (node) => state.collapsed.has(closedKey(node.path)));
  const selected = state.held?.kind === "event" ? state.held.path : null;
  const rows = shown.map((node): TreeRow => ({
    id: node.path, depth: node.depth, parent: node.kind !== "leaf", open: !state.collapsed.has(closedKey(node.path)),
    label: spoken(node, used.has(node.path)),
    className: [`is-${node.kind}`, used.has(node.path) ? "" : "is-unread", pointed.parts.has(node.path) ? "is-lit" : "", node.path === selected ? "is-held" : ""].join(" "),
    content: (
      <>
        <span class="key" title={node.key}>{node.key}</span>
        {node.shown ? (node.kind === "leaf" ? <ShownValue shown={node.shown} copy={copy} /> : <span class="value value-count">{node.shown.text}</span>) : null}
        {node.feeds.length && node.kind === "leaf" ? <span class="feeds" title={node.feeds.map(pathOf).join("\n")}>{feedsOf(node)}</span> : null}
      </>
    ),
  }));
  return (
    <Tree label="Event" rows={rows} selected={selected} onSelect={(path) => session.hold({ kind: "event", path })}
      onOpen={(path) => openFirst(nodes.find((node) => node.path === path), session)}
      onToggle={(path) => session.change({ collapsed: toggled(state.collapsed, closedKey(path)) })}
      onHover={(path) => session.hover(path === null ? null : { kind: "event", path })} />
  );
}

/** All parts but the event itself. */
function partsOf(nodes: EventNode[]): EventNode[] {
  return nodes[0]?.depth === 0 && nodes[0].key === "" ? nodes.slice(1).map((node) => ({ ...node, depth: node.depth - 1 })) : nodes;
}

/** The path of a node of the payload, without the number of the outcome. */
const pathOf = (id: string): string => id.replace(/^\d+:/, "");

function feedsOf(node: EventNode): string {
  const first = pathOf(node.feeds[0] ?? "");
  const more = node.feeds.length - 1;
  return more ? `${first} +${more}` : first;
}

function openFirst(node: EventNode | undefined, session: Session): void {
  const { view } = session.state;
  const row = view && allRows(view).find((one) => one.id === node?.feeds[0]);
  if (row?.rule) session.goTo(row.rule);
}

/** The parts that something reads, and all parts around these. */
function usedParts(nodes: EventNode[]): Set<string> {
  const used = new Set<string>();
  const around: EventNode[] = [];
  for (const node of nodes) {
    while (around.length && (around.at(-1)?.depth ?? 0) >= node.depth) around.pop();
    if (node.feeds.length || node.asked) for (const one of [...around, node]) used.add(one.path);
    around.push(node);
  }
  return used;
}

function spoken(node: EventNode, used: boolean): string {
  const feeds = node.feeds.map(pathOf).join(", ");
  const use = feeds ? `feeds ${feeds}` : node.asked ? "read by a decision" : used ? "" : "not read";
  return [`${node.key}: ${node.shown?.text ?? ""}`, use].filter(Boolean).join(", ");
}

/** The event as JSON: what may be shown of it, or its text, where personal values are shown or its owner edits it. */
export function EventText({ state, session }: { state: State; session: Session }) {
  if (state.reveal || state.editsEvent) return <EventTextEditor state={state} session={session} />;
  return (
    <div class="pane-scroll">
      <p class="panel-head"><span class="event-masked">{state.live?.unreadable ? "The text cannot be read as an event." : "Personal values are masked."}</span>
        <button type="button" class="button small is-plain" onClick={() => session.editEvent()}><Icon name="edit" />Edit, with all values</button></p>
      <pre class="event-json" tabIndex={0} aria-label="Event, masked"><code>{state.live?.event ?? ""}</code></pre>
    </div>
  );
}

function EventTextEditor({ state, session }: { state: State; session: Session }) {
  const host = useRef<HTMLDivElement>(null);
  const editor = useRef<EventEditor | null>(null);
  useEffect(() => { if (host.current && !editor.current) editor.current = new EventEditor(host.current, session); }, []);
  useEffect(() => {
    editor.current?.show(state.live);
    if (!state.selectEvent) return;
    editor.current?.selectAll();
    session.change({ selectEvent: false });
  });
  return <div class="editor" ref={host} />;
}

export function unreadCount(nodes: EventNode[]): string {
  const leaves = nodes.filter((node) => node.kind === "leaf");
  const unread = leaves.filter((node) => !node.feeds.length && !node.asked).length;
  return unread ? `${unread} of ${plural(leaves.length, "value")} not read` : "";
}
