"""OpenAPI 3.0 and 3.1 -> the schemas of its components, of the bodies of requests, and of webhooks."""

from __future__ import annotations

from collections.abc import Iterator

from mapper.compiler.descriptions.bundle import SchemaBundle, SchemaDialect, followed
from mapper.compiler.descriptions.event_description import (
    Described,
    DescriptionError,
    DescriptionForm,
    DescriptionNotes,
    at_path,
)
from mapper.compiler.descriptions.schema_part import SchemaPart
from mapper.values.types import Json, JsonPath

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_OTHERS = {
    "swagger": "Swagger 2.0 is not read",
    "asyncapi": "AsyncAPI is not read",
}


def _fits(value: Json) -> bool:
    if not isinstance(value, dict):
        return False
    for key, message in _OTHERS.items():
        if isinstance(value.get(key), str):
            raise DescriptionError(
                message, "convert it to OpenAPI 3, or give the schema of one event", (key,)
            )
    return isinstance(value.get("openapi"), str)


def _described(value: Json) -> list[Described]:
    version = _version(value)
    if not version.startswith(("3.0", "3.1")):
        raise DescriptionError(f"OpenAPI {version[:20]} is not read", "give OpenAPI 3.0 or 3.1", ("openapi",))
    schemas = at_path(value, ("components", "schemas"))
    names = schemas if isinstance(schemas, dict) else {}
    components = [Described(name, ("components", "schemas", name)) for name in names]
    return [*components, *_bodies(value, "paths", ""), *_bodies(value, "webhooks", "webhook ")]


def _bodies(value: Json, key: str, prefix: str) -> Iterator[Described]:
    """The bodies of requests as `POST /orders`; of webhooks as `webhook order.paid`."""
    paths = at_path(value, (key,))
    for path, operations in paths.items() if isinstance(paths, dict) else ():
        found = [method for method in _METHODS if isinstance(operations, dict) and method in operations]
        for method in found:
            at = _schema_of_body(value, (key, path, method, "requestBody"))
            named = f"{method.upper()} {path}" if not prefix else path
            if at is not None:
                yield Described(f"{prefix}{named}", at)


def _schema_of_body(value: Json, at: JsonPath) -> JsonPath | None:
    """The place of the schema of a body in JSON; None where there is none."""
    if at_path(value, at) is None:
        return None
    body = followed(value, (), at)
    content = at_path(value, (*body, "content"))
    for kind in content if isinstance(content, dict) else ():
        schema = (*body, "content", kind, "schema")
        if "json" in kind.lower() and at_path(value, schema) is not None:
            return schema
    return None


def _version(value: Json) -> str:
    return str(at_path(value, ("openapi",)))


def _read(value: Json, chosen: list[Described], notes: DescriptionNotes) -> SchemaPart:
    (one,) = chosen
    dialect = SchemaDialect(siblings=not _version(value).startswith("3.0"), directed=True)
    at = followed(value, (), one.at)
    return SchemaBundle(value, at, (), dialect, notes).bundled()


def _title(value: Json) -> str:
    title, version = (at_path(value, ("info", key)) for key in ("title", "version"))
    said = [one for one in (title, version) if isinstance(one, str)]
    return f"OpenAPI {_version(value)}: {' '.join(said)}" if said else f"OpenAPI {_version(value)}"


OPEN_API = DescriptionForm(_fits, _described, _read, _title)
