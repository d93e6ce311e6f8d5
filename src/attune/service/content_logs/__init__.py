"""What endpoints heard and wrote, where that is kept: to look at, to correct, to learn from."""

from attune.service.content_logs.entries import (
    audio,
    correct,
    delete,
    delete_all,
    get,
    listing,
)
from attune.service.content_logs.learning import make_dataset

__all__ = ["audio", "correct", "delete", "delete_all", "get", "listing", "make_dataset"]
