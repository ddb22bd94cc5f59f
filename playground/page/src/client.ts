/** Questions -> answers: of the local server, or of the worker of the static site. */
import type { Answers, Problem, Question } from "./protocol";

export type Ask = Question["ask"];
/** What goes with a question, besides its name. */
type With<Q extends Ask> = Omit<Extract<Question, { ask: Q }>, "ask">;

export class Refused extends Error {
  constructor(message: string, readonly hint: string | undefined) { super(message); }
}
/** No answer came: the server has ended, or the worker has failed. */
export class Unanswered extends Error {}

type Stage = "python" | "packages" | "ready";
export type Progress = (stage: Stage, part: number) => void;

export interface Client {
  readonly where: "local" | "static";
  send(question: object, signal: AbortSignal): Promise<unknown>;
}

export function clientOf(document: Document, progress: Progress): Client {
  const token = document.querySelector<HTMLMetaElement>("meta[name=playground-token]")?.content ?? "";
  return token ? new LocalClient(token) : new WorkerClient(progress);
}

class LocalClient implements Client {
  readonly where = "local";
  constructor(private readonly token: string) {}

  async send(question: object, signal: AbortSignal): Promise<unknown> {
    const answer = await fetch("api/ask", {
      method: "POST", signal, body: JSON.stringify(question),
      headers: { "Content-Type": "application/json", "X-Playground-Token": this.token },
    }).catch((error: unknown) => {
      if (signal.aborted) throw error;
      throw new Unanswered("The server does not answer. Start `mapper playground` again, then reload this page.");
    });
    if (answer.status === 401 || answer.status === 403) {
      throw new Unanswered("The server was started again. Reload this page; your mapping is in the local history.");
    }
    if (!answer.ok) throw new Unanswered(`The server answered with status ${answer.status}.`);
    return answer.json();
  }
}

interface Reply { id?: number; answer?: unknown; error?: string; progress?: Stage; part?: number }

class WorkerClient implements Client {
  readonly where = "static";
  private readonly worker = new Worker("worker.js", { type: "module" });
  private readonly waiting = new Map<number, { done: (answer: unknown) => void; failed: (error: Error) => void }>();
  private last = 0;

  constructor(progress: Progress) {
    this.worker.onmessage = ({ data }: MessageEvent<Reply>) => {
      if (data.progress) return progress(data.progress, data.part ?? 0);
      const one = this.waiting.get(data.id ?? -1);
      if (!one) return;
      this.waiting.delete(data.id ?? -1);
      if (data.error === undefined) one.done(data.answer);
      else one.failed(new Unanswered(data.error));
    };
    this.worker.onerror = (event) => {
      event.preventDefault();
      for (const one of this.waiting.values()) one.failed(new Unanswered("Python could not be started in this browser."));
      this.waiting.clear();
    };
  }

  send(question: object, signal: AbortSignal): Promise<unknown> {
    return new Promise((done, failed) => {
      const id = ++this.last;
      this.waiting.set(id, { done, failed });
      signal.addEventListener("abort", () => {
        this.waiting.delete(id);
        this.worker.postMessage({ cancel: id });
        failed(new DOMException("a newer question was asked", "AbortError"));
      });
      this.worker.postMessage({ id, question });
    });
  }
}

/** Why a question was not answered and what to do, as sentences. */
export function saidOf(refused: Refused): string {
  return [refused.message, refused.hint ?? ""].filter(Boolean)
    .map((one) => one.replace(/^[a-z]/, (letter) => letter.toUpperCase()).replace(/[^.!?]$/, "$&.")).join(" ");
}

/** Each of these is answered, however many are asked at once: two files that are dropped are both read. */
const ALL_ANSWERED: ReadonlySet<Ask> = new Set(["read_samples", "save", "share", "markdown", "pin"]);

/** Asks; a newer question of the same kind cancels the older one, whose promise is then never kept. */
export class Asking {
  private readonly running = new Map<Ask, AbortController>();
  constructor(readonly client: Client) {}

  async ask<Q extends Ask>(ask: Q, given: With<Q>): Promise<Answers[Q]> {
    if (!ALL_ANSWERED.has(ask)) this.running.get(ask)?.abort();
    const controller = new AbortController();
    this.running.set(ask, controller);
    let answer: unknown;
    try {
      answer = await this.client.send({ ask, ...given }, controller.signal);
    } catch (error) {
      if (controller.signal.aborted) return new Promise(() => {});
      throw error;
    } finally {
      if (this.running.get(ask) === controller) this.running.delete(ask);
    }
    if (controller.signal.aborted) return new Promise(() => {});
    if (isProblem(answer)) throw new Refused(answer.problem, answer.hint);
    return answer as Answers[Q];
  }
}

function isProblem(answer: unknown): answer is Problem {
  return typeof answer === "object" && answer !== null && "problem" in answer && typeof answer.problem === "string";
}
