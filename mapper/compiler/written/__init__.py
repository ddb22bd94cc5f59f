"""The parts of a mapping as its author wrote them: sections, values, consent, tests."""
