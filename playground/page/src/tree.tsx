/** A list of rows in preorder that is walked by arrow keys: one row is in the tab order. */
import type { ComponentChildren } from "preact";
import { useRef, useState } from "preact/hooks";

export interface TreeRow { id: string; depth: number; parent: boolean; open: boolean; label: string; className: string; content: ComponentChildren; below?: ComponentChildren }

interface TreeProps {
  label: string; rows: TreeRow[]; selected: string | null; onSelect: (id: string) => void; onOpen: (id: string) => void;
  onToggle: (id: string) => void; onHover: (id: string | null) => void;
}

export function Tree({ label, rows, selected, onSelect, onOpen, onToggle, onHover }: TreeProps) {
  const list = useRef<HTMLUListElement>(null);
  const [active, setActive] = useState<string | null>(null);
  const current = rows.some((row) => row.id === active) ? active : rows.some((row) => row.id === selected) ? selected : rows[0]?.id;

  const focusOn = (index: number) => {
    const row = rows[Math.max(0, Math.min(rows.length - 1, index))];
    if (!row) return;
    setActive(row.id);
    onSelect(row.id);
    list.current?.querySelectorAll<HTMLElement>("[role=treeitem]")[rows.indexOf(row)]?.focus();
  };

  const pressed = (event: KeyboardEvent) => {
    if (event.altKey || event.ctrlKey || event.metaKey || !(event.target as HTMLElement).matches("[role=treeitem]")) return;
    const at = rows.findIndex((row) => row.id === current);
    const row = rows[at];
    if (!row) return;
    const upwards = () => {
      for (let above = at - 1; above >= 0; above--) if ((rows[above]?.depth ?? 0) < row.depth) return focusOn(above);
    };
    const actions: Record<string, () => void> = {
      ArrowDown: () => focusOn(at + 1), ArrowUp: () => focusOn(at - 1), Home: () => focusOn(0), End: () => focusOn(rows.length - 1),
      ArrowRight: () => (row.parent && !row.open ? onToggle(row.id) : row.parent ? focusOn(at + 1) : undefined),
      ArrowLeft: () => (row.parent && row.open ? onToggle(row.id) : upwards()), Enter: () => onOpen(row.id),
      " ": () => (row.parent ? onToggle(row.id) : onSelect(row.id)),
    };
    const action = actions[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  };

  return (
    <ul class="tree" role="tree" aria-label={label} ref={list} onKeyDown={pressed} onMouseLeave={() => onHover(null)}>
      {rows.map((row) => (
        <li key={row.id} role="treeitem" aria-level={row.depth + 1} aria-selected={row.id === selected} aria-label={row.label}
          {...(row.parent ? { "aria-expanded": row.open } : {})} class={`tree-row ${row.className}`} data-id={row.id} data-depth={Math.min(row.depth, 8)}
          tabIndex={row.id === current ? 0 : -1} onMouseEnter={() => onHover(row.id)}
          onFocus={(event) => { if (event.target === event.currentTarget && active !== row.id) { setActive(row.id); onSelect(row.id); } }}
          onClick={() => { setActive(row.id); onSelect(row.id); }} onDblClick={() => onOpen(row.id)}>
          <div class="tree-line">
            {row.parent ? (
              <span class={`twist ${row.open ? "is-open" : ""}`} onClick={(event) => { event.stopPropagation(); onToggle(row.id); }} aria-hidden="true" />
            ) : <span class="twist-gap" />}
            {row.content}
          </div>
          {row.below}
        </li>
      ))}
    </ul>
  );
}

/** The rows that no closed row hides. */
export function visible<Row extends { depth: number }>(rows: Row[], closed: (row: Row) => boolean): Row[] {
  const shown: Row[] = [];
  let hiding = Infinity;
  for (const row of rows) {
    if (row.depth > hiding) continue;
    hiding = closed(row) ? row.depth : Infinity;
    shown.push(row);
  }
  return shown;
}
