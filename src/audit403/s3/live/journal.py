"""What came of each bucket, for a run that was cut off to go on with. One with gaps is asked again."""

from collections.abc import Mapping
from typing import Any

from audit403.core import journal
from audit403.s3.live.buckets import OfBucket


class Journal(journal.Journal):
    """A journal of buckets; `known` are those of which everything was collected."""

    def __init__(self, path: str, asked: Mapping[str, Any]) -> None:
        self.known: dict[str, OfBucket] = {}
        super().__init__(path, asked)

    def add(self, one: OfBucket) -> None:
        """Write down what came of a bucket that was asked."""
        if one.is_known and not one.not_audited:
            self.write({"bucket": one.name, "region": one.region, "state": one.state})

    def take(self, row: Mapping[str, Any]) -> None:
        """Remember a bucket."""
        name, region, state = row["bucket"], row["region"], row["state"]
        if not isinstance(name, str) or not isinstance(region, str) or not isinstance(state, dict):
            raise TypeError
        self.known[name] = OfBucket(name, region, state, ())
