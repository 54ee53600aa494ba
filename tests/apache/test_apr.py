"""Our patterns and paths against the library's own, on generated ones."""

import random
from collections.abc import Callable

from apache import apr
from audit403.apache.fnmatch import is_pattern, matches
from audit403.apache.paths import merge


def test_patterns(rng: random.Random, cases: Callable[[int], int]) -> None:
    for _ in range(cases(20_000)):
        pattern = "".join(rng.choices("ab.*?[]!^-\\/Aé", k=rng.randrange(9)))
        text = "".join(rng.choices("ab./[]-A\\é", k=rng.randrange(7)))
        pathname, period, caseless = (rng.random() < 0.5 for _ in range(3))
        flags = apr.PATHNAME * pathname | apr.PERIOD * period | apr.CASE_BLIND * caseless
        real = apr.fnmatch(pattern.encode(), text.encode(), flags)
        ours = matches(pattern, text, pathname=pathname, period=period, caseless=caseless)
        assert ours == real, (pattern, text, pathname, period, caseless)
        assert is_pattern(pattern) == apr.fnmatch_test(pattern.encode()), pattern


def test_paths(rng: random.Random, cases: Callable[[int], int]) -> None:
    for _ in range(cases(5000)):
        root = rng.choice(["/", "/a", "/a/b", "/a/b/"])
        path = "".join(rng.choices(["/", "a", ".", "..", "//", "b", "/./", "é"], k=rng.randrange(7)))
        assert merge(root, path).encode() == apr.merge(root.encode(), path.encode()), (root, path)
