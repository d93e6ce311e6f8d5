"""Custom speech and keywords as a service: projects, data, models, tests, endpoints, jobs, keys."""

from attune.service.service import Service
from attune.service.settings import Limits, Settings

__all__ = ["Limits", "Service", "Settings"]
