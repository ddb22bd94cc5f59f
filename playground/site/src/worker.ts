// Between the page and Python: `{id, question}` is answered by `{id, answer}` or `{id, error}`, and `{cancel: id}` takes
// back a question. Python runs in a worker of its own; one whose answer takes too long, or that fails, is replaced.

interface Asked {
  id: number;
  question: { ask?: unknown };
}
/** What `python.ts` says. `failed`: the class of an error; `ended`: why this Python cannot be used any more. */
interface Said {
  progress?: "python" | "packages" | "ready";
  part?: number;
  answer?: unknown;
  failed?: string;
  ended?: string;
}

const SECONDS = 10;
/** Drafts, and questions about all samples: those of `_LONG` in mapper/playground/worker.py. */
const LONG = new Set<unknown>(["ends", "changes", "tests", "share", "read_samples", "draft"]);
const LONG_SECONDS = 30;
const SIMPLIFY = "simplify what was typed last, or use fewer and smaller samples";

const waiting = new Map<number, Asked>();
let python = started();
let isReady = false;
let current: { id: number; timer: ReturnType<typeof setTimeout> } | undefined;
let failure: string | undefined;

self.onmessage = ({ data }: MessageEvent<Asked | { cancel: number }>) => {
  if ("cancel" in data) waiting.delete(data.cancel);
  else waiting.set(data.id, data);
  askNext();
};

function started(): Worker {
  const made = new Worker("python.js", { type: "module" });
  made.onmessage = ({ data }: MessageEvent<Said>) => hear(data);
  made.onerror = (event) => {
    event.preventDefault();
    replace(event.message);
  };
  return made;
}

function hear(said: Said): void {
  if (said.progress !== undefined) {
    isReady = said.progress === "ready";
    self.postMessage(said);
  } else if (said.ended !== undefined) {
    replace(said.ended);
  } else if (said.failed !== undefined) {
    const error = `The playground failed with ${said.failed}. Reload this page; your mapping is in the local history.`;
    finish({ error });
  } else {
    finish({ answer: said.answer });
  }
  askNext();
}

function askNext(): void {
  if (current !== undefined || (!isReady && failure === undefined)) return;
  const [next] = waiting.values();
  if (next === undefined) return;
  const { id, question } = next;
  waiting.delete(id);
  if (failure !== undefined) {
    self.postMessage({ id, error: failure });
    askNext();
    return;
  }
  const seconds = LONG.has(question.ask) ? LONG_SECONDS : SECONDS;
  const timer = setTimeout(() => replace(`the answer took more than ${seconds} seconds`), seconds * 1000);
  current = { id, timer };
  python.postMessage(JSON.stringify(question));
}

function finish(said: { answer: unknown } | { error: string }): void {
  if (current === undefined) return;
  clearTimeout(current.timer);
  self.postMessage({ id: current.id, ...said });
  current = undefined;
}

/** Start Python anew: the question that was too much is told so. One that does not even start is not started again. */
function replace(why: string): void {
  python.terminate();
  if (isReady) {
    isReady = false;
    finish({ answer: { problem: why, hint: SIMPLIFY } });
    python = started();
  } else {
    failure = `Python could not be started in this browser: ${why}`;
  }
  askNext();
}
