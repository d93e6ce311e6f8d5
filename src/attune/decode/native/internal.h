/* Structures shared by the decoder's own sources. */
#ifndef ATTUNE_INTERNAL_H
#define ATTUNE_INTERNAL_H

#include <math.h>
#include <stddef.h>
#include <string.h>

#include "attune_decode.h"

#define NONE ATTUNE_NONE
#define MAX_SYMBOLS 32768u /* a phone has 15 bits in a Node */
#define MAX_ORDER 6u
#define CACHE_SIZE 16384u /* language model scores; a power of two */
/* Stands for log 0: low enough never to win, far enough from overflow to add up. */
#define LOG_ZERO (-1.0e4f)

/* A hint to load memory that will be needed soon. */
#if defined(__GNUC__) || defined(__clang__)
#define PREFETCH(address) __builtin_prefetch(address)
#else
#define PREFETCH(address) ((void)0)
#endif

/* ---- memory.c ---- */

/* Makes room for `need` elements; false (and everything unchanged) when memory runs out. */
int reserve(void **array, size_t *capacity, size_t need, size_t element);
#define RESERVE(array, capacity, need) \
    reserve((void **)&(array), &(capacity), (need), sizeof *(array))

/* A map from 64-bit keys other than 0, by open addressing. */
typedef struct {
    uint64_t *keys;
    uint32_t *values;
    uint32_t mask, used;
} Table;

/* The value of a key, NULL when it has none. */
uint32_t *table_find(const Table *table, uint64_t key);
/* The (unset) value of a key that has none yet; NULL when memory runs out. */
uint32_t *table_add(Table *table, uint64_t key);
void table_free(Table *table);

/* A finaliser of 64-bit hashes (splitmix64, Steele et al. 2014). */
static inline uint64_t mix64(uint64_t x)
{
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

/* ---- tree.c: pronunciation prefix tree ---- */

typedef struct {
    uint32_t first_child; /* children are contiguous up to the one marked last; 0: a leaf */
    uint32_t first_word;  /* the words ending here are contiguous too */
    float look;           /* best word score at or below this node */
    /* 16 bytes in all, so that no node lies across two cache lines. */
    uint32_t words : 16, phone : 15, last : 1;
} Node;

typedef struct {
    uint32_t word, pronunciation;
    uint32_t model_word; /* the word's id in the language model */
    float log_prior;
} WordEnd;

typedef struct {
    Node *nodes; /* node 0 is the root; a child has a greater index than its parent */
    WordEnd *ends;
    uint32_t node_count, end_count;
} Tree;

/* The child after a child; 0 after the last. */
static inline uint32_t next_sibling(const Tree *tree, uint32_t child)
{
    return tree->nodes[child].last ? 0 : child + 1;
}

Status tree_build(Tree *tree, const AttunePronunciations *input, uint32_t symbols,
                  uint32_t word_limit, uint64_t *detail);
/* Sets every node's look to the best of `word_values` below it. */
void tree_look_ahead(Tree *tree, const float *word_values);
void tree_free(Tree *tree);

/* ---- ngram.c: language model ---- */

typedef struct {
    const uint8_t *words[MAX_ORDER + 1], *probs[MAX_ORDER + 1], *backoffs[MAX_ORDER + 1];
    const uint32_t *children[MAX_ORDER + 1];
    float prob[MAX_ORDER + 1][256], backoff[MAX_ORDER + 1][256]; /* natural logarithms */
    uint32_t count[MAX_ORDER + 2], key_base[MAX_ORDER + 1];
    uint32_t order, vocabulary;
    const uint32_t *text_offsets;
    const char *text;
} Ngram;

/* node[k-1] is the index, in order k, of the context's last k words; NONE where the model does
 * not hold them or where nothing hangs on them. */
typedef struct {
    uint32_t node[MAX_ORDER - 1];
} Context;

Status ngram_open(Ngram *model, const uint8_t *data, uint64_t length, uint64_t *detail);
/* ln P(word | context); *next becomes the context after the word, still to be trimmed. */
float ngram_score(const Ngram *model, const Context *context, uint32_t word, Context *next);
/* Takes out of a context what nothing hangs on, so that more contexts are equal. */
void ngram_trim(const Ngram *model, Context *context);
float ngram_unigram(const Ngram *model, uint32_t word);
/* The longest context held identifies the whole context: two equal keys, two equal contexts. */
uint32_t ngram_key(const Ngram *model, const Context *context);
void ngram_empty(Context *context);
/* Model ids of '\n'-ended words, <unk> where unknown; returns how many were found. */
Status ngram_map_words(const Ngram *model, const char *text, uint64_t length, uint32_t *ids,
                       uint32_t words, uint32_t *found);

#define UNKNOWN_WORD 0u
#define SENTENCE_START 1u
#define SENTENCE_END 2u

/* ---- graph.c ---- */

struct AttuneGraph {
    Tree tree;
    Ngram model;
    int has_model;
    uint32_t symbols, words, words_in_model;
    uint32_t *model_words; /* [words] id in the language model, <unk> without one */
};

/* ---- phrases.c: boosted phrases ---- */

typedef struct {
    uint32_t failure, parent, word, depth;
    float partial; /* bonus granted so far to the phrases that this state is inside of */
    float reward;  /* bonus of the phrases that end here */
} PhraseState;

typedef struct {
    Tree tree;           /* every word of every phrase; node looks are weighted, from state 0 */
    uint64_t *overlaid;  /* bit set of lexicon words that the main tree must leave to this one */
    PhraseState *states; /* 0: outside of any phrase */
    uint32_t state_count;
    Table arcs;          /* (state, word) -> state */
    Table looks;         /* (state, node) -> float bits, where they differ from state 0's */
} Phrases;

Status phrases_build(Phrases *phrases, const AttuneGraph *graph, const AttuneOptions *options,
                     const AttunePhrases *input, uint64_t *detail);
void phrases_free(Phrases *phrases);
uint32_t phrases_next(const Phrases *phrases, uint32_t state, uint32_t word);
/* Look-ahead of an overlay node for a hypothesis in the given state. */
float phrases_look(const Phrases *phrases, uint32_t state, uint32_t node);
/* Score of a step between states: bonus granted, revoked and earned. */
static inline float phrases_bonus(const Phrases *phrases, uint32_t from, uint32_t to)
{
    return phrases->states[to].partial - phrases->states[from].partial +
           phrases->states[to].reward;
}

/* ---- history.c: word histories ---- */

/* A hypothesis' place in the search: (place << 1 | blank). Places below `symbols` are the tree
 * root after that phone (0: after blank), so that a word's first phone can tell whether it
 * repeats the last word's; then the main tree's nodes, then the overlay's. */
typedef struct {
    float score;    /* of the path, plus the look-ahead of its place */
    float acoustic; /* since the first phone of the current word */
    uint32_t state, history, key, phrase, start, last;
} Hypothesis;

typedef struct {
    uint64_t id; /* equal ids: the same word sequences with the same score differences */
    uint32_t previous, word, pronunciation, start, end;
    float acoustic, language;
    uint32_t unused;
} Arc;

typedef struct {
    uint32_t arc; /* NONE: nothing before (the utterance starts or was committed up to here) */
    float delta;  /* loss against the best entry of the same history */
} Entry;

/* What a hypothesis has recognised: the best word sequence and, after merges, alternates that
 * lead to the same state. Entries are sorted, best first. Immutable once made. */
typedef struct {
    uint64_t id, sequence; /* sequence: hash of the best word sequence */
    uint32_t first, count; /* entries */
    uint32_t depth;        /* words in the best sequence */
    uint32_t key;          /* of the context */
    Context context;
} History;

/* One word sequence of a merge in progress. */
typedef struct {
    uint64_t id;
    float loss; /* against the best origin, <= 0 */
    uint32_t arc, origin;
} Item;

typedef struct {
    History *histories;
    Arc *arcs;
    Entry *entries;
    size_t history_count, arc_count, entry_count;
    size_t history_capacity, arc_capacity, entry_capacity;
    size_t collect_at;
    AttuneWord *committed;
    size_t committed_count, committed_capacity;
    uint64_t collections;
    uint64_t base_sequence; /* of the words committed so far */
    uint32_t base_depth;
    Item *items; /* of a merge in progress */
    size_t item_capacity;
} Histories;

/* A way to reach a hypothesis: an old history, or one extended by a word. */
typedef struct {
    float score, acoustic, language;
    uint32_t history, word, pronunciation, model_word, start, last, next;
} Origin;

void histories_free(Histories *all);
Status histories_reset(Histories *all, const Context *context, uint32_t key);
/* A new history: the origin's, extended by its word, which ends before frame `end`. */
Status histories_append(Histories *all, const Origin *origin, uint32_t end,
                        const Context *context, uint32_t key, uint32_t *history);
/* A new history that consists of an arc (or NONE) alone; without a context, for results only. */
Status histories_take(Histories *all, uint32_t arc, uint32_t *history);
/* The history that holds every origin's sequences, none twice: the best `max_alternates` within
 * the lattice beam. Origins share the context. *score is the best origin's, raised where
 * alignments are summed. */
Status histories_merge(Histories *all, const Origin *origins, uint32_t count, uint32_t end,
                       const Context *context, uint32_t key, const AttuneOptions *options,
                       uint32_t *history, float *score);
/* Frees what no hypothesis reaches and renumbers the rest; commits old words when still too much
 * is alive. */
Status histories_collect(Histories *all, Hypothesis *active, size_t count, uint32_t frame,
                         const AttuneOptions *options);

/* ---- decoder ---- */

typedef struct {
    uint32_t state, key, phrase;
    uint32_t alternates; /* chain of origins that lost, in Search.origins */
    Origin best;
} Candidate;

typedef struct {
    uint32_t key, word;
    float score;
    Context next;
} CachedScore;

typedef struct {
    uint32_t generation, index;
} Slot;

typedef struct {
    uint32_t history;
    float end_of_sentence;
    double score;
} Ending;

struct AttuneDecoder {
    const AttuneGraph *graph;
    AttuneOptions options;
    float *offsets; /* [symbols], and behind them the row that is being searched */
    int has_phrases, finished, broken;
    Phrases phrases;
    float root_look;

    Hypothesis *active;
    size_t active_count, active_capacity;
    Candidate *candidates;
    size_t candidate_count, candidate_capacity;
    Origin *origins;
    size_t origin_count, origin_capacity;
    Origin *gathered;
    size_t gathered_capacity;
    Slot *slots;
    size_t slot_count;
    uint32_t generation;
    CachedScore *cache;
    void *cache_memory; /* of which cache is the part aligned to cache lines */

    Histories histories;
    double offset;       /* taken off every score so far */
    float pending_blank; /* of collapsed frames, not yet added to acoustic scores */
    uint32_t frame;
    int settled;         /* every hypothesis is in a blank: another blank changes nothing */

    /* results, valid until the next call */
    AttuneWord *words;
    size_t result_words, words_capacity;
    AttuneHypothesis *hypotheses;
    size_t hypothesis_count, hypotheses_capacity;
    Ending *endings;
    size_t ending_count, endings_capacity;
    AttuneLatticeArc *lattice_arcs;
    size_t lattice_arcs_capacity;
    double *final_scores;
    size_t final_scores_capacity;

    AttuneDecoderStats stats;
};

/* search.c */
Status search_frame(AttuneDecoder *decoder, const float *row, int blank_only);
/* ln P(word | history), <unk>'s for new words; *next becomes the (untrimmed) context after it. */
float score_word(AttuneDecoder *decoder, uint32_t history, uint32_t key, const WordEnd *end,
                 Context *next);
float place_look(const AttuneDecoder *decoder, uint32_t place, uint32_t phrase);

static inline uint32_t overlay_base(const AttuneDecoder *decoder)
{
    return decoder->graph->symbols + decoder->graph->tree.node_count;
}

/* ---- endings.c: where results start from ---- */

/* Fills decoder->endings: every hypothesis as it stands, or, for a final result, those that can
 * end here. May append histories for words cut off, which the caller takes off again. */
Status find_endings(AttuneDecoder *decoder, int final);
/* The likeliest word at or below the place of a hypothesis inside a word; returns the number of
 * phones missing. */
uint32_t likely_word(const AttuneDecoder *decoder, const Hypothesis *from, WordEnd *end);
/* What the best complete hypothesis loses against the best one; infinity when there is none. */
float completion_cost(AttuneDecoder *decoder);
const Hypothesis *best_hypothesis(const AttuneDecoder *decoder);

/* ---- lattice.c ---- */

/* Sets the posteriors of a word sequence from the alternates at every word. */
Status word_posteriors(AttuneDecoder *decoder, float scale, AttuneWord *words, uint32_t count);

#endif
