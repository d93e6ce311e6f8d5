"""Training for keywords: the encoder that listens all day."""

from attune.train.keyword.export import KEYWORD_ENCODER_KEY, export_keyword_encoder

__all__ = ["KEYWORD_ENCODER_KEY", "export_keyword_encoder"]
