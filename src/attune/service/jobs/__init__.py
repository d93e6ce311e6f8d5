"""Jobs: work that takes time, queued in the database and done by processes of their own."""

from attune.service.jobs.submission import Jobs

__all__ = ["Jobs"]
