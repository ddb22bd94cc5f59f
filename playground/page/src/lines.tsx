/** Curves from the pointed value to its rule, and from the rule to the parts of the event that it read. */
import { useLayoutEffect, useRef } from "preact/hooks";
import type { MappingEditor } from "./editor";
import type { Pointed } from "./pointing";

const MOST = 12;
/** How far the margin of a pane reaches in which a line turns, and how round it turns. */
const BAND = 11;
const TURN = 5;

export function Lines({ pointed, editor }: { pointed: Pointed; editor: MappingEditor | null }) {
  const svg = useRef<SVGSVGElement>(null);
  useLayoutEffect(() => {
    const draw = () => { if (svg.current) svg.current.replaceChildren(...curves(pointed, editor).map(path)); };
    const frame = requestAnimationFrame(draw);
    // Scrolling in the editor's shadow root is not seen from outside it.
    const inside = editor?.view.scrollDOM;
    inside?.addEventListener("scroll", draw);
    document.addEventListener("scroll", draw, true);
    window.addEventListener("resize", draw);
    return () => { cancelAnimationFrame(frame); inside?.removeEventListener("scroll", draw); document.removeEventListener("scroll", draw, true); window.removeEventListener("resize", draw); };
  }, [pointed, editor]);
  return <svg class="lines" ref={svg} aria-hidden="true" focusable="false" />;
}

function path(d: string): SVGPathElement {
  const made = document.createElementNS("http://www.w3.org/2000/svg", "path");
  made.setAttribute("d", d);
  return made;
}

/** From the end of the rule's line to the rows that it made, and from the gutter beside it to what it read. */
function curves(pointed: Pointed, editor: MappingEditor | null): string[] {
  const [rule] = pointed.marks.filter((mark) => mark.role === "rule");
  if (!editor || !rule || pointed.rules.length !== 1) return [];
  const line = editor.rectOf(endOfLine(editor, rule.from)) ?? editor.rectOf(rule.from);
  if (!line) return [];
  const frame = editor.view.scrollDOM.getBoundingClientRect();
  const y = line.top + line.height / 2;
  const made = rowsLit("payload").map((row) => bent(Math.min(line.left + 4, frame.right), y, row.left + BAND, row, 1));
  const read = rowsLit("event").map((row) => bent(frame.left + BAND, y, row.right - BAND, row, -1));
  return [...made, ...read].filter(Boolean).slice(0, MOST);
}

function endOfLine(editor: MappingEditor, offset: number): number {
  return editor.view.state.doc.lineAt(offset).to;
}

/** Where the lit rows of a pane are whose first line is in view. */
function rowsLit(pane: string): DOMRect[] {
  const body = document.querySelector(`[data-pane=${pane}] .pane-scroll`);
  if (!body || !body.getClientRects().length) return [];
  const frame = body.getBoundingClientRect();
  return [...body.querySelectorAll(".tree-row.is-lit:not(.is-object):not(.is-array) > .tree-line")].map((row) => row.getBoundingClientRect())
    .filter((rect) => endOf(rect) >= frame.top && endOf(rect) <= frame.bottom);
}

/** How far down a curve meets a row: in its first line. */
const endOf = (row: DOMRect): number => row.top + Math.min(row.height, 24) / 2;

/** Across between the panes, up or down in the margin of the other one, where no text is, and to its row. */
function bent(x: number, y: number, band: number, row: DOMRect, way: 1 | -1): string {
  if ((band - x) * way < TURN) return "";
  const end = endOf(row);
  const turn = Math.min(TURN, Math.abs(end - y) / 2) * Math.sign(end - y);
  const at = band - TURN * way;
  return `M${x} ${y}H${at - TURN * way}Q${at} ${y} ${at} ${y + turn}V${end - turn}Q${at} ${end} ${at + Math.abs(turn) * way} ${end}H${band}`;
}
