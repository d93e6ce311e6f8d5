/* Boosted phrases: an overlay of one decoder over the shared graph.
 *
 * Two parts. A prefix tree of the phrases' words is searched beside the main tree, with
 * look-ahead that contains the bonus, so that a boosted word is not pruned before its end; the
 * main tree leaves these words to it. An Aho-Corasick automaton over words (Aho and Corasick
 * 1975) follows the phrases: a positive boost is granted in equal parts word by word and taken
 * back when the phrase breaks off, a negative one falls due when the phrase is complete. In the
 * end a word sequence has earned each phrase's boost once for each time that it contains it. */
#include <stdlib.h>

#include "internal.h"

#define MAX_PHRASE_WORDS 64u
#define MAX_LOOKS (1u << 24)

static uint64_t arc_key(uint32_t state, uint32_t word)
{
    return ((uint64_t)state + 1) << 32 | word;
}

/* ---- automaton ---- */

static Status add_phrase(Phrases *phrases, size_t *capacity, const uint32_t *words,
                         uint32_t count, float boost)
{
    uint32_t state = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t *next = table_find(&phrases->arcs, arc_key(state, words[i]));
        if (next == NULL) {
            if (!RESERVE(phrases->states, *capacity, (size_t)phrases->state_count + 1) ||
                (next = table_add(&phrases->arcs, arc_key(state, words[i]))) == NULL)
                return STATUS_NO_MEMORY;
            *next = phrases->state_count;
            phrases->states[phrases->state_count++] =
                (PhraseState){.parent = state, .word = words[i], .depth = i + 1};
        }
        state = *next;
        float part = boost * (float)(i + 1) / (float)count;
        if (i + 1 < count && part > phrases->states[state].partial)
            phrases->states[state].partial = part;
    }
    phrases->states[state].reward += boost;
    return STATUS_OK;
}

uint32_t phrases_next(const Phrases *phrases, uint32_t state, uint32_t word)
{
    for (;;) {
        const uint32_t *next = table_find(&phrases->arcs, arc_key(state, word));
        if (next != NULL)
            return *next;
        if (state == 0)
            return 0;
        state = phrases->states[state].failure;
    }
}

/* Failure links and inherited rewards, parents before children. */
static void link_states(Phrases *phrases)
{
    for (uint32_t depth = 2; depth <= MAX_PHRASE_WORDS; depth++) {
        for (uint32_t s = 1; s < phrases->state_count; s++) {
            PhraseState *state = &phrases->states[s];
            if (state->depth != depth)
                continue;
            uint32_t parent_failure = phrases->states[state->parent].failure;
            state->failure = phrases_next(phrases, parent_failure, state->word);
            state->reward += phrases->states[state->failure].reward;
        }
    }
}

/* ---- look-ahead ---- */

static float base_value(const AttuneGraph *graph, const AttuneOptions *options, uint32_t word)
{
    if (!graph->has_model)
        return word < graph->words ? 0.0f : options->lm_weight * options->oov_log_prob;
    if (word < graph->words)
        return options->lm_weight * ngram_unigram(&graph->model, graph->model_words[word]);
    return options->lm_weight *
           (ngram_unigram(&graph->model, UNKNOWN_WORD) + options->oov_log_prob);
}

float phrases_look(const Phrases *phrases, uint32_t state, uint32_t node)
{
    if (state == 0)
        return phrases->tree.nodes[node].look;
    const uint32_t *bits = table_find(&phrases->looks, (uint64_t)state << 32 | node);
    if (bits == NULL)
        return phrases->tree.nodes[node].look - phrases->states[state].partial;
    float look;
    memcpy(&look, bits, sizeof look);
    return look;
}

/* Raises the look-ahead from `state` along one pronunciation to at least `value`. */
static Status raise_path(Phrases *phrases, uint32_t state, const uint16_t *phones, uint32_t count,
                         float value)
{
    uint32_t node = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t child = phrases->tree.nodes[node].first_child;
        while (phrases->tree.nodes[child].phone != phones[i])
            child++;
        node = child;
        if (phrases_look(phrases, state, node) >= value)
            continue;
        uint64_t key = (uint64_t)state << 32 | node;
        uint32_t *bits = table_find(&phrases->looks, key);
        if (bits == NULL && phrases->looks.used >= MAX_LOOKS)
            return STATUS_TOO_LARGE;
        if (bits == NULL && (bits = table_add(&phrases->looks, key)) == NULL)
            return STATUS_NO_MEMORY;
        memcpy(bits, &value, sizeof value);
    }
    return STATUS_OK;
}

/* Chains over states (siblings) and pronunciations (of one word), for the passes below. */
typedef struct {
    uint32_t *child, *sibling, *next;
    Table first;
} Chains;

static Status chain(Chains *chains, const Phrases *phrases, const AttunePronunciations *input)
{
    size_t states = phrases->state_count;
    chains->child = malloc(states * sizeof *chains->child);
    chains->sibling = malloc(states * sizeof *chains->sibling);
    chains->next = malloc(((size_t)input->count + 1) * sizeof *chains->next);
    if (chains->child == NULL || chains->sibling == NULL || chains->next == NULL)
        return STATUS_NO_MEMORY;
    memset(chains->child, 0, states * sizeof *chains->child);
    for (uint32_t s = 1; s < states; s++) {
        uint32_t parent = phrases->states[s].parent;
        chains->sibling[s] = chains->child[parent];
        chains->child[parent] = s;
    }
    for (uint32_t i = 0; i < input->count; i++) {
        uint64_t key = (uint64_t)input->words[i] + 1;
        uint32_t *first = table_find(&chains->first, key);
        chains->next[i] = first == NULL ? NONE : *first;
        if (first == NULL && (first = table_add(&chains->first, key)) == NULL)
            return STATUS_NO_MEMORY;
        *first = i;
    }
    return STATUS_OK;
}

/* Look-ahead of the states inside phrases: the words that continue a phrase are worth more there
 * than elsewhere. Only their paths are stored. */
static Status look_inside(Phrases *phrases, const Chains *chains, const AttuneGraph *graph,
                          const AttuneOptions *options, const AttunePronunciations *input)
{
    for (uint32_t s = 1; s < phrases->state_count; s++)
        for (uint32_t t = s; t != 0; t = phrases->states[t].failure)
            for (uint32_t c = chains->child[t]; c != 0; c = chains->sibling[c]) {
                uint32_t word = phrases->states[c].word;
                float value = base_value(graph, options, word) +
                              phrases_bonus(phrases, s, phrases_next(phrases, s, word));
                const uint32_t *first = table_find(&chains->first, (uint64_t)word + 1);
                for (uint32_t i = first == NULL ? NONE : *first; i != NONE; i = chains->next[i]) {
                    uint32_t begin = input->offsets[i];
                    Status status = raise_path(phrases, s, input->phones + begin,
                                               input->offsets[i + 1] - begin, value);
                    if (status != STATUS_OK)
                        return status;
                }
            }
    return STATUS_OK;
}

static Status look_ahead(Phrases *phrases, const AttuneGraph *graph, const AttuneOptions *options,
                         const AttunePhrases *input)
{
    const AttunePronunciations *lexicon = &input->pronunciations;
    float *values = calloc((size_t)graph->words + input->new_words + 1, sizeof *values);
    phrases->overlaid = calloc(graph->words / 64 + 1, sizeof *phrases->overlaid);
    Chains chains = {0};
    Status status = STATUS_NO_MEMORY;
    if (values != NULL && phrases->overlaid != NULL)
        status = chain(&chains, phrases, lexicon);
    if (status == STATUS_OK) {
        for (uint32_t i = 0; i < lexicon->count; i++) {
            uint32_t word = lexicon->words[i];
            values[word] = base_value(graph, options, word) +
                           phrases_bonus(phrases, 0, phrases_next(phrases, 0, word));
            if (word < graph->words)
                phrases->overlaid[word / 64] |= (uint64_t)1 << word % 64;
        }
        tree_look_ahead(&phrases->tree, values);
        for (uint32_t i = 0; i < phrases->tree.end_count; i++) {
            WordEnd *end = &phrases->tree.ends[i];
            end->model_word = end->word < graph->words ? graph->model_words[end->word]
                                                       : UNKNOWN_WORD;
        }
        status = look_inside(phrases, &chains, graph, options, lexicon);
    }
    free(chains.child);
    free(chains.sibling);
    free(chains.next);
    table_free(&chains.first);
    free(values);
    return status;
}

Status phrases_build(Phrases *phrases, const AttuneGraph *graph, const AttuneOptions *options,
                     const AttunePhrases *input, uint64_t *detail)
{
    memset(phrases, 0, sizeof *phrases);
    size_t capacity = 0;
    uint64_t limit = (uint64_t)graph->words + input->new_words;
    if (limit >= NONE)
        return STATUS_TOO_LARGE;
    Status status = tree_build(&phrases->tree, &input->pronunciations, graph->symbols,
                               (uint32_t)limit, detail);
    if (status == STATUS_OK && !RESERVE(phrases->states, capacity, 1))
        status = STATUS_NO_MEMORY;
    if (status == STATUS_OK) {
        phrases->states[0] = (PhraseState){0};
        phrases->state_count = 1;
    }
    for (uint32_t i = 0; status == STATUS_OK && i < input->count; i++) {
        uint32_t begin = input->offsets[i], end = input->offsets[i + 1];
        *detail = i;
        if (begin >= end || end - begin > MAX_PHRASE_WORDS || !(fabsf(input->boosts[i]) < 1e4f))
            status = STATUS_BAD_PHRASE;
        for (uint32_t j = begin; status == STATUS_OK && j < end; j++)
            if (input->words[j] >= limit)
                status = STATUS_BAD_PHRASE;
        if (status == STATUS_OK)
            status = add_phrase(phrases, &capacity, input->words + begin, end - begin,
                                input->boosts[i]);
    }
    if (status == STATUS_OK) {
        link_states(phrases);
        status = look_ahead(phrases, graph, options, input);
    }
    if (status != STATUS_OK)
        phrases_free(phrases);
    return status;
}

void phrases_free(Phrases *phrases)
{
    tree_free(&phrases->tree);
    free(phrases->overlaid);
    free(phrases->states);
    table_free(&phrases->arcs);
    table_free(&phrases->looks);
    memset(phrases, 0, sizeof *phrases);
}
