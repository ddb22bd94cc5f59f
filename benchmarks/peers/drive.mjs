// node drive.mjs PEER EVENTS OUT: maps a file of events once to warm up, writing its payloads to OUT (an empty line
// where there is none), then once more by the clock; prints the processor's seconds for an event.
import fs from "node:fs";
import { createRequire } from "node:module";

const [peer, events, out] = process.argv.slice(2);
const { make } = await import(`./${peer}.mjs`);
const map = await make(createRequire(`${process.env.PEERS_MODULES}/`));
const lines = fs.readFileSync(events, "utf8").split("\n").filter(Boolean);

const made = [];
for (const line of lines) made.push((await map(line)) ?? "");
fs.writeFileSync(out, `${made.join("\n")}\n`);

const before = process.cpuUsage();
for (const line of lines) {
  const result = map(line);
  if (result instanceof Promise) await result;
}
const { user, system } = process.cpuUsage(before);
console.log((user + system) / 1e6 / lines.length);
