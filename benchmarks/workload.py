"""The events that the benchmarks map: a shop's Segment calls, the same ones for the same seed.

    .venv/bin/python benchmarks/workload.py --count 20000 > build/events.ndjson

About 1.9 KB each as compact JSON: checkouts with three to five products, product views, carts, searches,
sign-ups, pages, and a few calls that are not sent. Most values are what a shop's site sends; `oddities.py`
has the odd ones.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from oddities import maybe_odd

SEED = 20260501
_BEGINNING = datetime(2026, 5, 1, tzinfo=UTC)
# Of a hundred calls.
_KINDS = {
    "Order Completed": 20,
    "Product Added": 18,
    "Product Viewed": 32,
    "Products Searched": 9,
    "Signed Up": 6,
    "page": 11,
    "Cart Viewed": 3,
    "Coupon Applied": 1,
}

# fmt: off
_FIRST = (
    "Ada", "Ben", "Chloé", "Dmitri", "Elif", "Fatima", "George", "Hannah", "Igor", "Jürgen", "Keiko", "Liam",
    "María", "Noah", "Olu", "Pía", "Quinn", "Zoë",
)
_LAST = (
    "Abbott", "Brown", "Castillo", "da Silva", "Evans", "Fischer", "García", "Hughes", "Ito", "Jones",
    "Kowalski", "Lee", "Müller", "Novák", "O'Connor", "Popov", "Rossi", "Smith-Jones", "van der Berg", "Wu",
)
_DOMAINS = ("gmail.com", "yahoo.com", "outlook.com", "icloud.com", "web.de", "example.co.uk", "Example.com")
# City, state, postal code, country, calling code, digits of a national number, time zone, locale; and how
# many of the shop's people live there.
_HOMES = (
    ("San Francisco", "CA", "94107", "US", "1", 10, "America/Los_Angeles", "en-US"),
    ("New York", "NY", "10012-3344", "US", "1", 10, "America/New_York", "en-US"),
    ("St. Louis", "MO", "63103", "US", "1", 10, "America/Chicago", "en-US"),
    ("Toronto", "ON", "M5V 2T6", "CA", "1", 10, "America/Toronto", "en-CA"),
    ("Montréal", "QC", "H2X 1Y4", "CA", "1", 10, "America/Toronto", "fr-CA"),
    ("London", None, "SW1A 1AA", "GB", "44", 10, "Europe/London", "en-GB"),
    ("Köln", None, "50667", "DE", "49", 11, "Europe/Berlin", "de-DE"),
    ("Paris", None, "75011", "FR", "33", 9, "Europe/Paris", "fr-FR"),
    ("São Paulo", None, "01310-100", "BR", "55", 11, "America/Sao_Paulo", "pt-BR"),
)
_LIVE_THERE = (4, 3, 3, 1, 1, 1, 2, 2, 1)
_SYSTEMS = (
    "Macintosh; Intel Mac OS X 10_15_7", "Windows NT 10.0; Win64; x64", "X11; Linux x86_64",
    "iPhone; CPU iPhone OS 18_5 like Mac OS X",
)
_THINGS = (
    "Stoneware mug", "Wool rug", "Oak shelf", "Linen throw", "Crème brûlée set", "Desk lamp", "Wall clock",
)
_COLOURS = ("sand", "moss", "slate", "ochre", "rosé", "navy")
_BRANDS = ("Lumen & Co", "Hasbro", "Nordhjem", "Maison Été", "Acme")
_CATEGORIES = ("Home/Kitchen", "Home/Living room", "Home/Office", "Garden", "Gifts")
_QUERIES = ("wool rug", "desk lamp", "gifts for dad", "crème brûlée", "shelf 80cm")
_SEARCHES = ("?utm_source=pinterest&utm_medium=paid", "?ref=nav", "")
_CURRENCIES = {"US": "USD", "CA": "CAD", "GB": "GBP", "BR": "BRL"}
# fmt: on


def write_events(count: int, seed: int = SEED) -> Iterator[bytes]:
    """The events as lines of NDJSON."""
    for event in make_events(count, seed):
        yield json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def make_events(count: int, seed: int = SEED) -> Iterator[dict[str, Any]]:
    """Make so many events; a larger count begins with the same ones."""
    chance = random.Random(seed)
    for number in range(count):
        [kind] = chance.choices(list(_KINDS), list(_KINDS.values()))
        yield _event(kind, number, chance)


def make_orders(count: int, seed: int = SEED) -> Iterator[dict[str, Any]]:
    """Make so many rows of a table of orders, for the ready mapping `warehouse-orders`: all are texts."""
    chance = random.Random(seed)
    for number in range(count):
        [home] = chance.choices(_HOMES, _LIVE_THERE)
        moment = _BEGINNING + timedelta(seconds=number * 37)
        at = maybe_odd(f"{moment:%Y-%m-%d %H:%M:%S}", "time", chance)
        row = {"order_id": f"{100_000 + number}", "ordered_at": at, "time_zone": home[6]}
        yield {**row, **_buyer(home, chance), **_amounts(home, chance)}


def _buyer(home: tuple[Any, ...], chance: random.Random) -> dict[str, Any]:
    """The columns of a buyer, in a store or on the web; half of the phone numbers have the national form."""
    traits = _traits(home, chance)
    address, phone = traits["address"], traits["phone"]
    if type(phone) is str and chance.random() < 0.5:
        phone = phone.replace(f"+{home[4]} ", "" if home[4] == "1" else "0")
    row = {
        "consent": maybe_odd("yes" if chance.random() < 0.97 else "no", "consent", chance),
        "customer_id": maybe_odd(f"C-{_hex(chance, 8)}", "user id", chance),
        "email": traits["email"],
        "phone": phone,
        "first_name": traits["firstName"],
        "last_name": traits["lastName"],
        "city": address["city"],
        "state": address.get("state"),
        "zip": address["postalCode"],
        "country": address["country"],
    }
    if chance.random() < 0.6:
        return {**row, "store_id": f"{chance.randint(1, 40):03}"}
    context = _context("Order Completed", home, False, chance)
    row |= {"client_ip": context["ip"], "client_user_agent": context["userAgent"]}
    return {**row, "page_url": context["page"]["url"], "click_id": f"dj0yJnU9{_hex(chance, 40)}"}


def _amounts(home: tuple[Any, ...], chance: random.Random) -> dict[str, Any]:
    """The columns of the items; one total in ten is missing, and one row in fifty is a return."""
    items = range(chance.randint(1, 5))
    total = f"{chance.randint(1000, 40000) / 100:.2f}" if chance.random() < 0.9 else ""
    return {
        "total": f"-{total}" if total and chance.random() < 0.02 else maybe_odd(total, "price", chance),
        "currency": maybe_odd(_CURRENCIES.get(home[3], "EUR"), "currency", chance),
        "skus": "|".join(f"{_hex(chance, 8)}-{chance.randint(10, 99)}" for _ in items),
        "quantities": "|".join(chance.choice(("1", "1", "1", "2", "3")) for _ in items),
        "prices": "|".join(f"{chance.randint(200, 20000) / 100:.2f}" for _ in items),
    }


def _event(kind: str, number: int, chance: random.Random) -> dict[str, Any]:
    [home] = chance.choices(_HOMES, _LIVE_THERE)
    moment = _BEGINNING + timedelta(milliseconds=number * 3713 + chance.randrange(3000))
    written = moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    known = kind in ("Order Completed", "Signed Up") or chance.random() < 0.65
    event: dict[str, Any] = {
        "type": "page" if kind == "page" else "track",
        "messageId": maybe_odd(f"ajs-next-{_hex(chance, 32)}", "id", chance),
        "anonymousId": f"{_hex(chance, 8)}-{_hex(chance, 4)}-4aef-9ce2-{_hex(chance, 12)}",
        "userId": maybe_odd(f"user-{_hex(chance, 12)}", "user id", chance) if known else None,
        "timestamp": maybe_odd(written, "time", chance),
        "originalTimestamp": written,
        "sentAt": written,
        "receivedAt": written,
        "context": maybe_odd(_context(kind, home, known, chance), "context", chance, 10),
        "integrations": {"All": True, "Pinterest Conversions API": chance.random() < 0.9},
        "_metadata": {"bundled": ["Segment.io"], "unbundled": [], "bundledIds": [], "nodeVersion": "20.20.2"},
        "properties": maybe_odd(_properties(kind, home, chance), "object", chance, 10),
        "writeKey": _hex(chance, 32),
    }
    if kind == "page":
        event["name"] = "Home"
    else:
        event["event"] = maybe_odd(kind, "name of an event", chance, 4)
    return event


def _context(kind: str, home: tuple[Any, ...], known: bool, chance: random.Random) -> dict[str, Any]:
    path = f"/{kind.lower().replace(' ', '-')}/{_hex(chance, 6)}"
    search = chance.choice(_SEARCHES)
    if chance.random() < 0.2:
        search = f"?utm_source=pinterest&epik=dj0yJnU9{_hex(chance, 40)}"
    agent = f"Mozilla/5.0 ({chance.choice(_SYSTEMS)}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/147.0.0.0"
    context: dict[str, Any] = {
        "ip": maybe_odd(".".join(str(chance.randint(11, 99)) for _ in range(4)), "ip", chance),
        "userAgent": maybe_odd(f"{agent} Safari/537.36", "text", chance),
        "locale": maybe_odd(home[7], "locale", chance),
        "timezone": home[6],
        "library": {"name": "analytics.js", "version": "npm:next-1.78.1"},
        "page": {
            "path": path,
            "referrer": "https://www.pinterest.com/" if search else "https://shop.example.com/",
            "search": search,
            "title": f"{kind} · the shop for your home",
            "url": maybe_odd(f"https://shop.example.com{path}{search}", "url", chance),
        },
        "campaign": {"name": "spring", "source": "pinterest", "medium": "paid"},
        "userAgentData": {
            "brands": [{"brand": "Chromium", "version": "147"}, {"brand": "Not.A/Brand", "version": "24"}],
            "mobile": False,
            "platform": "macOS",
        },
        "screen": {"width": 1440, "height": 900, "density": 2},
    }
    if known:
        context["traits"] = maybe_odd(_traits(home, chance), "object", chance, 10)
    if chance.random() < 0.5:
        granted = maybe_odd(chance.random() < 0.97, "consent", chance)
        context["consent"] = {"categoryPreferences": {"advertising": granted, "analytics": True}}
    return context


def _traits(home: tuple[Any, ...], chance: random.Random) -> dict[str, Any]:
    city, state, postal_code, country, calling_code, digits, _, _ = home
    first, last = chance.choice(_FIRST), chance.choice(_LAST)
    mailbox = f"{first}.{last}{chance.randint(1, 9999)}".encode("ascii", "ignore").decode()
    mailbox = mailbox.replace(" ", "").replace("'", "")
    national = "".join(str(chance.randint(2, 9)) for _ in range(digits))
    phone = f"+{calling_code} {national[:3]} {national[3:6]}-{national[6:]}"
    traits: dict[str, Any] = {
        "email": maybe_odd(f"{mailbox}@{chance.choice(_DOMAINS)}", "email", chance),
        "phone": maybe_odd(phone, "phone", chance),
        "firstName": maybe_odd(first, "name", chance),
        "lastName": maybe_odd(last, "name", chance),
        "address": {
            "street": f"{chance.randint(1, 999)} Market Street",
            "city": maybe_odd(city, "city", chance),
            "postalCode": maybe_odd(postal_code, "postcode", chance),
            "country": maybe_odd(country, "country", chance),
        },
    }
    if state is not None:
        traits["address"]["state"] = maybe_odd(state, "state", chance)
    if chance.random() < 0.4:
        traits["gender"] = maybe_odd(chance.choice(("f", "m", "female", "male")), "gender", chance)
    if chance.random() < 0.4:
        born = f"{chance.randint(1950, 2007)}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}"
        traits["birthday"] = maybe_odd(born, "birthday", chance)
    return traits


def _properties(kind: str, home: tuple[Any, ...], chance: random.Random) -> dict[str, Any]:
    currency = maybe_odd(_CURRENCIES.get(home[3], "EUR"), "currency", chance)
    if kind == "Order Completed":
        return _order(currency, chance)
    if kind in ("Product Added", "Product Viewed"):
        return {"cart_id": _hex(chance, 24), "currency": currency, **_product(chance)}
    if kind == "Products Searched":
        query = maybe_odd(chance.choice(_QUERIES), "text", chance)
        return {"query": query, "results": chance.randint(0, 90)}
    if kind == "Signed Up":
        return {"type": "organic", "title": "Welcome", "newsletter": True}
    return {"cart_id": _hex(chance, 24), "title": "Home", "currency": currency}


def _order(currency: Any, chance: random.Random) -> dict[str, Any]:
    products = [_product(chance) for _ in range(chance.randint(3, 5))]
    revenue = chance.randint(1000, 40000) / 100
    order: dict[str, Any] = {
        "checkout_id": _hex(chance, 24),
        "order_id": maybe_odd(_hex(chance, 24), "id", chance, 4),
        "affiliation": "Web shop",
        "total": round(revenue * 1.2 + 4.9, 2),
        "revenue": maybe_odd(revenue, "price", chance),
        "shipping": 4.9,
        "tax": round(revenue * 0.2, 2),
        "coupon": "SPRING",
        "currency": currency,
        "products": maybe_odd(products, "products", chance, 4),
    }
    if chance.random() < 0.3:
        order["email"] = maybe_odd(f"{_hex(chance, 8)}@example.com", "email", chance)
    return order


def _product(chance: random.Random) -> dict[str, Any]:
    number = _hex(chance, 8)
    price: Any = chance.randint(200, 20000) / 100
    if chance.random() < 0.15:
        price = f"{price:.2f}"
    name = f"{chance.choice(_THINGS)}, {chance.choice(_COLOURS)}"
    return {
        "product_id": maybe_odd(f"P-{number}", "id", chance, 4),
        "sku": f"{number}-{chance.randint(10, 99)}",
        "name": maybe_odd(name, "text", chance),
        "brand": chance.choice(_BRANDS),
        "category": chance.choice(_CATEGORIES),
        "variant": chance.choice(_COLOURS),
        "price": maybe_odd(price, "price", chance),
        "quantity": maybe_odd(chance.choice((1, 1, 1, 2, 3)), "quantity", chance),
        "position": chance.randint(1, 40),
        "url": f"https://shop.example.com/p/{number}",
        "image_url": f"https://cdn.example.com/{number}/1200x1200.jpg",
    }


def _hex(chance: random.Random, length: int) -> str:
    return f"{chance.getrandbits(4 * length):0{length}x}"


def main() -> None:
    """Write the events of the workload."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=SEED)
    arguments = parser.parse_args()
    sys.stdout.buffer.writelines(write_events(arguments.count, arguments.seed))


if __name__ == "__main__":
    main()
