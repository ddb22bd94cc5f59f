"""Two versions of a mapping -> PersonalReads: the rules that send more personal attributes than before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from mapper.authoring import AttributeRead, RuleLineage
from mapper.workbench.mapping_version import Version

# The personal attributes in the values of fields, by two texts that tell the rules of a path apart.
_Reads = Mapping[tuple[str, str], set[str]]


@dataclass(frozen=True, slots=True)
class PersonalReads:
    """The personal attributes that fields read. An attribute is personal if one of the two versions marks it.

    old, new: by the path and `file:line` of the field. names: the variables, functions and tables because of
    which a field reads more, though its own rule is the same.
    """

    old: _Reads = field(default_factory=dict)
    new: _Reads = field(default_factory=dict)
    names: frozenset[str] = frozenset()

    def is_more(self, path: str, old: str, new: str) -> bool:
        """Whether a field reads more than before. old, new: where it is written; "" for nowhere."""
        return _is_more(self.old.get((path, old), set()), self.new.get((path, new), set()))


def personal_reads(old: Version, new: Version) -> PersonalReads:
    """The personal attributes that the fields of two versions read."""
    marked = old.analysis.lineage.marked | new.analysis.lineage.marked

    def is_personal(one: AttributeRead) -> bool:
        return one.is_kept and (one.is_marked or any(one.covers(path) for path in marked))

    def reads(version: Version, *, by_value: bool) -> _Reads:
        found: dict[tuple[str, str], set[str]] = {}
        for rule in _fields(version):
            place = version.shown(f"{rule.span.text.name}:{rule.span.line}")
            names = {one.name for one in rule.reads if is_personal(one)}
            found.setdefault((rule.path, rule.value if by_value else place), set()).update(names)
        return found

    before, after = reads(old, by_value=True), reads(new, by_value=True)
    grown = {key for key, names in after.items() if key in before and _is_more(before[key], names)}
    used = (name for rule in _fields(new) if (rule.path, rule.value) in grown for name in rule.names)
    return PersonalReads(reads(old, by_value=False), reads(new, by_value=False), frozenset(used))


def _fields(version: Version) -> Iterator[RuleLineage]:
    return (rule for rule in version.analysis.lineage.rules if rule.part == "field")


def _is_more(old: set[str], new: set[str]) -> bool:
    """Whether attributes were added, and not only put in place of others."""
    return len(new - old) > len(old - new)
