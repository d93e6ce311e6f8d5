"""N-gram language models: estimation, pruning, interpolation, storage, perplexity.

Text is normalised by the caller (`attune.text.normalize`); sentences are strings of words
separated by spaces.
"""

from .arpa import read_arpa, write_arpa
from .backoff_model import BackoffModel, NgramOrder
from .context_weights import (
    ContextWeights,
    Predictions,
    fit_context_weights,
    fit_weights,
    observe_predictions,
)
from .encoded_text import EncodedText, encode_text
from .entropy_pruning import prune_to_counts, prune_to_size, prune_to_threshold
from .growing import with_expected_frequencies, with_words
from .interpolation import interpolate, tune_context_weights, tune_weights
from .kneser_ney import FALLBACK_DISCOUNTS, Discounts, Estimate, estimate
from .ngram_counts import NgramCounts, count_ngrams
from .ngram_model import NgramModel
from .probing import write_kenlm_binary
from .sampling import sample_sentences
from .scoring import Perplexity, measure_perplexity
from .text_files import read_lines
from .trie_file import trie_file_size, trie_size_of, write_trie_file
from .vocabulary import Vocabulary

__all__ = [
    "FALLBACK_DISCOUNTS",
    "BackoffModel",
    "ContextWeights",
    "Discounts",
    "EncodedText",
    "Estimate",
    "NgramCounts",
    "NgramModel",
    "NgramOrder",
    "Perplexity",
    "Predictions",
    "Vocabulary",
    "count_ngrams",
    "encode_text",
    "estimate",
    "fit_context_weights",
    "fit_weights",
    "interpolate",
    "measure_perplexity",
    "observe_predictions",
    "prune_to_counts",
    "prune_to_size",
    "prune_to_threshold",
    "read_arpa",
    "read_lines",
    "sample_sentences",
    "trie_file_size",
    "trie_size_of",
    "tune_context_weights",
    "tune_weights",
    "with_expected_frequencies",
    "with_words",
    "write_arpa",
    "write_kenlm_binary",
    "write_trie_file",
]
