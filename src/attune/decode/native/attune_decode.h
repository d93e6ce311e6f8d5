/* The C interface of attune.decode, loaded by ctypes (attune/decode/library.py mirrors it).
 *
 * Conventions: log probabilities are natural logarithms; symbol 0 is the CTC blank and symbols
 * 1..symbols-1 are phones (or whatever else the network spells words in); frame ranges are half open; every function that can fail returns a
 * Status, and `detail` outputs name the offending index. Nothing here prints or aborts. */
#ifndef ATTUNE_DECODE_H
#define ATTUNE_DECODE_H

#include <stdint.h>

#if defined(_WIN32)
#define ATTUNE_API __declspec(dllexport)
#else
#define ATTUNE_API __attribute__((visibility("default")))
#endif

/* Raised with every change below: an editable install can hold a library older than the Python
 * code beside it, and must say so rather than misread memory. */
#define ATTUNE_DECODE_ABI 5u

#define ATTUNE_NONE 0xffffffffu

typedef enum {
    STATUS_OK = 0,
    STATUS_NO_MEMORY = 1,
    STATUS_BAD_PRONUNCIATION = 2, /* detail: pronunciation index */
    STATUS_BAD_MODEL = 3,         /* detail: which check failed, see ngram.c */
    STATUS_BAD_FRAME = 4,         /* detail: frame with a NaN or +infinity */
    STATUS_BAD_OPTION = 5,
    STATUS_BAD_PHRASE = 6,        /* detail: phrase index */
    STATUS_FINISHED = 7,          /* advance() after finish() without reset() */
    STATUS_BROKEN = 8,            /* an earlier call ran out of memory: reset() first */
    STATUS_TOO_LARGE = 9,
    STATUS_TOO_SHORT = 10,        /* alignment; detail: frames needed */
    STATUS_NO_PATH = 11           /* alignment: every path has probability zero */
} Status;

/* Pronunciations as flat arrays: pronunciation i is phones[offsets[i]..offsets[i+1]). */
typedef struct {
    const uint16_t *phones;
    const uint32_t *offsets;   /* [count + 1] */
    const uint32_t *words;     /* [count] word of each pronunciation */
    const float *log_priors;   /* [count] */
    uint32_t count;
} AttunePronunciations;

typedef struct {
    AttunePronunciations pronunciations;
    uint32_t symbols;          /* blank and phones, 2..32768 */
    uint32_t word_count;
    const char *word_text;     /* the words in UTF-8, each ended by '\n' */
    uint64_t word_text_length;
    const uint8_t *model;      /* an n-gram trie file in memory, kept by the caller; or NULL */
    uint64_t model_length;
} AttuneGraphInput;

typedef struct {
    uint32_t nodes, leaves, word_ends, words, words_in_model, symbols, order;
    uint32_t unused;
    uint64_t ngrams, bytes;
} AttuneGraphStats;

typedef struct AttuneGraph AttuneGraph;
typedef struct AttuneDecoder AttuneDecoder;

typedef struct {
    float beam;                 /* keep hypotheses within this of the best */
    float word_beam;            /* the same for hypotheses that have just ended a word */
    float lm_weight;
    float word_score;           /* added at each word end */
    float pronunciation_weight; /* of the log priors */
    float blank_skip;           /* collapse frames whose log blank exceeds this; > 0: never */
    float lattice_beam;         /* alternates kept at a merge */
    float unfinished_penalty;   /* per missing phone, for a last word cut off by the end */
    float oov_log_prob;         /* ln P(word | <unk>) of phrase words outside the lexicon */
    uint32_t max_active;
    uint32_t max_alternates;
    uint32_t history_frames;    /* alternates older than this may be given up */
    uint32_t history_limit;     /* ... when more histories than this are alive */
    uint32_t log_add;           /* sum over alignments instead of taking the best */
    const float *symbol_offsets; /* [symbols] added to each row, or NULL */
} AttuneOptions;

/* Phrase p is words[offsets[p]..offsets[p+1]); word ids from word_count up are new words. The
 * pronunciations are those of every word of every phrase. */
typedef struct {
    const uint32_t *offsets;   /* [count + 1] */
    const uint32_t *words;
    const float *boosts;       /* [count] */
    uint32_t count;
    uint32_t new_words;
    AttunePronunciations pronunciations;
} AttunePhrases;

typedef struct {
    uint32_t word, pronunciation; /* pronunciation ATTUNE_NONE: unfinished word */
    uint32_t start, end;
    float acoustic, language;
    float posterior;              /* NaN when not asked for */
    uint32_t unused;
} AttuneWord;

typedef struct {
    double score, language;
    uint32_t first, count;     /* into the words array */
} AttuneHypothesis;

typedef struct {
    uint32_t from, to;         /* lattice nodes; 0 is the start */
    AttuneWord word;
    float delta;               /* loss against the best way into `to` */
} AttuneLatticeArc;

typedef struct {
    uint32_t final;            /* complete words and end-of-sentence scores */
    uint32_t count;            /* hypotheses wanted */
    uint32_t unfinished;       /* append the likeliest unfinished word (partial results) */
    float posterior_scale;     /* <= 0: no posteriors */
} AttuneQuery;

typedef struct {
    const AttuneHypothesis *hypotheses;
    const AttuneWord *words;
    uint32_t hypothesis_count, word_count;
    uint32_t stable_words;     /* leading words that every surviving hypothesis shares */
    uint32_t trailing_frames;  /* frames since the best hypothesis' last phone */
    float completion_cost;     /* best complete hypothesis against the best; infinity: none */
    uint32_t frames;
    uint32_t committed_words;
    uint32_t unused;
} AttuneResult;

typedef struct {
    const AttuneLatticeArc *arcs;
    uint32_t arc_count, node_count;
    const double *final_scores; /* [node_count] score of ending there against the best; -inf */
} AttuneLattice;

typedef struct {
    uint64_t frames, skipped_frames, expanded, candidates, word_ends, model_lookups, model_misses;
    uint64_t histories, arcs, collections, bytes;
    uint32_t active, peak_active;
} AttuneDecoderStats;

typedef struct {
    uint32_t word, variant;
    uint32_t start, end;
    float score;
    uint32_t unused;
} AttuneSegment; /* of a word; of a phone: variant is its position in the pronunciation */

ATTUNE_API uint32_t attune_decode_abi(void);

ATTUNE_API int attune_graph_create(const AttuneGraphInput *input, AttuneGraph **graph,
                                   uint64_t *detail);
ATTUNE_API void attune_graph_stats(const AttuneGraph *graph, AttuneGraphStats *stats);
ATTUNE_API void attune_graph_free(AttuneGraph *graph);

/* `phrases` may be NULL and may be freed afterwards. The graph must outlive the decoder. */
ATTUNE_API int attune_decoder_create(const AttuneGraph *graph, const AttuneOptions *options,
                                     const AttunePhrases *phrases, AttuneDecoder **decoder,
                                     uint64_t *detail);
ATTUNE_API int attune_decoder_reset(AttuneDecoder *decoder, const uint32_t *context,
                                    uint32_t context_length);
ATTUNE_API int attune_decoder_advance(AttuneDecoder *decoder, const float *log_probs,
                                      uint32_t frames, uint64_t *detail);
ATTUNE_API int attune_decoder_close(AttuneDecoder *decoder);
ATTUNE_API int attune_decoder_result(AttuneDecoder *decoder, const AttuneQuery *query,
                                     AttuneResult *result);
ATTUNE_API int attune_decoder_lattice(AttuneDecoder *decoder, const AttuneQuery *query,
                                      AttuneLattice *lattice);
ATTUNE_API void attune_decoder_stats(const AttuneDecoder *decoder, AttuneDecoderStats *stats);
ATTUNE_API void attune_decoder_free(AttuneDecoder *decoder);

/* CTC forced alignment. Word w may be said as pronunciations variants[w]..variants[w+1) of the
 * flat arrays. Writes one segment a word, and one a phone of the chosen pronunciations (at most
 * phone_capacity, the sum of the longest variants). */
ATTUNE_API int attune_align(const float *log_probs, uint32_t frames, uint32_t symbols,
                            const AttunePronunciations *pronunciations, const uint32_t *variants,
                            uint32_t words, AttuneSegment *word_segments,
                            AttuneSegment *phone_segments, uint32_t *phone_count, double *score,
                            uint64_t *detail);

/* ---- keyword spotting ---- */

typedef struct AttuneSpotter AttuneSpotter;

/* A row gives a phone its log posterior less `relative` times the best symbol's, and cannot be of
 * the phone where that is less than `phone_minimum`; it gives the blank its log posterior less the
 * best symbol's, at least `blank_floor`. Both are negative. A path is given up when its score falls below `lowest` a phone, and
 * after rows_a_phone rows a phone and rows_more. A path that does not begin after pause_rows rows
 * whose best symbol is the blank (or at the start) begins with `mid_speech`, which is 0 or less. */
typedef struct {
    float relative, phone_minimum, blank_floor, lowest, mid_speech;
    uint32_t rows_a_phone, rows_more, pause_rows;
} AttuneSpotOptions;

/* Keyword w (below `keywords`) is said as the pronunciations whose words[] is w. */
ATTUNE_API int attune_spotter_create(const AttunePronunciations *pronunciations, uint32_t symbols,
                                     uint32_t keywords, const AttuneSpotOptions *options,
                                     AttuneSpotter **spotter, uint64_t *detail);
/* For each row and keyword (scores and lengths are [rows * keywords]) the score a phone of the best
 * pronunciation whose last phone this row may be, -infinity when there is none, and the rows that
 * its path took. */
ATTUNE_API int attune_spotter_advance(AttuneSpotter *spotter, const float *log_probs,
                                      uint32_t rows, float *scores, uint32_t *lengths,
                                      uint64_t *detail);
ATTUNE_API void attune_spotter_reset(AttuneSpotter *spotter);
ATTUNE_API void attune_spotter_free(AttuneSpotter *spotter);

/* ---- keyword encoder ---- */

/* Weights follow one another in this order, matrices as [inputs][outputs], each with its bias:
 * front [2 subsampling features][dim], norm [dim] (weight, bias); for each block depthwise
 * [kernel][dim], norm, up [dim][hidden], down [hidden][dim]; norm, head [dim][phones]. The first
 * `delay` blocks look one row ahead. All inputs of matrices, and dim, are multiples of 4. */
typedef struct {
    uint32_t features, subsampling, dim, hidden, kernel, phones, delay, blocks;
    const uint32_t *dilations; /* [blocks] */
} AttuneNetworkShape;

/* Rows of new frames, [rows][subsampling features]: log posteriors [rows][phones] and hidden
 * activations [rows][dim]. `state` is zeros at first and carries the stream on: frames of the row
 * before, and for each block (kernel - 1) dilation rows. Frames come from logmel.h. */
ATTUNE_API int attune_network_run(const AttuneNetworkShape *shape, const float *weights,
                                  const float *frames, uint32_t rows, float *state,
                                  float *log_posteriors, float *hidden);

#endif
