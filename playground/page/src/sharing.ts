/** A page as a text, and as the part of a link after `#`: deflated, base64url. It is never sent to a server. */
import type { Doc, Files, Sample } from "./protocol";

export const LONGEST_LINK = 8000;
const PREFIX = "s=";
/** A link of 8,000 characters that inflates to more than this was made to fill the memory. */
const LARGEST_TEXT = 4 * 1024 * 1024;
/** A short link can hold a hundred thousand, of which a browser would draw the list for minutes. */
const MOST_SAMPLES = 2000;

export interface Page { mapping: Doc; files: Files; samples: Sample[] }

/** The page alone, of an answer that holds more. */
export const pageOf = ({ mapping, files, samples }: Page): Page => ({ mapping, files, samples });

export const pageText = (page: Page): string => JSON.stringify({ playground: 1, ...page });

/** The page in a text that `pageText` wrote, or null where it is another text. */
export function sharedPage(text: string): Page | null {
  let value: unknown;
  try { value = JSON.parse(text); } catch { return null; }
  return isShared(value) ? value : null;
}

function isShared(value: unknown): value is Page {
  if (typeof value !== "object" || value === null || !("playground" in value)) return false;
  const { mapping, files, samples } = value as unknown as Partial<Page>;
  return typeof mapping?.name === "string" && typeof mapping.text === "string" && typeof files === "object" && files !== null && !Array.isArray(files)
    && Object.values(files).every((one) => typeof one === "string") && Array.isArray(samples) && samples.length <= MOST_SAMPLES
    && samples.every((one) => typeof one?.name === "string" && typeof one.text === "string");
}

export async function fragmentOf(page: Page): Promise<string> {
  const packed = new Blob([pageText(page)]).stream().pipeThrough(new CompressionStream("deflate-raw"));
  const bytes = new Uint8Array(await new Response(packed).arrayBuffer());
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return PREFIX + btoa(text).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/** The text of the page in a link, or null where the link holds none. Throws where it cannot be read. */
export async function textOfFragment(hash: string): Promise<string | null> {
  const fragment = hash.replace(/^#/, "");
  if (!fragment.startsWith(PREFIX)) return null;
  const text = atob(fragment.slice(PREFIX.length).replaceAll("-", "+").replaceAll("_", "/"));
  const bytes = Uint8Array.from(text, (one) => one.charCodeAt(0));
  const reader = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw")).getReader();
  const decoder = new TextDecoder();
  let read = "";
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    read += decoder.decode(part.value, { stream: true });
    if (read.length > LARGEST_TEXT) { await reader.cancel(); throw new Error("the link holds more than 4 MiB"); }
  }
  return read + decoder.decode();
}

export function download(name: string, text: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
