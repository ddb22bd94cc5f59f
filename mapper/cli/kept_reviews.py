"""Mapping files -> their reviews, those that found nothing from the cache where the files are unchanged.

`mapper/project/clean_checks.py` decides whether they are.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Any

from mapper.project.cache_folder import SWITCHED_OFF, caching_folder
from mapper.project.clean_checks import CleanCheck, CleanChecks
from mapper.project.folders import scope_of
from mapper.texts.named_text import Text
from mapper.texts.review import Review


@dataclass(frozen=True, slots=True)
class KeptReviews:
    """The reviews of mapping files. schemas: the folder that a caller names. checks: None without a cache.

    clean: what was kept of files, by their names. places: of the others.
    """

    schemas: str | None
    checks: CleanChecks | None = None
    clean: dict[str, Review] = field(default_factory=dict)
    places: dict[str, CleanCheck] = field(default_factory=dict)

    def find(self, file: str) -> bool:
        """Whether a file was clean when it was last checked, and would be so again."""
        place = None if self.checks is None else self.checks.place(file, scope_of(file, self.schemas))
        if self.checks is None or place is None:
            return False
        found = self.checks.find(place)
        if found is None:
            self.places[file] = place
        else:
            self.clean[file] = found
        return found is not None

    def review(self, text: Text, samples: dict[str, Any] | None) -> Review:
        """The review of the text of a mapping, which is kept if nothing is found. samples: as of `check`."""
        from mapper.project.project import project_of
        from mapper.reviewing import review_of

        project = project_of(text.name, self.schemas, samples=samples)
        review = review_of(text, project)
        if self.checks is not None and text.name in self.places:
            self.checks.keep(self.places[text.name], text.content, review, project.read, project.matched)
        return review


def kept_reviews(schemas: str | None, *, cached: bool) -> KeptReviews:
    """The reviews that a command works with. cached: the caller did not switch the cache off."""
    folder = caching_folder(os.environ) if cached else SWITCHED_OFF
    return KeptReviews(schemas, None if isinstance(folder, str) else CleanChecks(folder))
