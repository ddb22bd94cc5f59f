/** Markdown of our own answers -> DOM nodes. It knows stress, code and links to pages, and never makes HTML of text. */

const INLINE = /`([^`]+)`|\*\*([^*]+)\*\*|\[([^\]]+)\]\(([^)\s]+)\)|(?<![\w*[])\*([A-Za-z][^*]*)\*(?![\w*])/g;

/** The same where only plain text can be: in titles and in names for screen readers. */
export const plain = (text: string): string => text.replace(/`([^`]+)`/g, "$1");

/** What is said within a line. links: whether those of the text are followed, as in pages; a message quotes events. */
export function inline(text: string, links = false): Node[] {
  const nodes: Node[] = [];
  let last = 0;
  for (const match of text.matchAll(INLINE)) {
    if (match.index > last) nodes.push(document.createTextNode(text.slice(last, match.index)));
    nodes.push(element(match, links));
    last = match.index + match[0].length;
  }
  if (last < text.length) nodes.push(document.createTextNode(text.slice(last)));
  return nodes;
}

function element([whole, code, bold, label, link, stressed]: RegExpMatchArray, links: boolean): Node {
  if (code !== undefined) return named("code", code);
  if (bold !== undefined) return named("strong", bold);
  if (stressed !== undefined) return named("em", stressed);
  if (link !== undefined && !links) return document.createTextNode(whole);
  if (link !== undefined && /^https:\/\//.test(link)) {
    const anchor = named("a", label ?? "") as HTMLAnchorElement;
    anchor.href = link;
    anchor.rel = "noreferrer noopener";
    anchor.target = "_blank";
    return anchor;
  }
  // A link into the docs: the page has no docs beside it, so its words are enough.
  return document.createTextNode(label ?? whole);
}

function named(name: string, text: string): HTMLElement {
  const made = document.createElement(name);
  made.textContent = text;
  return made;
}

export function markdown(text: string): Node[] {
  const nodes: Node[] = [];
  const lines = text.replace(/\r\n?/g, "\n").split("\n");
  let at = 0;
  const line = () => lines[at] ?? "";
  while (at < lines.length) {
    if (!line().trim()) { at++; continue; }
    const fence = /^\s*(`{3,}|~{3,})/.exec(line());
    if (fence) {
      const held: string[] = [];
      for (at++; at < lines.length && !line().trim().startsWith(fence[1] ?? "```"); at++) held.push(line());
      at++;
      const pre = document.createElement("pre");
      pre.tabIndex = 0;
      pre.append(named("code", held.join("\n")));
      nodes.push(pre);
    } else if (/^#{1,6} /.test(line())) {
      const head = document.createElement("h3");
      head.append(...inline(line().replace(/^#+ /, ""), true));
      nodes.push(head);
      at++;
    } else if (/^\s*([-*]|\d+\.) /.test(line())) {
      const list = document.createElement(/^\s*\d/.test(line()) ? "ol" : "ul");
      while (at < lines.length && /^\s*([-*]|\d+\.) /.test(line())) {
        let item = line().replace(/^\s*([-*]|\d+\.) /, "");
        for (at++; at < lines.length && /^\s+\S/.test(line()) && !/^\s*([-*]|\d+\.) /.test(line()); at++) item += ` ${line().trim()}`;
        const one = document.createElement("li");
        one.append(...inline(item, true));
        list.append(one);
      }
      nodes.push(list);
    } else {
      const held: string[] = [];
      while (at < lines.length && line().trim() && !/^(\s*(`{3,}|~{3,})|#{1,6} |\s*([-*]|\d+\.) )/.test(line())) { held.push(line().trim()); at++; }
      const paragraph = document.createElement("p");
      paragraph.append(...inline(held.join(" "), true));
      nodes.push(paragraph);
    }
  }
  return nodes;
}
