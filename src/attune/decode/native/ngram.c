/* Queries of the n-gram trie file (format: attune.language).
 *
 * A forward trie: the entry of (w1..wk) hangs below that of (w1..wk-1), children sorted by word.
 * A context is the array of the trie entries of its suffixes, so that a query costs at most one
 * binary search an order, and the same searches yield the next context. Offsets inside the file
 * are checked once, child ranges at each use: a damaged file gives wrong scores, never a crash. */
#include <stdlib.h>

#include "internal.h"

#define LN10 2.302585092994046f

static uint64_t read64(const uint8_t *bytes)
{
    uint64_t value;
    memcpy(&value, bytes, sizeof value);
    return value;
}

static uint32_t read32(const uint8_t *bytes)
{
    uint32_t value;
    memcpy(&value, bytes, sizeof value);
    return value;
}

static int read_codebook(const uint8_t *section, float *table)
{
    for (int i = 0; i < 256; i++) {
        float value;
        memcpy(&value, section + 4 * i, sizeof value);
        if (isnan(value) || value == INFINITY)
            return 0;
        value *= LN10;
        table[i] = value < LOG_ZERO ? LOG_ZERO : value;
    }
    return 1;
}

/* The start of section `index` when it has the length that it must have, else NULL. */
static const uint8_t *section(const uint8_t *data, uint64_t length, uint32_t index, uint64_t want)
{
    uint64_t offset = read64(data + 40 + 16 * index), size = read64(data + 48 + 16 * index);
    if (size != want || offset % 64 != 0 || offset > length || size > length - offset)
        return NULL;
    return data + offset;
}

/* Details of STATUS_BAD_MODEL. */
enum { BAD_HEADER = 1, BAD_COUNTS, BAD_SECTION, BAD_CODEBOOK, BAD_VOCABULARY };

static Status open_order(Ngram *model, const uint8_t *data, uint64_t length, uint32_t k,
                         uint64_t *detail)
{
    uint32_t first = 2 + 6 * (k - 1);
    int last = k == model->order;
    uint64_t count = model->count[k];
    *detail = BAD_SECTION;
    const uint8_t *parts[6];
    const uint64_t sizes[6] = {k == 1 ? 0 : 3 * count, count, last ? 0 : count,
                               last ? 0 : 4 * (count + 1), 1024, last ? 0 : 1024};
    for (uint32_t i = 0; i < 6; i++)
        if ((parts[i] = section(data, length, first + i, sizes[i])) == NULL)
            return STATUS_BAD_MODEL;
    model->words[k] = parts[0];
    model->probs[k] = parts[1];
    model->backoffs[k] = parts[2];
    model->children[k] = (const uint32_t *)(const void *)parts[3];
    *detail = BAD_CODEBOOK;
    if (!read_codebook(parts[4], model->prob[k]) ||
        (!last && !read_codebook(parts[5], model->backoff[k])))
        return STATUS_BAD_MODEL;
    return STATUS_OK;
}

Status ngram_open(Ngram *model, const uint8_t *data, uint64_t length, uint64_t *detail)
{
    memset(model, 0, sizeof *model);
    *detail = BAD_HEADER;
    if (length < 40 || memcmp(data, "ATNGRAM1", 8) != 0 || (uintptr_t)data % 4 != 0)
        return STATUS_BAD_MODEL;
    model->order = read32(data + 8);
    model->vocabulary = read32(data + 12);
    if (model->order < 1 || model->order > MAX_ORDER || model->vocabulary < 3 ||
        length < 40 + 16 * (2 + 6 * (uint64_t)model->order))
        return STATUS_BAD_MODEL;
    *detail = BAD_COUNTS;
    uint64_t keys = 1;
    for (uint32_t k = 1; k <= model->order; k++) {
        model->count[k] = read32(data + 12 + 4 * k);
        model->key_base[k] = (uint32_t)keys;
        keys += model->count[k];
    }
    if (keys > NONE || model->count[1] != model->vocabulary || model->vocabulary > (1u << 24))
        return STATUS_BAD_MODEL;
    for (uint32_t k = 1; k <= model->order; k++) {
        Status status = open_order(model, data, length, k, detail);
        if (status != STATUS_OK)
            return status;
    }
    *detail = BAD_VOCABULARY;
    uint64_t text = read64(data + 64);
    const uint8_t *offsets = section(data, length, 0, 4 * ((uint64_t)model->vocabulary + 1));
    const uint8_t *blob = section(data, length, 1, text);
    if (offsets == NULL || blob == NULL)
        return STATUS_BAD_MODEL;
    model->text_offsets = (const uint32_t *)(const void *)offsets;
    model->text = (const char *)blob;
    for (uint32_t i = 0; i < model->vocabulary; i++)
        if (model->text_offsets[i] > model->text_offsets[i + 1])
            return STATUS_BAD_MODEL;
    return model->text_offsets[model->vocabulary] <= text ? STATUS_OK : STATUS_BAD_MODEL;
}

static inline uint32_t word_at(const uint8_t *words, uint32_t i)
{
    const uint8_t *p = words + 3 * (size_t)i;
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16;
}

/* The entry of order k+1 for `word` below entry `parent` of order k, or NONE. */
static uint32_t find_child(const Ngram *model, uint32_t k, uint32_t parent, uint32_t word)
{
    uint32_t low = model->children[k][parent], high = model->children[k][parent + 1];
    if (high > model->count[k + 1])
        return NONE;
    const uint8_t *words = model->words[k + 1];
    while (low < high) {
        uint32_t middle = low + (high - low) / 2, found = word_at(words, middle);
        if (found == word)
            return middle;
        if (found < word)
            low = middle + 1;
        else
            high = middle;
    }
    return NONE;
}

/* Whether a context entry matters: it has continuations, or a back-off weight other than one. */
static int useful(const Ngram *model, uint32_t k, uint32_t entry)
{
    return model->children[k][entry + 1] > model->children[k][entry] ||
           model->backoff[k][model->backoffs[k][entry]] != 0.0f;
}

void ngram_empty(Context *context)
{
    for (uint32_t k = 0; k < MAX_ORDER - 1; k++)
        context->node[k] = NONE;
}

float ngram_score(const Ngram *model, const Context *context, uint32_t word, Context *next)
{
    Context result;
    ngram_empty(&result);
    float backoff = 0.0f, score = 0.0f;
    int matched = 0;
    for (uint32_t k = model->order - 1; k >= 1; k--) {
        uint32_t parent = context->node[k - 1];
        if (parent == NONE)
            continue;
        uint32_t child = find_child(model, k, parent, word);
        if (child != NONE) {
            if (!matched)
                score = backoff + model->prob[k + 1][model->probs[k + 1][child]];
            matched = 1;
            if (k + 1 < model->order)
                result.node[k] = child;
        } else if (!matched) {
            backoff += model->backoff[k][model->backoffs[k][parent]];
        }
    }
    if (!matched)
        score = backoff + model->prob[1][model->probs[1][word]];
    if (model->order > 1)
        result.node[0] = word;
    *next = result;
    return score < LOG_ZERO ? LOG_ZERO : score;
}

void ngram_trim(const Ngram *model, Context *context)
{
    for (uint32_t k = 1; k < model->order; k++)
        if (context->node[k - 1] != NONE && !useful(model, k, context->node[k - 1]))
            context->node[k - 1] = NONE;
}

float ngram_unigram(const Ngram *model, uint32_t word)
{
    return model->prob[1][model->probs[1][word]];
}

uint32_t ngram_key(const Ngram *model, const Context *context)
{
    for (uint32_t k = model->order - 1; k >= 1; k--)
        if (context->node[k - 1] != NONE)
            return model->key_base[k] + context->node[k - 1];
    return 0;
}

/* Order of UTF-8 bytes, as the vocabulary is sorted. */
static int compare_text(const Ngram *model, uint32_t id, const char *word, size_t length)
{
    uint32_t begin = model->text_offsets[id];
    size_t own = model->text_offsets[id + 1] - begin;
    int order = memcmp(model->text + begin, word, own < length ? own : length);
    if (order != 0)
        return order;
    return own < length ? -1 : own > length;
}

Status ngram_map_words(const Ngram *model, const char *text, uint64_t length, uint32_t *ids,
                       uint32_t words, uint32_t *found)
{
    const char *at = text, *limit = text + length;
    uint32_t guess = SENTENCE_END + 1;
    *found = 0;
    for (uint32_t i = 0; i < words; i++) {
        const char *end = memchr(at, '\n', (size_t)(limit - at));
        if (end == NULL)
            return STATUS_BAD_OPTION;
        size_t size = (size_t)(end - at);
        uint32_t low = SENTENCE_END + 1, high = model->vocabulary;
        ids[i] = UNKNOWN_WORD;
        /* A lexicon in the vocabulary's order finds most words right behind the last one. */
        if (guess < high && compare_text(model, guess, at, size) == 0)
            low = guess, high = guess + 1;
        while (low < high) {
            uint32_t middle = low + (high - low) / 2;
            int order = compare_text(model, middle, at, size);
            if (order == 0) {
                ids[i] = middle;
                guess = middle + 1;
                (*found)++;
                break;
            }
            if (order < 0)
                low = middle + 1;
            else
                high = middle;
        }
        at = end + 1;
    }
    return at == limit ? STATUS_OK : STATUS_BAD_OPTION;
}
