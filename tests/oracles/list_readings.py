"""Ways to read one list beside each other, for mappings made of them."""

from __future__ import annotations

from itertools import combinations
from typing import Any

_WAYS = (
    '"$p.products[].product_id"',
    '"$p.products[*].product_id"',
    '"$p.products[?price > `1`].product_id"',
    '"$p.products[0].product_id"',
    "$p.product_id",
    '"properties.products[].sku"',
    '"$p.products[].[sku, product_id] | []"',
    '"$p.products | map(&product_id, @)"',
    "{each: $p.products, item: product_id}",
)
READINGS = (*_WAYS, *(f"{{from: [{', '.join(two)}]}}" for two in combinations(_WAYS, 2)))

EVENT: dict[str, Any] = {
    "id": "o-1",
    "at": 1777629600,
    "email": "ada@example.com",
    "properties": {
        "total": 36.5,
        "product_id": "p-1",
        "products": [
            {
                "product_id": f"p-{number}",
                "name": "a thing",
                "price": 1.5,
                "quantity": 2,
                "extra": {"a": [1, 2]},
            }
            for number in range(3)
        ],
    },
}


def mapping_reading(content_ids: str) -> str:
    """A mapping that reads a list for `contents`, and in another way for `content_ids`."""
    return f"""version: 1
target: pinterest/conversions-v5
let: {{p: properties}}
payload:
  action_source: {{const: web}}
  event_id: id
  event_time: at
  user_data: {{em: email}}
  custom_data:
    value: $p.total
    content_ids: {content_ids}
    contents: {{each: $p.products, item: {{id: product_id, item_price: price, quantity: quantity}}}}
otherwise: {{send: checkout}}
"""
