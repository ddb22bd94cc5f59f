"""All advisers: what is found in a mapping, with hints and fixes."""

from __future__ import annotations

from mapper.compiler.advice import refused, rewrite
from mapper.compiler.advice.registry import advise

__all__ = ["advise", "refused", "rewrite"]
