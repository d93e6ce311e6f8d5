"""Training: acoustic models, language models, pronunciation, display text and synthesised speech."""
