// node segment_export.mjs EXPORT EVENTS: prints what Segment's own package sends for each event, by the subscriptions of
// an exported destination: for each event a list of those that take it, each with its payload or {"refused": why}.
// `- -` prints the package's own presets as an export.
import fs from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(`${process.env.PEERS_MODULES}/`);
const core = require.resolve("@segment/actions-core");
const { transform, fieldsToJsonSchema, validateSchema } = require(core);
const { removeEmptyValues } = require(core.replace(/index\.js$/, "remove-empty-values.js"));
const { parseFql, validate } = require("@segment/destination-subscriptions");
const pinterest = require("@segment/action-destinations/dist/destinations/pinterest-conversions").default;

const [exported, events] = process.argv.slice(2);
const action = pinterest.actions.reportConversionEvent;
const schema = fieldsToJsonSchema(action.fields);
const settings = { ad_account_id: "1", conversion_token: "t" };

function presets() {
  const subscriptions = pinterest.presets.map(({ name, subscribe, partnerAction, mapping }) => {
    return { name, subscribe, partnerAction, enabled: true, mapping };
  });
  return { name: pinterest.name, subscriptions };
}

async function sent(mapping, event) {
  let posted = null;
  const request = (url, { json }) => {
    posted = json.data[0];
    return Promise.resolve({ status: 200 });
  };
  try {
    const copy = structuredClone(mapping); // a directive writes its defaults into the mapping
    const payload = removeEmptyValues(transform(copy, event), schema, true);
    validateSchema(payload, schema, { schemaKey: "reportConversionEvent" });
    await action.perform(request, { payload, settings });
  } catch (error) {
    return { refused: String(error.message).split("\n")[0] };
  }
  return posted;
}

if (exported === "-") {
  console.log(JSON.stringify(presets()));
} else {
  const { subscriptions } = JSON.parse(fs.readFileSync(exported, "utf8"));
  const enabled = subscriptions.filter((one) => one.enabled !== false);
  const asts = enabled.map(({ subscribe }) => parseFql(subscribe));
  const made = [];
  for (const line of fs.readFileSync(events, "utf8").split("\n").filter(Boolean)) {
    const event = JSON.parse(line);
    const taken = enabled.filter((one, place) => validate(asts[place], event));
    const results = taken.map(async ({ name, mapping }) => {
      return { subscription: name, sent: await sent(mapping, event) };
    });
    made.push(await Promise.all(results));
  }
  console.log(JSON.stringify(made));
}
