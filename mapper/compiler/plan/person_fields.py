"""The fields of a target whose values identify a person alone, by name, and what they make of a value."""

from __future__ import annotations

from mapper.compiler.plan.constants import settle
from mapper.compiler.schema.compared_names import letters_of
from mapper.compiler.schema.json_schema import Schema
from mapper.compiler.schema.target import TargetField, read_target
from mapper.texts.diagnostic import closest
from mapper.values.frozen import dataclass
from mapper.values.types import Json


@dataclass(frozen=True, slots=True)
class PersonFields:
    """The fields that a schema marks with `x-person`, each beside the object around it."""

    fields: tuple[tuple[TargetField, TargetField], ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Their names, in the order of the schema."""
        return tuple(field.name for field, _ in self.fields)

    @property
    def paths(self) -> tuple[str, ...]:
        """Their paths, in the same order."""
        return tuple(field.path for field, _ in self.fields)

    @property
    def plain_paths(self) -> tuple[str, ...]:
        """The paths of those whose values a payload has as they are, and not as digests."""
        return tuple(field.path for field, _ in self.fields if not _is_hashed(field))

    def called(self, name: str) -> str | None:
        """The path of the field of a name, as the target, other tools or its title call it."""
        letters = letters_of(name)
        for field, around in self.fields:
            if letters == letters_of(field.name) or around.titled(name) == field.name:
                return field.path
        return None

    def nearest(self, name: str) -> str | None:
        """The name, of the target or of other tools, that a wrong one most likely means."""
        known = [one for field, _ in self.fields for one in (field.name, *field.also)]
        titles = [letters_of(field.title.partition(" ")[0]) for field, _ in self.fields]
        return closest(name, [*known, *filter(self.called, titles)])

    def normal(self, path: str, value: Json, note_texts: list[str] | None = None) -> Json:
        """A value in the form of the field of a path; null if nothing is left. Raises Invalid.

        note_texts: takes why a payload with it may match nobody, if that can be told.
        """
        field = next(field for field, _ in self.fields if field.path == path)
        return settle(value, (), field, note_texts)


def _is_hashed(field: TargetField) -> bool:
    """Whether the values of a field, or of its elements, are hashed by its normal form."""
    forms = [field.form, field.item.form if field.item is not None else ()]
    return any(step.transform == "sha256" for form in forms for step in form)


def person_fields(name: str, schema: Schema) -> PersonFields:
    """Those of a target by its schema. Raises SchemaError."""
    around = read_target(name, schema).root.walk()
    return PersonFields(tuple((one, each) for each in around for one in each.fields if one.person))
