/** The lines between panes, which are moved by the mouse and by the arrow keys. Sizes are kept in this browser. */
import { useEffect, useRef, useState } from "preact/hooks";
import { store, stored } from "./stored";

export type Sized = "event" | "payload" | "strip";

/** Of a pane: its name, the edge that is moved, and how much of the page it may take, in percent. */
const SIZED: Record<Sized, { name: string; edge: "left" | "right" | "top"; least: number; most: number }> = {
  event: { name: "Width of the event", edge: "right", least: 20, most: 35 },
  payload: { name: "Width of the payload", edge: "left", least: 20, most: 50 },
  strip: { name: "Height of the details", edge: "top", least: 10, most: 60 },
};
const STEP = 2;

type Sizes = Partial<Record<Sized, number>>;

/** As chosen in an earlier visit. */
export function applySizes(): void {
  for (const [pane, percent] of Object.entries(storedSizes())) apply(pane as Sized, percent);
}

function storedSizes(): Sizes {
  try {
    const found = JSON.parse(stored("sizes") || "{}") as Record<string, unknown>;
    const known = Object.entries(found).filter(([pane, percent]) => pane in SIZED && typeof percent === "number");
    return Object.fromEntries(known.map(([pane, percent]) => [pane, within(pane as Sized, percent as number)]));
  } catch { return {}; }
}

function keep(pane: Sized, percent: number | null): void {
  const { [pane]: _, ...others } = storedSizes();
  store("sizes", JSON.stringify(percent === null ? others : { ...others, [pane]: percent }));
}

function within(pane: Sized, percent: number): number {
  const { least, most } = SIZED[pane];
  return Math.round(Math.max(least, Math.min(most, percent)) * 10) / 10;
}

/** null: as the page is without a choice. */
function apply(pane: Sized, percent: number | null): void {
  const { style } = document.documentElement;
  if (percent === null) style.removeProperty(`--${pane}-size`);
  else style.setProperty(`--${pane}-size`, `${percent}${pane === "strip" ? "vh" : "%"}`);
  window.dispatchEvent(new Event("resize"));
}

export function Divider({ pane }: { pane: Sized }) {
  const { name, edge, least, most } = SIZED[pane];
  const line = useRef<HTMLDivElement>(null);
  const [now, setNow] = useState(least);
  const isRow = edge === "top";
  const measure = () => {
    const sized = line.current?.parentElement?.getBoundingClientRect();
    const around = line.current?.closest(".panes")?.clientWidth ?? window.innerWidth;
    const percent = sized ? (isRow ? sized.height / window.innerHeight : sized.width / around) * 100 : least;
    setNow(Math.round(percent));
    return percent;
  };
  useEffect(() => {
    const seen = new ResizeObserver(measure);
    for (const one of [line.current?.closest(".pane"), document.documentElement]) if (one) seen.observe(one);
    return () => seen.disconnect();
  }, []);
  const set = (percent: number | null) => {
    const size = percent === null ? null : within(pane, percent);
    apply(pane, size);
    keep(pane, size);
  };
  const drag = (event: PointerEvent) => {
    if (!line.current?.hasPointerCapture(event.pointerId)) return;
    const frame = line.current.closest(".panes")?.getBoundingClientRect();
    if (isRow) set(((window.innerHeight - event.clientY) / window.innerHeight) * 100);
    else if (frame) set(((edge === "left" ? frame.right - event.clientX : event.clientX - frame.left) / frame.width) * 100);
  };
  const pressed = (event: KeyboardEvent) => {
    const more = isRow ? "ArrowUp" : edge === "left" ? "ArrowLeft" : "ArrowRight";
    const less = isRow ? "ArrowDown" : edge === "left" ? "ArrowRight" : "ArrowLeft";
    const sizes: Record<string, () => number | null> = {
      [more]: () => measure() + STEP, [less]: () => measure() - STEP, Home: () => least, End: () => most, Enter: () => null,
    };
    const size = sizes[event.key];
    if (!size || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    set(size());
  };
  return (
    <div ref={line} class={`divider is-${edge}`} role="separator" tabIndex={0} aria-label={name} title="Drag, or use the arrow keys; Enter or a double click sets it back"
      aria-orientation={isRow ? "horizontal" : "vertical"} aria-valuemin={least} aria-valuemax={most} aria-valuenow={now}
      onKeyDown={pressed} onPointerMove={drag} onDblClick={() => set(null)}
      onPointerDown={(event) => { event.currentTarget.setPointerCapture(event.pointerId); event.preventDefault(); event.currentTarget.focus(); }} />
  );
}
