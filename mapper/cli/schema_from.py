"""`mapper schema from`: the schema of a source, drafted from another description of its events."""

from __future__ import annotations

import click

from mapper.cli.command import new_command
from mapper.cli.options import takes
from mapper.cli.schema_from_options import SchemaFromOptions

_EXAMPLE = """\
mapper schema from openapi.json                      the schemas and request bodies there are
mapper schema from openapi.json Order --out schemas/shop/order.json
mapper schema from openapi.json 'POST /orders'
mapper schema from tracking-plan.json --out schemas/web/events.json
bq show --schema shop.orders | mapper schema from -"""


@new_command("from", _EXAMPLE)
@takes(SchemaFromOptions)
@click.pass_context
def command(ctx: click.Context, options: SchemaFromOptions) -> None:
    """Draft the schema of a source from a description in FILE.

    FILE is OpenAPI 3.0 or 3.1, a JSON Schema (also of Iglu's or Confluent's registry), a tracking plan of
    Segment, Avro, or a table of BigQuery (`bq show --schema`). With several schemas in it, NAME says which;
    without NAME they are listed, but for a tracking plan, whose calls become one schema.

    Fields that are likely personal are marked `x-personal`. The parts that are not in the schema, and what
    they leave open, are listed on stderr.

    Exits with 2 if FILE cannot be read, describes nothing of that name, or several and none is named.
    """
    from mapper.cli.schema_from_call import draft_schema

    ctx.exit(draft_schema(options))
