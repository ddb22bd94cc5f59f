// Python in a Web Worker: answers a question, in JSON, by the very Session of the local server. It fetches this site's
// own files, and nothing at all once Python is ready. As `python.js#snapshot` it answers nothing, and keeps the memory
// of a Python that has started, with which later ones start: before any question, so nothing of a visitor is in it.
import { loadPyodide, type PyodideAPI } from "pyodide";
import START from "./start.py";

type Options = NonNullable<Parameters<typeof loadPyodide>[0]>;
type CreateModule = NonNullable<Options["createPyodideModule"]>;
type Answer = (question: string) => string;
/** Pyodide's list of its packages, of which none is used. */
declare const LOCK: NonNullable<Options["lockFileContents"]>;
declare const VERSION: string;

const WAYS_OUT = ["fetch", "XMLHttpRequest", "WebSocket", "WebSocketStream", "WebTransport", "EventSource", "Worker", "importScripts"];
const FOLDER = new URL(".", self.location.href).href;
/** The cache of the service worker, which drops the snapshots of other versions. */
const CACHE = "mapper-playground";
const SNAPSHOT = `${FOLDER}snapshot?${VERSION}`;
const PAGE = 65536;

let answer: Answer;

if (self.location.hash === "#snapshot") {
  keepSnapshot()
    .catch((error: unknown) => console.warn("This site starts more slowly: no snapshot was made.", error))
    .finally(() => self.close());
} else {
  start().then(
    ([ready, from]) => {
      answer = ready;
      self.onmessage = ({ data }: MessageEvent<string>) => self.postMessage(said(data));
      self.postMessage({ progress: "ready", part: 1, from });
    },
    (error: unknown) => self.postMessage({ ended: error instanceof Error ? error.message : String(error) }),
  );
}

async function start(): Promise<[Answer, "snapshot" | "archives"]> {
  self.postMessage({ progress: "python", part: 0 });
  const snapshot = await keptSnapshot();
  if (snapshot !== undefined) {
    try {
      const python = await loaded({ _loadSnapshot: snapshot, createPyodideModule: withMemory(snapshot.length) });
      const ready = python.runPython("wake()") as Answer;
      disconnect(python);
      return [ready, "snapshot"];
    } catch {
      await (await caches.open(CACHE)).delete(SNAPSHOT);
    }
  }
  const python = await loaded({});
  python.runPython(START);
  const ready = python.runPython("answers()") as Answer;
  disconnect(python);
  return [ready, "archives"];
}

/** Python with the files of this site. */
async function loaded(more: Options): Promise<PyodideAPI> {
  const app = filesOf("app.bin");
  const python = await loadPyodide({
    indexURL: FOLDER,
    stdLibURL: `${FOLDER}python_stdlib.zip`,
    lockFileContents: LOCK,
    stdout: () => {},
    stderr: () => {},
    ...more,
  });
  if (more._makeSnapshot !== true) self.postMessage({ progress: "packages", part: 0.5 });
  for (const [name, content] of await app) {
    const path = `/app/${name}`;
    python.FS.mkdirTree(path.slice(0, path.lastIndexOf("/")));
    python.FS.writeFile(path, content);
  }
  return python;
}

async function keepSnapshot(): Promise<void> {
  const cache = await caches.open(CACHE);
  if ((await cache.match(SNAPSHOT)) !== undefined) return;
  const python = await loaded({ _makeSnapshot: true });
  python.runPython(START);
  python.runPython("fall_asleep()");
  const snapshot = python.makeMemorySnapshot();
  await cache.put(SNAPSHOT, new Response(snapshot as Uint8Array<ArrayBuffer>, { headers: { "Content-Type": "application/octet-stream" } }));
}

async function keptSnapshot(): Promise<Uint8Array | undefined> {
  if (!("caches" in self)) return undefined;
  const found = await (await caches.open(CACHE)).match(SNAPSHOT).catch(() => undefined);
  return found && new Uint8Array(await found.arrayBuffer());
}

/** Pyodide's module with memory for a snapshot that has grown, which it does not make by itself. */
function withMemory(bytes: number): CreateModule {
  return async (settings) => {
    const address = `${FOLDER}pyodide.asm.mjs`;
    const { default: create } = (await import(address)) as { default: CreateModule };
    const own = settings.instantiateWasm;
    if (own === undefined) throw new Error("this is another version of Pyodide");
    const instantiateWasm: typeof own = (imports, done) =>
      own(imports, (instance, module) => {
        const memory = instance.exports.memory as WebAssembly.Memory;
        const lacking = Math.ceil((bytes - memory.buffer.byteLength) / PAGE);
        if (lacking > 0) memory.grow(lacking);
        done(instance, module);
      });
    return create(Object.assign(settings, { instantiateWasm }));
  };
}

/** The files of a bundle as `archives.py` writes it. */
async function filesOf(name: string): Promise<[string, Uint8Array][]> {
  const answered = await fetch(name);
  if (!answered.ok || answered.body === null) throw new Error(`${name} was answered with status ${answered.status}`);
  const bytes = new Uint8Array(await new Response(answered.body.pipeThrough(new DecompressionStream("gzip"))).arrayBuffer());
  let at = bytes.indexOf(10) + 1;
  const list = JSON.parse(new TextDecoder().decode(bytes.subarray(0, at))) as [string, number][];
  return list.map(([file, size]) => [file, bytes.subarray(at, (at += size))]);
}

/** Take away all that could send something: a worker has no policy of the page that started it. */
function disconnect(python: PyodideAPI): void {
  python.unregisterJsModule("js");
  for (const way of WAYS_OUT) {
    for (let holder: object | null = self; holder !== null; holder = Object.getPrototypeOf(holder) as object | null) {
      if (Object.hasOwn(holder, way)) Object.defineProperty(holder, way, { value: undefined });
    }
  }
}

function said(question: string): object {
  try {
    return { answer: JSON.parse(answer(question)) as unknown };
  } catch (error) {
    // The message may hold a part of an event; the class of the error does not.
    if (error instanceof Error && "type" in error) return { failed: String(error.type) };
    return { ended: "the answer needed more memory than this browser gives" };
  }
}
