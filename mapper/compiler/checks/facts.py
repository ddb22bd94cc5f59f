"""What is known where a check found something: the node, the field, the names there are."""

from __future__ import annotations

from mapper.compiler.schema.target import TargetField
from mapper.compiler.yaml.nodes import ScalarNode
from mapper.frozen import dataclass


@dataclass(frozen=True, slots=True)
class ExpectedConstant:
    """A constant that a test expects of a field, which never has such a one."""

    node: ScalarNode
    field: TargetField
