"""The table of diagnostic codes: how bad each is, why, and how to fix it. A code is never reused.

Ranges: M0xx YAML and shape, M1xx expressions, M2xx types, M3xx target, M4xx policy, consent and personal
data, M5xx tests, M6xx samples, M7xx intakes, M8xx repositories, M9xx advice.
"""

from mapper.codes.advice import ADVICE
from mapper.codes.code import DiagnosticCode, Severity, page_of
from mapper.codes.example import MappingExample, difference, example
from mapper.codes.expression import EXPRESSION
from mapper.codes.intake import INTAKE
from mapper.codes.policy import POLICY
from mapper.codes.repository import REPOSITORY
from mapper.codes.samples import SAMPLES
from mapper.codes.shape import SHAPE
from mapper.codes.target import TARGET
from mapper.codes.tests import TESTS
from mapper.codes.types import TYPES

CODES: dict[str, DiagnosticCode] = {
    **SHAPE,
    **EXPRESSION,
    **TYPES,
    **TARGET,
    **POLICY,
    **TESTS,
    **SAMPLES,
    **INTAKE,
    **REPOSITORY,
    **ADVICE,
}

__all__ = ["CODES", "DiagnosticCode", "MappingExample", "Severity", "difference", "example", "page_of"]
