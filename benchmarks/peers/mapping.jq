# mapping.yaml as a jq program. jq has no digests: what would be hashed is left in its normal form.
def clean:
  if type == "string" or type == "number" then
    tostring | trim
    | if . == "" or (ascii_downcase | IN("null", "undefined", "none", "nan", "n/a")) or contains("{{") then empty else . end
  else empty end;
def listed(form): [if type == "array" then .[] else . end | clean | form] | if . == [] then empty else unique end;
def letters: ascii_downcase | explode | map(select(. >= 128 or (97 <= . and . <= 122) or (48 <= . and . <= 57))) | implode;
def digits: explode | map(select(48 <= . and . <= 57)) | implode | until(startswith("0") | not; .[1:]);
def text: if type == "string" or type == "number" then tostring else empty end;
def decimal: if type == "number" then tostring elif type == "string" then (tonumber? // empty | tostring) else empty end;
def at(path): if type == "object" then path else null end;

. as $event
| .context as $context
| {
    "Order Completed": "checkout", "Product Added": "add_to_cart", "Product Viewed": "page_visit",
    "Products Searched": "search", "Signed Up": "signup"
  } as $names
| (if (.event | type) == "string" then $names[.event] else null end
   // if .type == "page" then "page_visit" else null end) as $sent
| if $sent == null or ($context | at(.ip)) == "127.0.0.1"
    or ($context | at(.consent) | at(.categoryPreferences) | at(.advertising)) == false
  then null
  else
    ($context | at(.traits) | if type == "object" then . else {} end) as $traits
    | ($traits | at(.address) | if type == "object" then . else {} end) as $address
    | (.properties | if type == "object" then . else {} end) as $properties
    | (($properties.products | arrays) // (if $properties.product_id then [$properties] else [] end)) as $items
    | {event_name: $sent, action_source: "web"}
    + ({event_id: ($event.messageId | text)} // {})
    + ({event_time: ($event.timestamp | strings | .[:19] + "Z" | fromdateiso8601? // empty)} // {})
    + ({event_source_url: ($context | at(.page) | at(.url) | text)} // {})
    + ({language: ($context | at(.locale) | strings | .[:2] | ascii_downcase)} // {})
    + {
        user_data: (
          ({em: (($properties.email // $traits.email) | listed(ascii_downcase))} // {})
          + ({ph: ($traits.phone | listed(digits))} // {})
          + ({fn: ($traits.firstName | listed(ascii_downcase))} // {})
          + ({ln: ($traits.lastName | listed(ascii_downcase))} // {})
          + ({ge: ($traits.gender | listed(ascii_downcase | .[:1]))} // {})
          + ({db: ($traits.birthday | listed(digits))} // {})
          + ({ct: ($address.city | listed(letters))} // {})
          + ({st: ($address.state | listed(ascii_downcase))} // {})
          + ({zp: ($address.postalCode | listed(letters))} // {})
          + ({country: ($address.country | listed(ascii_downcase))} // {})
          + ({external_id: (($event.userId // $event.anonymousId) | listed(.))} // {})
          + ({client_ip_address: ($context | at(.ip) | strings)} // {})
          + ({client_user_agent: ($context | at(.userAgent) | clean)} // {})
          + ({click_id: ($context | at(.page) | at(.url) | strings | capture("[?&]epik=(?<id>[^&#]+)").id)} // {})
        ),
        custom_data: (
          ({currency: ($properties.currency | strings | ascii_upcase)} // {})
          + (if $items == [] then {} else {
              content_ids: [$items[] | objects | (.product_id // .sku) | text],
              contents: [$items[] | objects
                | ({id: ((.product_id // .sku) | text)} // {})
                + ({item_name: (.name | clean)} // {})
                + ({item_brand: (.brand | clean)} // {})
                + ({item_category: (.category | clean)} // {})
                + ({item_price: (.price | decimal)} // {})
                + {quantity: ((.quantity | numbers) // 1)}],
              num_items: ([$items[] | objects | .quantity | numbers] | add)
            } end)
          + (if $sent == "checkout" then
               ({value: (($properties.revenue // $properties.total) | decimal)} // {})
               + ({order_id: ($properties.order_id | text)} // {})
             elif $sent == "add_to_cart" then
               ({value: (($properties.price | decimal | tonumber) * ($properties.quantity | numbers) * 100 | round / 100 | tostring)} // {})
             elif $event.event == "Product Viewed" then
               ({value: ($properties.price | decimal)} // {}) + ({content_name: ($properties.name | clean)} // {})
             elif $sent == "search" then ({search_string: ($properties.query | clean)} // {})
             else {} end)
        )
      }
  end
