"""Lets of which only attributes are read -> advice where `from` takes one of several objects as a whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mapper.compiler.checks.check_registry import WITHOUT_ERRORS, CheckCase, check
from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.jmespath.tree import Field, Variable
from mapper.compiler.schema.compared_names import letters_of
from mapper.compiler.syntax.let_nodes import written_variable
from mapper.compiler.syntax.syntax_facts import MeantName
from mapper.compiler.syntax.value_nodes import FirstOf, Let, Rule, Value
from mapper.compiler.yaml.edits import key_before
from mapper.texts.diagnostic import Diagnostic

# What sources call the object with what they know of a person.
_PERSONS = frozenset(
    {
        *("traits", "user", "userdata", "userproperties", "usertraits", "customer", "profile", "person"),
        *("contact", "buyer", "shopper", "visitor", "member", "identity", "subscriber", "lead"),
    }
)
# Attributes that make sense only together: taken from two objects, they are nobody's address or price.
_TOGETHER = (
    frozenset(
        {
            *("address", "address1", "address2", "street", "line1", "line2", "city", "zip", "zipcode"),
            *("postcode", "postalcode", "state", "province", "provincecode", "region", "county"),
            *("country", "countrycode"),
        }
    ),
    frozenset({"amount", "value", "price", "total", "currency", "currencycode"}),
)


@check("M909", needs=("whole", "let read"), yields_to=WITHOUT_ERRORS)
def one_object_of_several(case: CheckCase) -> Iterator[Diagnostic]:
    """Objects of one kind that hide each other's attributes."""
    choices = {let.name: made for let in case.mapping.lets if (made := _objects(let)) is not None}
    if not choices:
        return
    read = _attributes(case, choices)
    for name, source in choices.items():
        attributes = read.get(name)
        if attributes and not _is_together(attributes):
            key = key_before("from", source.span)
            let = written_variable(name)
            message = f"`${let}` is one of these objects as a whole, and only attributes of it are read"
            hint = "`across` takes each attribute from the first of the objects in which it is present"
            facts = None if key is None else MeantName(key, "across")
            yield Diagnostic("M909", key or source.span, message, hint, facts=facts)


def _objects(let: Let) -> FirstOf | None:
    """The alternatives of a let, if they are paths to objects of one kind."""
    if not isinstance(let.value, Rule) or let.value.steps or not isinstance(let.value.source, FirstOf):
        return None
    source = let.value.source
    paths = [one.path() if isinstance(one, Expression) else None for one in source.alternatives]
    names = [letters_of(path[-1]) for path in paths if path]
    if len(names) < len(paths) or len(names) < 2:
        return None
    return source if len(set(names)) == 1 or _PERSONS.issuperset(names) else None


def _attributes(case: CheckCase, choices: dict[str, FirstOf]) -> dict[str, set[str]]:
    """The attributes that are read of each let; none of one that is used in any other way."""
    values = case.mapping.all_values
    given = _given_to_steps(values)
    read: dict[str, set[str]] = {name: set() for name in choices if name not in given}
    for value in values:
        if isinstance(value, Expression):
            _count(value, read)
    return read


def _given_to_steps(values: Iterable[Value]) -> set[str]:
    """The variables that are arguments of steps."""
    rules = (one for one in values if isinstance(one, Rule))
    return {name for rule in rules for step in rule.steps for name in step.variables}


def _count(expression: Expression, read: dict[str, set[str]]) -> None:
    """Add the attributes that an expression reads of lets; leave out lets that it uses as a whole."""
    based: set[int] = set()
    for node in expression.walk():
        if isinstance(node, Field) and isinstance(node.base, Variable) and node.base.name in read:
            based.add(id(node.base))
            read[node.base.name].add(node.name)
        elif isinstance(node, Variable) and id(node) not in based:
            read.pop(node.name, None)


def _is_together(attributes: set[str]) -> bool:
    """Whether most of some attributes make sense only together."""
    names = {letters_of(one) for one in attributes}
    return any(2 * len(names & group) > len(names) and len(names & group) > 1 for group in _TOGETHER)
