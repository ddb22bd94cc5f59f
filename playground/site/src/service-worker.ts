// Keeps this site's files, so that it starts without a network; answers no request for another host.
// A new version is fetched whole before it is used, and is used once no page of the old one is open.
declare const self: ServiceWorkerGlobalScope;
/** By name: the digest of a file. */
declare const FILES: Record<string, string>;
declare const VERSION: string;
export {};

const CACHE = "mapper-playground";

self.addEventListener("install", (event) => event.waitUntil(keepAll()));
self.addEventListener("activate", (event) => event.waitUntil(dropOld().then(() => self.clients.claim())));
self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (url.origin !== self.location.origin) {
    event.respondWith(Response.error());
    return;
  }
  const name = nameOf(url);
  if (event.request.method === "GET" && name !== undefined) event.respondWith(kept(name, event.request));
});

function nameOf(url: URL): string | undefined {
  const folder = new URL(self.registration.scope).pathname;
  if (!url.pathname.startsWith(folder)) return undefined;
  const name = url.pathname.slice(folder.length) || "index.html";
  return Object.hasOwn(FILES, name) ? name : undefined;
}

/** The address under which a file is kept: with its digest, so that versions share what is the same in both. */
function keyOf(name: string): string {
  return `${self.registration.scope}${name}?${FILES[name]}`;
}

async function kept(name: string, request: Request): Promise<Response> {
  const cache = await caches.open(CACHE);
  return (await cache.match(keyOf(name))) ?? fetch(request);
}

async function keepAll(): Promise<void> {
  const cache = await caches.open(CACHE);
  for (const name of Object.keys(FILES)) {
    if ((await cache.match(keyOf(name))) === undefined) await keep(cache, name);
  }
}

async function keep(cache: Cache, name: string): Promise<void> {
  const fetched = await fetch(`${self.registration.scope}${name}`, { cache: "no-cache" });
  const content = await fetched.arrayBuffer();
  // A file of another version: the site is just being replaced. The browser tries again later.
  if (!fetched.ok || (await digestOf(content)) !== FILES[name]) throw new Error(`${name} is not of version ${VERSION}`);
  const type = fetched.headers.get("Content-Type") ?? "application/octet-stream";
  await cache.put(keyOf(name), new Response(content, { headers: { "Content-Type": type } }));
}

async function digestOf(content: ArrayBuffer): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", content));
  return [...digest.subarray(0, 8)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function dropOld(): Promise<void> {
  const cache = await caches.open(CACHE);
  const wanted = new Set([...Object.keys(FILES).map(keyOf), `${self.registration.scope}snapshot?${VERSION}`]);
  for (const request of await cache.keys()) {
    if (!wanted.has(request.url)) await cache.delete(request);
  }
}
