/** Curves from the pointed value to its rule, and from the rule to the parts of the event that it read. */
import { useLayoutEffect, useRef } from "preact/hooks";
import type { MappingEditor } from "./editor";
import type { Pointed } from "./pointing";

const MOST = 12;

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

function curves(pointed: Pointed, editor: MappingEditor | null): string[] {
  const [rule] = pointed.marks.filter((mark) => mark.role === "rule");
  if (!editor || !rule || pointed.rules.length !== 1) return [];
  const first = editor.rectOf(rule.from);
  if (!first) return [];
  const lastOfLine = editor.rectOf(Math.min(rule.to, endOfLine(editor, rule.from)));
  const edge = editor.view.scrollDOM.getBoundingClientRect().right - 16;
  const last = lastOfLine ?? first;
  const end = new DOMRect(Math.min(last.left, edge), last.top, 0, last.height);
  const found: string[] = [];
  for (const row of rowsLit("payload")) found.push(curve(end, row, "left"));
  for (const row of rowsLit("event")) found.push(curve(first, row, "right"));
  return found.filter(Boolean).slice(0, MOST);
}

function endOfLine(editor: MappingEditor, offset: number): number {
  return editor.view.state.doc.lineAt(offset).to;
}

/** Where the lit rows of a pane are, as far as they are in view. */
function rowsLit(pane: string): DOMRect[] {
  const body = document.querySelector(`[data-pane=${pane}] .pane-scroll`);
  if (!body || !body.getClientRects().length) return [];
  const frame = body.getBoundingClientRect();
  return [...body.querySelectorAll(".tree-row.is-lit:not(.is-object):not(.is-array) > .tree-line")].map((row) => row.getBoundingClientRect())
    .filter((rect) => rect.top >= frame.top - 4 && rect.bottom <= frame.bottom + 4);
}

function curve(from: DOMRect, row: DOMRect, side: "left" | "right"): string {
  const [y, end] = [from.top + from.height / 2, row.top + Math.min(row.height, 24) / 2];
  const x = side === "left" ? from.left + 4 : from.left - 2;
  const to = side === "left" ? row.left + 6 : row.right - 6;
  if (side === "left" ? to < x + 8 : to > x - 8) return "";
  const bend = (to - x) / 2;
  return `M${x} ${y}C${x + bend} ${y} ${to - bend} ${end} ${to} ${end}`;
}
