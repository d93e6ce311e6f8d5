"""Training of acoustic models: encoder, data, loop, export."""
