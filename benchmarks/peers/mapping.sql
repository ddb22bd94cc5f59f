-- mapping.yaml in DuckDB's SQL, over a file of events: phones, places and dates by simple rules, no checks of types.
CREATE OR REPLACE MACRO known(v) AS
  CASE WHEN lower(trim(v)) NOT IN ('', 'null', 'undefined', 'none', 'nan', 'n/a') AND NOT contains(v, '{{')
  THEN trim(v) END;
CREATE OR REPLACE MACRO digest(v, formed) AS
  CASE WHEN known(v) IS NULL THEN NULL
  WHEN regexp_full_match(known(v), '[0-9a-fA-F]{64}') THEN [lower(known(v))]
  ELSE [sha256(formed)] END;
CREATE OR REPLACE MACRO digits(v) AS regexp_replace(regexp_replace(v, '[^0-9]', '', 'g'), '^0+', '');
CREATE OR REPLACE MACRO bare(v) AS regexp_replace(lower(trim(v)), '[ -/:-@\[-`{-~]', '', 'g');
CREATE OR REPLACE MACRO priced(v) AS CASE WHEN try_cast(v AS DOUBLE) IS NOT NULL THEN try_cast(v AS DOUBLE)::VARCHAR END;

WITH read AS (
  SELECT row_number() OVER () AS number, json AS j, json->>'$.event' AS name, json->'$.context.traits' AS t,
    json->'$.properties' AS p,
    CASE json->>'$.event' WHEN 'Order Completed' THEN 'checkout' WHEN 'Product Added' THEN 'add_to_cart'
      WHEN 'Product Viewed' THEN 'page_visit' WHEN 'Products Searched' THEN 'search' WHEN 'Signed Up' THEN 'signup'
      ELSE CASE json->>'$.type' WHEN 'page' THEN 'page_visit' END END AS sent
  FROM read_ndjson_objects(?)
), listed AS (
  SELECT *, CASE WHEN json_array_length(p->'$.products') > 0 THEN json_extract(p, '$.products[*]')
    WHEN p->>'$.product_id' IS NOT NULL THEN [p] END AS items
  FROM read
), itemised AS (
  SELECT *, list_transform(items, lambda i: json_object(
      'id', coalesce(known(i->>'$.product_id'), known(i->>'$.sku')), 'item_name', i->>'$.name',
      'item_brand', i->>'$.brand', 'item_category', i->>'$.category', 'item_price', priced(i->>'$.price'),
      'quantity', coalesce(try_cast(i->>'$.quantity' AS BIGINT), 1))) AS contents,
    list_transform(items, lambda i: coalesce(known(i->>'$.product_id'), known(i->>'$.sku'))) AS ids,
    list_sum(list_transform(items, lambda i: try_cast(i->>'$.quantity' AS BIGINT)))::BIGINT AS total
  FROM listed
)
SELECT CASE WHEN sent IS NOT NULL AND j->>'$.context.ip' IS DISTINCT FROM '127.0.0.1'
    AND (j->>'$.context.consent.categoryPreferences.advertising') IS DISTINCT FROM 'false'
  THEN json_merge_patch('{}', json_object(
    'event_name', sent, 'action_source', 'web', 'event_id', j->>'$.messageId',
    'event_time', floor(epoch(try_cast(j->>'$.timestamp' AS TIMESTAMPTZ)))::BIGINT,
    'event_source_url', j->>'$.context.page.url', 'language', left(lower(j->>'$.context.locale'), 2),
    'user_data', json_object(
      'em', digest(coalesce(p->>'$.email', t->>'$.email'), lower(trim(coalesce(p->>'$.email', t->>'$.email')))),
      'ph', digest(t->>'$.phone', digits(t->>'$.phone')),
      'fn', digest(t->>'$.firstName', lower(trim(t->>'$.firstName'))),
      'ln', digest(t->>'$.lastName', lower(trim(t->>'$.lastName'))),
      'ge', digest(t->>'$.gender', left(lower(trim(t->>'$.gender')), 1)),
      'db', digest(t->>'$.birthday', digits(t->>'$.birthday')),
      'ct', digest(t->>'$.address.city', bare(t->>'$.address.city')),
      'st', digest(t->>'$.address.state', lower(trim(t->>'$.address.state'))),
      'zp', digest(t->>'$.address.postalCode', bare(t->>'$.address.postalCode')),
      'country', digest(t->>'$.address.country', lower(trim(t->>'$.address.country'))),
      'external_id', digest(coalesce(j->>'$.userId', j->>'$.anonymousId'),
        trim(coalesce(j->>'$.userId', j->>'$.anonymousId'))),
      'client_ip_address', j->>'$.context.ip', 'client_user_agent', trim(j->>'$.context.userAgent'),
      'click_id', nullif(regexp_extract(j->>'$.context.page.url', '[?&]epik=([^&#]+)', 1), '')),
    'custom_data', json_object(
      'currency', upper(p->>'$.currency'), 'content_ids', ids, 'contents', contents, 'num_items', total,
      'value', CASE WHEN sent = 'checkout' THEN priced(p->>'$.revenue')
        WHEN sent = 'add_to_cart' THEN
          round(try_cast(p->>'$.price' AS DOUBLE) * try_cast(p->>'$.quantity' AS DOUBLE), 2)::VARCHAR
        WHEN name = 'Product Viewed' THEN priced(p->>'$.price') END,
      'order_id', CASE WHEN sent = 'checkout' THEN p->>'$.order_id' END,
      'content_name', CASE WHEN name = 'Product Viewed' THEN p->>'$.name' END,
      'search_string', CASE WHEN sent = 'search' THEN p->>'$.query' END))) END AS payload
FROM itemised ORDER BY number;
