"""How much of a source a draft finds, and what of it is wrong: `python benchmarks/drafts.py`."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from mapper import authoring
from tests.generators.nested_streams import NESTED
from tests.oracles.drafts import INVENTED, beside_ready, drafted, drafted_stream, score, table


def main() -> None:
    print("Ten invented sources:\n")
    print(table({name: score(drafted(name), truth) for name, truth in INVENTED.items()}))
    print("\nTen invented streams of nested events:\n")
    print(table({name: score(drafted_stream(name), one["truth"]) for name, one in NESTED.items()}))
    print("\nThe sources of the ready mappings, each left out of what is learned:\n")
    print(table({ready.name: beside_ready(ready.name) for ready in authoring.ready_mappings()}))


if __name__ == "__main__":
    main()
