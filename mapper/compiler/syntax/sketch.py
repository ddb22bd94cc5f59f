"""A constant of `is` that reads as an expression -> the warning for it."""

from __future__ import annotations

from mapper.compiler.syntax.facts import ConstantCondition, QuotedConstant
from mapper.compiler.yaml.nodes import ScalarNode, YamlNode
from mapper.diagnostic import Diagnostic
from mapper.pattern import pattern
from mapper.runtime.functions import FUNCTIONS
from mapper.transforms import TRANSFORMS

_OPERATOR = pattern(r"\s(?:==|!=|&&|\|\||>=?|<=?)\s")
_CALL = pattern(r"(\w+)\(.*\)")
# A text in quotes of JMESPath, or in those of a word processor.
_TEXT = pattern(r"'([^'\\]*)'|[\u201c\u2018\u201e]([^\u201c\u201d\u2019]*)[\u201c\u201d\u2019]")


def doubtful_constant(node: YamlNode, alone: bool) -> Diagnostic | None:
    """The warning for a constant of `is` that reads as an expression; None where it does not.

    alone: it is the only one, and no `when` stands beside it.
    """
    if not isinstance(node, ScalarNode) or not isinstance(node.value, str):
        return None
    text = _TEXT.fullmatch(node.text)
    message = f"`{node.text}` is a constant here, but looks like an expression"
    if text is not None:
        fact = QuotedConstant(node.span, text[1] or text[2] or "")
        return Diagnostic("M206", node.span, message, facts=fact)
    call = _CALL.fullmatch(node.text)
    if not _OPERATOR.search(node.text) and not (call and (call[1] in FUNCTIONS or call[1] in TRANSFORMS)):
        return None
    return Diagnostic("M206", node.span, message, facts=ConstantCondition(node.span, alone))
