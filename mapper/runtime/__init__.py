"""During: one event in; payload, skip or rejection out. All that generated code imports comes from here."""

from mapper.runtime.checks import (
    absent,
    at_least_long,
    at_most_long,
    counted,
    matching,
    of_kind,
    on_each,
    one_of,
    within,
)
from mapper.runtime.consent import consent_given
from mapper.runtime.frame import Frame, elements
from mapper.runtime.functions import FUNCTIONS, OPERATORS
from mapper.runtime.outcome import Note, Outcome, Rejection, Skip
from mapper.runtime.program import Code, Program, load
from mapper.runtime.quick import FUNCTIONS as QUICK_FUNCTIONS
from mapper.runtime.quick import Surprise, surprising
from mapper.runtime.shape import copied, having, put, shape_part, strange, strip, whole, zip_lists
from mapper.transforms import TRANSFORMS
from mapper.types import Invalid

__all__ = [
    "Code",
    "Frame",
    "Invalid",
    "Note",
    "Outcome",
    "Program",
    "Rejection",
    "Skip",
    "Surprise",
    "absent",
    "at_least_long",
    "at_most_long",
    "consent_given",
    "copied",
    "counted",
    "elements",
    "having",
    "load",
    "matching",
    "of_kind",
    "on_each",
    "one_of",
    "put",
    "shape_part",
    "strange",
    "strip",
    "surprising",
    "whole",
    "within",
    "zip_lists",
]

# Generated code imports functions and transforms by the names of their Python functions.
globals().update({function.function.__name__: function.function for function in FUNCTIONS.values()})
globals().update({one.function.__name__: one.function for one in TRANSFORMS.values()})
globals().update({function.__name__: function for function in OPERATORS})
globals().update({function.__name__: function for function in QUICK_FUNCTIONS})
