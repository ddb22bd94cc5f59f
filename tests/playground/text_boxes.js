// Texts of the page that are drawn over each other, are struck through by a line, or are cut with no way to read them: no scrolling, no `title`.
() => {
  const NARROW = 2;
  const CUT = 3;
  const around = (node) => node.assignedSlot ?? node.parentElement ?? (node.getRootNode() instanceof ShadowRoot ? node.getRootNode().host : null);
  const scrolls = (style, axis) => /auto|scroll/.test(style[`overflow${axis}`]);
  const hides = (style, axis) => style[`overflow${axis}`] !== "visible";
  const texts = [];
  // A dialogue covers what is under it.
  const modal = document.querySelector("dialog[open]");
  const walk = (root) => {
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      if (node.nodeType === Node.TEXT_NODE) { if (node.data.trim()) texts.push(node); }
      else if (node.shadowRoot) walk(node.shadowRoot);
    }
  };
  walk(modal ?? document.body);
  const boxes = [];
  const cut = [];
  // A count such as `+4` is of words that the title has.
  const isTitled = (node) => {
    const words = node.data.trim().split(/\s+/).filter((word) => !/^\+\d+$/.test(word));
    for (let one = node.parentElement; one; one = around(one)) if (one.title && words.every((word) => one.title.includes(word))) return true;
    return false;
  };
  const named = (node) => `${node.parentElement?.className || node.parentElement?.tagName || "?"}: ${node.data.trim().slice(0, 60)}`;
  for (const node of texts) {
    const owner = node.parentElement;
    if (!owner || owner.closest(".unseen, style, script, svg, .cm-layer, .cm-gutters, [inert]") || !owner.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue;
    const titled = isTitled(node);
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const drawn of range.getClientRects()) {
      if (drawn.width < 1 || drawn.height < 1) continue;
      let [left, right, top, bottom] = [drawn.left, drawn.right, drawn.top, drawn.bottom];
      const canScroll = { X: false, Y: false };
      for (let one = owner; one; one = around(one)) {
        const style = getComputedStyle(one);
        const frame = one.getBoundingClientRect();
        for (const axis of ["X", "Y"]) {
          if (!hides(style, axis)) continue;
          const [from, to] = axis === "X" ? [left, right] : [top, bottom];
          const [least, most] = axis === "X" ? [frame.left, frame.right] : [frame.top, frame.bottom];
          if (scrolls(style, axis)) canScroll[axis] = true;
          else if (!canScroll[axis] && !titled && (from < least - CUT || to > most + CUT)) cut.push(`${axis} ${named(node)}`);
          if (axis === "X") [left, right] = [Math.max(left, least), Math.min(right, most)];
          else [top, bottom] = [Math.max(top, least), Math.min(bottom, most)];
        }
        if (style.position === "fixed") break;
      }
      if (right > window.innerWidth + CUT && !canScroll.X) cut.push(`window ${named(node)}`);
      // A font's box is taller than its letters.
      const inset = (drawn.height) * 0.2;
      [top, bottom] = [Math.max(top, drawn.top + inset), Math.min(bottom, drawn.bottom - inset)];
      if (right - left > NARROW && bottom - top > NARROW) boxes.push({ node, left, right, top, bottom });
    }
  }
  const struck = [...document.querySelectorAll(".lines path")].flatMap((path) => {
    const found = [];
    for (let at = 0; at <= path.getTotalLength(); at += 2) {
      const { x, y } = path.getPointAtLength(at);
      found.push(...boxes.filter((box) => box.left < x && x < box.right && box.top < y && y < box.bottom));
    }
    return found.map((box) => named(box.node));
  });
  boxes.sort((one, other) => one.top - other.top);
  const over = [];
  boxes.forEach((one, at) => {
    for (let next = at + 1; next < boxes.length && boxes[next].top < one.bottom - 1; next++) {
      const other = boxes[next];
      const wide = Math.min(one.right, other.right) - Math.max(one.left, other.left);
      const high = Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top);
      if (other.node !== one.node && wide > NARROW && high > NARROW) over.push(`${named(one.node)} | ${named(other.node)}`);
    }
  });
  return [...new Set([...struck.map((one) => `struck: ${one}`), ...over.map((one) => `over: ${one}`), ...cut.map((one) => `cut: ${one}`)])];
}
