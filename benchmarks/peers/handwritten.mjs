// mapping.yaml written by hand in JavaScript, with the normal forms but for tables of countries' and states' names,
// and of calling codes.
import crypto from "node:crypto";

const sha256 = crypto.hash
  ? (text) => crypto.hash("sha256", text)
  : (text) => crypto.createHash("sha256").update(text).digest("hex");

const EDGE = "[\\s\\x00-\\x20\\x7f\\u0085\\u00ad\\u061c\\u180e\\u200b-\\u200f\\u202a-\\u202e\\u2060\\u2066-\\u2069\\ufeff]+";
const EDGES = new RegExp(`^${EDGE}|${EDGE}$`, "g");
const ASCII = /^[\x00-\x7f]*$/;
const PLAIN_EDGES = /^[!-~].*[!-~]$/s;
const PLACEHOLDERS = new Set(["null", "undefined", "none", "nan", "n/a", "[object object]"]);
const NOBODY = new Set(["", "0", "unknown", "true", "false", "test@test.com", ...PLACEHOLDERS].flatMap(
  (word) => [word, word.toUpperCase(), word.charAt(0).toUpperCase() + word.slice(1)],
));
const DIGESTS_OF_NOBODY = new Set([...NOBODY].map(sha256));
const HEX = /^[0-9a-fA-F]+$/;
const OTHER_DIGESTS = new Set([32, 40, 56, 96, 128]);
const NUMBER = /^[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?$/;

class Invalid extends Error {}

const trim = (text) => (PLAIN_EDGES.test(text) ? text : text.replace(EDGES, ""));
const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);
const isEmpty = (value) =>
  value === undefined || value === null || (typeof value === "object" && Object.keys(value).length === 0);

function textOf(value) {
  if (typeof value === "string") return value;
  if (typeof value === "number" && Math.abs(value) < 2 ** 53) return String(value);
  throw new Invalid("not text");
}

function trimmed(value) {
  return trim(textOf(value)) || null;
}

function digestOf(value, form) {
  let text = textOf(value);
  if (!ASCII.test(text)) text = text.normalize("NFC");
  text = trim(text);
  if (!text) return null;
  if (text.length <= 15 && PLACEHOLDERS.has(text.toLowerCase())) return null;
  if (text.includes("{{") && text.includes("}}")) return null;
  if (text.length >= 32) {
    const made = madeBefore(text);
    if (made !== null) return DIGESTS_OF_NOBODY.has(made) ? null : made;
  }
  const formed = form(text);
  return formed && !NOBODY.has(formed) ? sha256(formed) : null;
}

function madeBefore(text) {
  if (text.length === 44 && text.endsWith("=")) {
    const octets = Buffer.from(text, "base64");
    if (octets.length === 32) return octets.toString("hex");
  }
  if (text.length === 64 && HEX.test(text)) return text.toLowerCase();
  if (OTHER_DIGESTS.has(text.length) && HEX.test(text)) throw new Invalid("another digest");
  return null;
}

function digests(value, form) {
  if (!Array.isArray(value)) {
    const digest = digestOf(value, form);
    return digest === null ? null : [digest];
  }
  const made = new Set();
  for (const one of value) {
    if (isEmpty(one)) continue;
    try {
      const digest = digestOf(one, form);
      if (digest !== null) made.add(digest);
    } catch (error) {
      if (!(error instanceof Invalid)) throw error;
    }
  }
  return made.size ? [...made] : null;
}

const lower = (text) => text.toLowerCase();
function email(text) {
  const parts = text.split("@");
  if (parts.length !== 2 || !parts[0] || !parts[1] || /[\s<>(),:;[\]\\"]/.test(text)) throw new Invalid("no email");
  return text.toLowerCase();
}
function phone(text) {
  const number = text.normalize("NFKC").toLowerCase().replace(/^tel:/, "").replace("(0)", "");
  const digits = number.replace(/\s?[;,]?\s?(?:x|#|extension|extn|ext)\s?[.:=]?\s?[0-9]{1,7}$|;.*$/, "");
  if (/\p{L}/u.test(digits)) throw new Invalid("letters");
  const found = digits.replace(/[^0-9]/g, "").replace(/^0+/, "");
  if (found.length < 7 || found.length > 15) throw new Invalid("no phone number");
  return found;
}
const GENDERS = { f: "f", female: "f", woman: "f", m: "m", male: "m", man: "m", n: "n", nonbinary: "n" };
function gender(text) {
  const letter = GENDERS[text.toLowerCase().replace(/[ \-_.]/g, "")];
  if (letter === undefined) throw new Invalid("no gender");
  return letter;
}
function birthDate(text) {
  const match = /^(\d{4})([-/.]?)(\d{1,2})\2(\d{1,2})(?:[Tt ].*)?$/s.exec(text);
  if (match === null) throw new Invalid("no date");
  const [year, month, day] = [match[1], match[3].padStart(2, "0"), match[4].padStart(2, "0")];
  const date = new Date(Date.UTC(+year, +month - 1, +day));
  if (date.getUTCDate() !== +day || +year < 1850 || +year > 2099) throw new Invalid("no date");
  return year + month + day;
}
const city = (text) => text.toLowerCase().replace(/[^\p{L}\p{N}\p{M}]/gu, "");
function code(text) {
  if (!/^[A-Za-z]{2}$/.test(text)) throw new Invalid("no code");
  return text.toLowerCase();
}
function postcode(text) {
  const digits = text.replace(/[ \-\u00a0\u2010-\u2014\u2212]/g, "");
  return /^[0-9]+$/.test(digits) ? digits : text.toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");
}
const same = (text) => text;

function decimal(value) {
  if (typeof value === "number") return plain(value);
  if (typeof value !== "string") throw new Invalid("no number");
  const text = value.trim();
  if (!text) return null;
  if (!NUMBER.test(text)) throw new Invalid("no number");
  return plain(Number(text));
}
function plain(number) {
  const text = String(Number(number.toPrecision(15)));
  return text.includes("e") ? BigInt(Math.round(number)).toString() : text;
}
function integer(value) {
  const text = decimal(value);
  if (text === null) return null;
  const number = Number(text);
  if (!Number.isSafeInteger(number)) throw new Invalid("no whole number");
  return number;
}
function currency(value) {
  if (typeof value !== "string") throw new Invalid("no currency");
  const text = trim(value).toUpperCase();
  if (text && !/^[A-Z]{3}$/.test(text)) throw new Invalid("no currency");
  return text || null;
}
function language(value) {
  if (typeof value !== "string") throw new Invalid("no language");
  const match = /^([A-Za-z]{2})(?:$|[-_])/.exec(trim(value));
  if (match === null) throw new Invalid("no language");
  return match[1].toLowerCase();
}
function eventTime(value) {
  let milliseconds = typeof value === "number" ? value * (value < 1e11 ? 1000 : 1) : NaN;
  if (typeof value === "string" && /(?:Z|[+-]\d\d:?\d\d)$/.test(value)) milliseconds = Date.parse(value);
  const seconds = Math.floor(milliseconds / 1000);
  if (!(seconds > 1e9 && seconds < 1e11)) throw new Invalid("no time");
  return seconds;
}
function ip(value) {
  if (typeof value !== "string") throw new Invalid("no address");
  const host = trim(value.split(",")[0]);
  if (!host) return null;
  if (!/^(?:\d{1,3}\.){3}\d{1,3}$|:/.test(host)) throw new Invalid("no address");
  return host;
}
function epik(url) {
  if (typeof url !== "string") throw new Invalid("no address");
  const at = url.indexOf("?");
  if (at < 0 || !url.includes("epik=", at)) return null;
  return trim(new URLSearchParams(url.slice(at).split("#")[0]).get("epik") ?? "") || null;
}

function put(made, name, value, form) {
  if (isEmpty(value)) return false;
  try {
    const formed = form(value);
    if (formed === null) return false;
    made[name] = formed;
    return true;
  } catch (error) {
    if (error instanceof Invalid) return false;
    throw error;
  }
}

const putDigests = (made, name, value, form) => put(made, name, value, (one) => digests(one, form));

function userData(event, context, url) {
  const user = {};
  const traits = isObject(context.traits) ? context.traits : {};
  if (!putDigests(user, "em", event.properties?.email, email)) putDigests(user, "em", traits.email, email);
  putDigests(user, "ph", traits.phone, phone);
  putDigests(user, "fn", traits.firstName, lower);
  putDigests(user, "ln", traits.lastName, lower);
  putDigests(user, "ge", traits.gender, gender);
  putDigests(user, "db", traits.birthday, birthDate);
  const address = isObject(traits.address) ? traits.address : {};
  putDigests(user, "ct", address.city, city);
  putDigests(user, "st", address.state, code);
  putDigests(user, "zp", address.postalCode, postcode);
  putDigests(user, "country", address.country, code);
  if (!putDigests(user, "external_id", event.userId, same)) putDigests(user, "external_id", event.anonymousId, same);
  put(user, "client_ip_address", context.ip, ip);
  put(user, "client_user_agent", context.userAgent, trimmed);
  put(user, "click_id", url, epik);
  return user;
}

function customData(properties, special) {
  const custom = {};
  put(custom, "currency", properties.currency, currency);
  let items = properties.products;
  if (isEmpty(items)) items = properties.product_id ? [properties] : [];
  if (Array.isArray(items) && items.length) {
    const contents = items.filter(isObject).map((item) => {
      const made = {};
      if (!put(made, "id", item.product_id, trimmed)) put(made, "id", item.sku, trimmed);
      put(made, "item_name", item.name, trimmed);
      put(made, "item_brand", item.brand, trimmed);
      put(made, "item_category", item.category, trimmed);
      put(made, "item_price", item.price, decimal);
      if (!put(made, "quantity", item.quantity, integer) && isEmpty(item.quantity)) made.quantity = 1;
      return made;
    });
    custom.content_ids = contents.map((made) => made.id).filter((id) => id !== undefined);
    custom.contents = contents;
    custom.num_items = items.reduce((sum, item) => sum + (Number(item?.quantity) || 0), 0);
  }
  special(custom, properties);
  return custom;
}

const SECTIONS = new Map(Object.entries({
  "Order Completed": ["checkout", (custom, properties) => {
    if (!put(custom, "value", properties.revenue, decimal)) put(custom, "value", properties.total, decimal);
    put(custom, "order_id", properties.order_id, trimmed);
  }],
  "Product Added": ["add_to_cart", (custom, { price, quantity }) => {
    if (price !== null && quantity !== null) put(custom, "value", Number(price) * Number(quantity), decimal);
  }],
  "Product Viewed": ["page_visit", (custom, properties) => {
    put(custom, "value", properties.price, decimal);
    put(custom, "content_name", properties.name, trimmed);
  }],
  "Products Searched": ["search", (custom, properties) => put(custom, "search_string", properties.query, trimmed)],
  "Signed Up": ["signup", () => {}],
}));
const PAGE = ["page_visit", () => {}];
const YES = new Set(["true", "yes", "y", "1", "granted", "opted_in"]);

export function payloadOf(event) {
  const context = isObject(event.context) ? event.context : {};
  if (context.ip === "127.0.0.1") return null;
  const section = SECTIONS.get(event.event) ?? (event.type === "page" ? PAGE : undefined);
  if (section === undefined) return null;
  const granted = context.consent?.categoryPreferences?.advertising;
  if (!isEmpty(granted) && granted !== true && !YES.has(String(granted).trim().toLowerCase())) return null;
  const payload = { event_name: section[0], action_source: "web" };
  const url = context.page?.url;
  const isTold = put(payload, "event_id", event.messageId, (value) => (textOf(value).trim() ? textOf(value) : null));
  if (!isTold || !put(payload, "event_time", event.timestamp, eventTime)) return null;
  put(payload, "event_source_url", url, trimmed);
  put(payload, "language", context.locale, language);
  payload.user_data = userData(event, context, url);
  const { em, client_ip_address: address, client_user_agent: agent } = payload.user_data;
  if (em === undefined && (address === undefined || agent === undefined)) return null;
  const custom = customData(isObject(event.properties) ? event.properties : {}, section[1]);
  if (section[0] === "checkout" && custom.order_id === undefined) return null;
  if (Object.keys(custom).length) payload.custom_data = custom;
  return payload;
}

export const make = () => (line) => {
  const payload = payloadOf(JSON.parse(line));
  return payload === null ? null : JSON.stringify(payload);
};
