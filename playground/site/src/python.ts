// Python in a Web Worker: answers a question, in JSON, by the very Session of the local server. It fetches this site's
// own files, and nothing at all once Python is ready.
import { loadPyodide, type PyodideAPI } from "pyodide";

type Options = NonNullable<Parameters<typeof loadPyodide>[0]>;
/** Pyodide's list of its packages, of which none is used. */
declare const LOCK: NonNullable<Options["lockFileContents"]>;

const START = `
import json, sys
sys.path[:0] = ["/app", "/app/tzdata.zip"]
from mapper.playground.answers import Session

def answers():
    session = Session.of_texts()
    return lambda question: json.dumps(session.answer(json.loads(question)))

answers()
`;
const WAYS_OUT = ["fetch", "XMLHttpRequest", "WebSocket", "WebSocketStream", "WebTransport", "EventSource", "Worker", "importScripts"];

let answer: (question: string) => string;

start().then(
  (ready) => {
    answer = ready;
    self.onmessage = ({ data }: MessageEvent<string>) => self.postMessage(said(data));
    self.postMessage({ progress: "ready", part: 1 });
  },
  (error: unknown) => self.postMessage({ ended: error instanceof Error ? error.message : String(error) }),
);

async function start(): Promise<(question: string) => string> {
  self.postMessage({ progress: "python", part: 0 });
  const folder = new URL(".", self.location.href).href;
  const app = filesOf("app.bin");
  const python = await loadPyodide({
    indexURL: folder,
    stdLibURL: `${folder}python_stdlib.zip`,
    lockFileContents: LOCK,
    stdout: () => {},
    stderr: () => {},
  });
  self.postMessage({ progress: "packages", part: 0.5 });
  for (const [name, content] of await app) {
    const path = `/app/${name}`;
    python.FS.mkdirTree(path.slice(0, path.lastIndexOf("/")));
    python.FS.writeFile(path, content);
  }
  const ready = python.runPython(START) as (question: string) => string;
  disconnect(python);
  return ready;
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
