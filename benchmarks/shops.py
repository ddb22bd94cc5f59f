"""Seeds -> mappings of 300 lines, each of another shop with its own words: what the benchmarks check.

All are right and silent. The same number gives the same bytes.
"""

from __future__ import annotations

import random
import re
from pathlib import Path

LINES = 300

# `<product id>` is an attribute in a shop's own spelling, `<body>` a place of its events.
_WORD = re.compile(r"<([a-z ]+)>")
_OTHER_WORDS = {
    "product id": ("product id", "item id", "article id", "variant id"),
    "price": ("price", "unit price", "net price", "sale price"),
    "quantity": ("quantity", "qty", "units", "item count"),
    "products": ("products", "line items", "articles", "cart items", "lines"),
    "revenue": ("revenue", "order revenue", "grand total", "net total"),
    "total": ("total", "order total", "total amount", "paid total"),
    "order id": ("order id", "order number", "purchase id", "receipt number"),
    "title": ("title", "product title", "label", "display name"),
    "brand": ("brand", "vendor", "maker", "brand name"),
    "category": ("category", "department", "product type", "collection"),
    "query": ("query", "search term", "search text", "keywords"),
    "currency": ("currency", "currency code", "order currency"),
    "first name": ("first name", "given name"),
    "last name": ("last name", "family name", "surname"),
    "postal code": ("postal code", "zip", "post code"),
    "region": ("region", "state", "province"),
}
_BODIES = ("data", "payload", "detail", "attributes", "fields")
_PERSONS = ("customer", "user", "person", "member", "buyer")
_CONTEXTS = ("client", "browser", "request", "session", "visit")
_ADJECTIVES = ("amber", "birch", "cedar", "delta", "ember", "fern", "grove", "harbor", "iris", "juniper")
_NOUNS = ("bakery", "books", "garden", "kitchen", "lamps", "looms", "outdoor", "pottery", "toys", "wool")

_HEAD = """\
# {title}: the events of its shop, its app and its tills, to Pinterest.
# Amounts are in <currency> as a number or a text; times have an offset.
name: {name}
version: 1
target: pinterest/conversions-v5
{source}
let:
  person: {across: [<person>, <body>.<contact>]}

  # An event with a page is a browser's, whatever device it names.
  app:
    from: [<device>.<platform>, <device>.<system>]
    when: "!present(<page>.url)"
    apply: [lowercase, {lookup: {table: {ios: app_ios, ipados: app_ios, android: app_android}}}]

  # The product of a single-product event is in the event itself.
  items:
    from:
      - <body>.<products>
      - {from: "[<body>]", when: "present(<body>.<product id>)"}

  amount:
    case:
      - {when: present(<body>.<quantity>), then: "multiply(<body>.<price>, <body>.<quantity>)"}
      - {else: <body>.<price>}

skip:
  - {when: "<address> == '127.0.0.{seed}' || <address> == '::1'", because: internal traffic}
  - {when: boolean(<body>.<is test>), because: a test order}

consent:
  granted:
    any: [<body>.<consent>.<marketing>, <person>.<accepts ads>]
  when_missing: granted               # the banner asks before anything is sent
  when_denied: skip

payload:
  action_source: {from: $app, default: web}
  event_id: {from: [<id>, <body>.<event id>]}
  event_time: <time>
  event_source_url: <page>.url
  language: <device>.<locale>
  partner_name: {const: {name}}
  user_data:
    em: {from: [$person.email, <body>.email]}
    ph: {from: $person.phone, apply: {phone: {country: {country}}}}
    fn: $person.<first name>
    ln: $person.<last name>
    ge: $person.<gender>
    db: {from: $person.<birthday>, apply: {birth_date: "%Y-%m-%d"}}
    ct: $person.<home>.<town>
    st: $person.<home>.<region>
    zp: $person.<home>.<postal code>
    country: {from: $person.<home>.<land>, default: {country}}
    external_id: $person.<account>
    hashed_maids: {from: <device>.<advertising id>, when: boolean(<device>.<tracking allowed>)}
    client_ip_address: <address>
    client_user_agent: <agent>
    click_id:                         # from the address of the page, or where the app keeps it
      from:
        - {from: <page>.url, apply: {query_parameter: epik}}
        - <body>.<click id>
  custom_data:
    currency: {from: <body>.<currency>, default: {currency}}
    content_ids: {each: $items, item: {from: [<product id>, sku]}}
    contents:
      each: $items
      where: present(not_null(<product id>, sku))
      item:
        id: {from: [<product id>, sku]}
        item_name: <title>
        item_brand: <brand>
        item_category: <category>
        item_price: {from: <price>, apply: {decimal: {point: "."}}}
        quantity: {from: <quantity>, default: 1}
    num_items: total($items[].<quantity>)
  device_info:
    case:
      - when: present($app)
        then:
          brand: <device>.<maker>
          model: <device>.<model>
          os_name: <device>.<system>
          os_version: <device>.<system version>
          locale: <device>.<locale>
          network_type: {const: wifi, when: boolean(<device>.<on wifi>)}

match: <name>

events:
"""

# A section for each of some standard events: the rules of its `custom_data`, and what is special in it.
_SECTIONS = {
    "checkout": """\
      custom_data:
        value: {from: [<body>.<revenue>, <body>.<total>, $amount], apply: {round: 2}}
        order_id: {from: <body>.<order id>, required: true}
        content_name: {from: "$items[?<quantity> > `1`] | [0].<title>", apply: trim}
""",
    "initiate_checkout": """\
      custom_data:
        value: {from: [<body>.<total>, $amount]}
        order_id: <body>.<cart id>
""",
    "add_payment_info": """\
      custom_data:
        order_id: <body>.<order id>
        content_category: {from: <body>.<payment method>, apply: [trim, lowercase]}
""",
    "add_to_cart": """\
      custom_data:
        value:
          from:
            - <body>.<value>
            - $amount
        content_name: <body>.<title>
""",
    "add_to_wishlist": """\
      custom_data:
        value: $amount
        content_name: {from: <body>.<title>, apply: trim}
""",
    "page_visit": """\
      custom_data:
        value: <body>.<price>
        content_name: {from: [<body>.<title>, <page>.title]}
        content_brand: <body>.<brand>
""",
    "view_category": """\
      custom_data:
        content_category: {from: [<body>.<category>, <body>.<list name>]}
""",
    "view_content": """\
      custom_data:
        content_name: <body>.<article>.<title>
        content_category: "concat(<body>.<article>.<topic>, ' / ', <body>.<article>.<part>)"
""",
    "search": """\
      custom_data:
        search_string: {from: [<body>.<query>, <page>.<query>], apply: [trim, lowercase]}
""",
    "signup": """\
      user_data:
        em: {from: [<body>.<account>.email, <body>.email]}
""",
    "lead": """\
      custom_data:
        value: {from: <body>.<score>, default: 1}
        content_name: <body>.<form>.<title>
""",
    "subscribe": """\
      custom_data:
        value: <body>.<plan>.<price>
        predicted_ltv: "multiply(<body>.<plan>.<price>, `12`)"
        content_name: <body>.<plan>.<title>
""",
    "watch_video": """\
      custom_data:
        content_name: <body>.<video>.<title>
        np: {const: {short}}
""",
}
_HAPPENED = {
    "checkout": ("Order Completed", "Order Placed", "Purchase"),
    "initiate_checkout": ("Checkout Started", "Checkout Begun"),
    "add_payment_info": ("Payment Info Entered", "Card Entered"),
    "add_to_cart": ("Product Added", "Cart Item Added", "Added To Basket"),
    "add_to_wishlist": ("Wishlist Added", "Item Saved"),
    "page_visit": ("Product Viewed", "Product Page Viewed"),
    "view_category": ("Product List Viewed", "Category Viewed"),
    "view_content": ("Story Read", "Article Viewed"),
    "search": ("Products Searched", "Search Done"),
    "signup": ("Signed Up", "Account Created"),
    "lead": ("Form Submitted", "Quote Requested"),
    "subscribe": ("Subscription Started", "Plan Chosen"),
    "watch_video": ("Video Watched", "Video Completed"),
}
_UNSENT = """\
  - {is: [Cart Viewed, Product Removed, Coupon Applied], skip: Pinterest has no event for it}
  - when: "<kind> == 'group' || <kind> == 'alias'"
    skip: not an action of a person

otherwise: skip

tests:
"""
_TEST = """\
  - name: {event}, {count}
    given:
      <name key>: {event}
      <id>: {name}-{count}
      <time>: "2026-05-{day}T10:00:00Z"
      <body>:
        email: shopper{count}@example.com
        <currency>: {currency}
        <order id>: R-{count}
        <products>:
          - {<product id>: {count}, <title>: "A {short}, no. {count}", <price>: {price}, <quantity>: 2}
          - {<product id>: x-{count}, <title>: 'It''s a {short}', <price>: "4.50", <quantity>: 1}
    expect:
      event_name: {sent}
      event_id: {name}-{count}
      custom_data: {currency: {currency}, num_items: 3}
"""
_SHORT_TEST = "  - {name: unmapped {count}, given: {<name key>: Unknown {count}}, expect_skip: unmapped}\n"


def write_shops(folder: Path, count: int) -> list[Path]:
    """The mappings of shops 1 up to `count`, as files."""
    paths = [folder / f"shop_{seed:03}.yaml" for seed in range(1, count + 1)]
    for seed, path in enumerate(paths, 1):
        path.write_text(write_shop(seed), encoding="utf-8")
    return paths


def write_shop(seed: int) -> str:
    """The mapping of one shop, `LINES` long."""
    chance = random.Random(seed)
    words = _words(seed, chance)
    short = chance.choice(_NOUNS)
    facts = {
        "seed": str(seed % 250 + 1),
        "short": short,
        "name": f"{chance.choice(_ADJECTIVES)}-{short}-{seed}",
        "title": f"{short.title()} no. {seed}",
        "source": "source: segment/track\n" if words["body"] == "properties" else "",
        "country": chance.choice(("GB", "DE", "FR", "US")),
        "currency": chance.choice(("GBP", "EUR", "USD")),
    }
    names = list(_SECTIONS)
    chance.shuffle(names)
    text = _HEAD + "".join(_section(name, chance) for name in names) + _UNSENT
    return _to_length(text, facts, words, chance)


def _section(name: str, chance: random.Random) -> str:
    happened = list(_HAPPENED[name])
    chance.shuffle(happened)
    return f"  - is: [{', '.join(happened)}]\n    send: {name}\n    payload:\n{_SECTIONS[name]}"


def _to_length(text: str, facts: dict[str, str], words: dict[str, str], chance: random.Random) -> str:
    """Tests after it, until it is as long as all others are."""
    whole = _filled(text, facts, words, chance)
    count = 0
    while whole.count("\n") < LINES:
        count += 1
        sent = chance.choice(list(_HAPPENED))
        more = {
            "count": str(count),
            "sent": sent,
            "event": chance.choice(_HAPPENED[sent]),
            "day": f"{count:02}",
            "price": f"{chance.randint(1, 90)}.{chance.randint(11, 99)}",
        }
        fits = whole.count("\n") + _TEST.count("\n") <= LINES
        whole += _filled(_TEST if fits else _SHORT_TEST, {**facts, **more}, words, chance)
    return whole


def _filled(text: str, facts: dict[str, str], words: dict[str, str], chance: random.Random) -> str:
    def word(match: re.Match[str]) -> str:
        name = match[1]
        if name not in words:
            words[name] = _spelt(chance.choice(_OTHER_WORDS.get(name, (name,))), words["style"])
        return words[name]

    for name, fact in facts.items():
        text = text.replace("{" + name + "}", fact)
    return _WORD.sub(word, text)


def _words(seed: int, chance: random.Random) -> dict[str, str]:
    """Where a shop's events keep what; every third shop sends Segment's."""
    style = chance.choice(("snake", "camel"))
    if seed % 3 == 0:
        return {
            **{"style": style, "body": "properties", "name": "event", "name key": "event"},
            **{"id": "messageId", "time": "timestamp", "kind": "type", "person": "context.traits"},
            **{"page": "context.page", "address": "context.ip", "agent": "context.userAgent"},
            **{"device": "properties.device"},
        }
    context = chance.choice(_CONTEXTS)
    name = _spelt(chance.choice(("event name", "event", "action")), style)
    return {
        **{"style": style, "body": chance.choice(_BODIES), "name": name, "name key": name},
        **{"id": _spelt(chance.choice(("id", "event uuid", "uid")), style)},
        **{"time": _spelt(chance.choice(("occurred at", "sent at", "created at")), style)},
        **{"kind": chance.choice(("kind", "type", "topic")), "person": chance.choice(_PERSONS)},
        **{"page": f"{context}.page", "address": f"{context}.ip"},
        **{"agent": f"{context}.{_spelt('user agent', style)}", "device": f"{context}.device"},
    }


def _spelt(words: str, style: str) -> str:
    first, *others = words.split()
    if style == "camel":
        return first + "".join(word.title() for word in others)
    return "_".join((first, *others))
