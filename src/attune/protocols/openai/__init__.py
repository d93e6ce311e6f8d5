"""The API of OpenAI's speech to text: transcriptions and models, for clients made for it."""

from attune.protocols.openai.routes import install, router

__all__ = ["install", "router"]
