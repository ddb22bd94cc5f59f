// Segment's own Pinterest destination, as its servers call it: subscriptions, its mapping kit, its check of the mapped
// fields, its action. Its request is caught: what it would post is the payload. The preset's mapping is completed.
const at = (path) => ({ "@path": `$.${path}` });
const first = (one, other) => ({ "@if": { exists: at(one), then: at(one), else: at(other) } });
const SUBSCRIBED = {
  checkout: 'type = "track" and event = "Order Completed"',
  add_to_cart: 'type = "track" and event = "Product Added"',
  page_visit: 'type = "page" or event = "Product Viewed"',
  search: 'type = "track" and event = "Products Searched"',
  signup: 'type = "track" and event = "Signed Up"',
};
const MAPPING = {
  app_name: "shop", // asked for, also on the web
  user_data: {
    email: first("properties.email", "context.traits.email"),
    phone: at("context.traits.phone"),
    first_name: at("context.traits.firstName"),
    last_name: at("context.traits.lastName"),
    gender: at("context.traits.gender"),
    date_of_birth: at("context.traits.birthday"),
    city: at("context.traits.address.city"),
    state: at("context.traits.address.state"),
    zip: at("context.traits.address.postalCode"),
    country: at("context.traits.address.country"),
    external_id: first("userId", "anonymousId"),
    client_ip_address: at("context.ip"),
    client_user_agent: at("context.userAgent"),
  },
  custom_data: {
    currency: at("properties.currency"),
    value: first("properties.revenue", "properties.price"),
    order_id: at("properties.order_id"),
    search_string: at("properties.query"),
    contents: {
      "@arrayPath": [
        "$.properties.products",
        { id: at("product_id"), item_price: at("price"), quantity: at("quantity") },
      ],
    },
  },
};

export async function make(require) {
  const { transform, fieldsToJsonSchema, validateSchema } = require("@segment/actions-core");
  const { parseFql, validate } = require("@segment/destination-subscriptions");
  const pinterest = require("@segment/action-destinations/dist/destinations/pinterest-conversions").default;

  const preset = pinterest.presets.find(({ name }) => name === "Checkout");
  const subscriptions = Object.entries(SUBSCRIBED).map(([event_name, subscribe]) => ({
    ast: parseFql(subscribe),
    mapping: { ...preset.mapping, event_name, opt_out: false, ...MAPPING },
    action: pinterest.actions[preset.partnerAction],
  }));
  for (const one of subscriptions) one.schema = fieldsToJsonSchema(one.action.fields);
  const settings = { ad_account_id: "1", conversion_token: "t" };

  return async (line) => {
    const event = JSON.parse(line);
    const one = subscriptions.find(({ ast }) => validate(ast, event));
    if (one === undefined) return null;
    let posted = null;
    const request = (url, { json }) => {
      posted = JSON.stringify(json.data[0]);
      return Promise.resolve({ status: 200 });
    };
    try {
      const payload = transform(one.mapping, event);
      validateSchema(payload, one.schema, { schemaKey: one.mapping.event_name });
      await one.action.perform(request, { payload, settings });
    } catch {
      return null; // an event that its checks refuse
    }
    return posted;
  };
}
