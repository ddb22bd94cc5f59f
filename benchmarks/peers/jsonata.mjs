// mapping.yaml as a JSONata expression, with functions of the hand-written peer for what JSONata has none for.
import fs from "node:fs";
import crypto from "node:crypto";

export async function make(require) {
  const jsonata = require("jsonata");
  const expression = jsonata(fs.readFileSync(new URL("mapping.jsonata", import.meta.url), "utf8"));
  expression.registerFunction("sha256", (text) => crypto.createHash("sha256").update(text).digest("hex"));
  return async (line) => {
    let payload;
    try {
      payload = await expression.evaluate(JSON.parse(line));
    } catch {
      return null; // an event whose values do not have the types that its functions take
    }
    return payload === undefined ? null : JSON.stringify(payload);
  };
}
