"""Samples -> the rule that reads whether a person consents."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from urllib.parse import unquote_plus

from mapper.workbench.drafting.guesses import Judge
from mapper.workbench.drafting.likely_fields import Vocabulary
from mapper.workbench.drafting.rule import DraftRule, asked, seen
from mapper.workbench.drafting.seen_attributes import Attribute, Samples, path_text
from mapper.workbench.yaml_text import PLAIN

_MOST_ANSWERS = 6
_ENOUGH = 0.9
_ADVERTISING = "C0004"
# C0001, the necessary cookies, is always granted, so every text of OneTrust names it.
_GROUPS = re.compile(r"(?:^|,|\bgroups=)\s*C0001(?::1)?\s*(?:,|&|$)")


def find_consent(samples: Samples, judge: Judge) -> DraftRule | None:
    """The rule that reads consent, or a question which of its values counts; None if there is none."""
    groups = _groups(samples)
    if groups is not None:
        return groups
    vocabulary = judge.vocabulary
    answers = [
        one
        for one in samples.attributes
        if one.at is None and 0 < one.distinct <= _MOST_ANSWERS and vocabulary.is_about(one.names, "consent")
        if not vocabulary.is_about(one.names, "not_consent")
    ]
    answers.sort(key=lambda one: (not vocabulary.is_about(one.names, "consent_for"), one.names))
    if not answers:
        return _listed_consent(samples, judge)
    first, truth = answers[0], vocabulary.roles.get("truth", "")
    rivals = [one for one in _answers_for_ads(samples, judge) if one.names != first.names]
    if rivals:
        told = [f"{one.text} ({seen((one,), samples)})" for one in (first, *rivals)]
        every = ", ".join(one.text for one in (first, *rivals))
        return asked(f"which counts? {'; '.join(told)}. For each of them {{all: [{every}]}}", first, *rivals)
    if judge.takes(truth, first.values) == 1:
        return DraftRule(first.text, seen((first,), samples), (first,))
    said = f"{first.text} ({seen((first,), samples)}): which of its values mean yes?"
    return asked(said, first, evidence=seen((first,), samples))


def _groups(samples: Samples) -> DraftRule | None:
    """The category for advertising in the cookie or the list of groups of OneTrust."""
    for one in samples.attributes:
        texts = [unquote_plus(unquote_plus(value)) for value in one.values if isinstance(value, str)]
        found = [text for text in texts if _GROUPS.search(text)]
        if one.at is not None or not found or len(found) < _ENOUGH * len(one.values):
            continue
        # A text without states lists only granted categories, so the one for advertising may be missing.
        if any(_ADVERTISING in text for text in found) or not any(":" in text for text in found):
            has_others = any("=" in text for text in found)
            share = seen((one,), samples, is_personal=has_others)
            said = f"{share}; OneTrust's {_ADVERTISING} is mostly advertising"
            return DraftRule({"from": one.text, "apply": {"onetrust": _ADVERTISING}}, said, (one,))
    return None


def _listed_consent(samples: Samples, judge: Judge) -> DraftRule | None:
    """A question for a list about consent with one answer for each purpose: which answer counts?"""
    vocabulary, truth = judge.vocabulary, judge.vocabulary.roles.get("truth", "")
    for one in samples.attributes:
        if not one.at or not one.values or not vocabulary.is_about(one.at, "consent"):
            continue
        if judge.takes(truth, one.values) < 1 or vocabulary.is_about(one.names, "not_consent"):
            continue
        path = path_text(one.at)
        likely = [*_for_ads([each for each in samples.attributes if each.at == one.at], vocabulary)]
        said = f"which {one.text} of {path} counts?"
        if likely:
            said += f" For example {path}[?{likely[0]}].{one.text} | [0]"
            said += "".join(f", or {condition}" for condition in likely[1:])
        return asked(said, one)
    return None


def _for_ads(beside: Sequence[Attribute], vocabulary: Vocabulary) -> Iterator[str]:
    """The conditions that choose the elements of a list that are about advertising."""
    for one in beside:
        texts = dict.fromkeys(value for value in one.values if isinstance(value, str))
        if len(texts) <= _MOST_ANSWERS:
            names = [text for text in texts if vocabulary.is_about([text], "consent_for")]
            yield from (f"{one.text} == '{name}'" for name in sorted(names) if PLAIN.fullmatch(name))


def likely_consent(samples: Samples, judge: Judge) -> Attribute | None:
    """An attribute with yes or no to marketing or the like, in any object."""
    return next(_answers_for_ads(samples, judge), None)


def _answers_for_ads(samples: Samples, judge: Judge) -> Iterator[Attribute]:
    """The attributes with yes or no to marketing or the like, in any object."""
    vocabulary, truth = judge.vocabulary, judge.vocabulary.roles.get("truth", "")
    for one in samples.attributes:
        is_about = vocabulary.is_about(one.names[-1:], "consent_for")
        if one.at is not None or not is_about or vocabulary.is_about(one.names, "not_consent"):
            continue
        if 0 < one.distinct <= _MOST_ANSWERS and judge.takes(truth, one.values) == 1:
            yield one
