"""Custom speech and keywords as a service: projects, data, models, tests, endpoints, jobs, keys."""
