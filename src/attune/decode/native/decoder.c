/* A decoder: options, an optional phrase overlay, and the state of one utterance. */
#include <stdlib.h>

#include "internal.h"

static int valid(const AttuneOptions *o)
{
    const float finite[] = {o->lm_weight, o->word_score, o->pronunciation_weight, o->oov_log_prob};
    for (size_t i = 0; i < sizeof finite / sizeof *finite; i++)
        if (!(fabsf(finite[i]) < 1e4f))
            return 0;
    return o->beam > 0.0f && o->word_beam > 0.0f && o->lm_weight >= 0.0f &&
           o->pronunciation_weight >= 0.0f && o->lattice_beam >= 0.0f &&
           o->unfinished_penalty >= 0.0f && !isnan(o->blank_skip) && o->max_active >= 1 &&
           o->max_active <= 1000000 && o->max_alternates >= 1 && o->max_alternates <= 65535 &&
           o->history_frames >= 1 && o->history_limit >= 1;
}

int attune_decoder_create(const AttuneGraph *graph, const AttuneOptions *options,
                          const AttunePhrases *phrases, AttuneDecoder **decoder, uint64_t *detail)
{
    *decoder = NULL;
    *detail = 0;
    if (!valid(options))
        return STATUS_BAD_OPTION;
    AttuneDecoder *made = calloc(1, sizeof *made);
    if (made == NULL)
        return STATUS_NO_MEMORY;
    made->graph = graph;
    made->options = *options;
    made->options.symbol_offsets = NULL;
    Status status = STATUS_OK;
    made->offsets = calloc(2 * (size_t)graph->symbols, sizeof *made->offsets);
    if (made->offsets == NULL) {
        free(made);
        return STATUS_NO_MEMORY;
    }
    for (uint32_t s = 0; options->symbol_offsets != NULL && s < graph->symbols; s++) {
        made->offsets[s] = options->symbol_offsets[s];
        if (!(fabsf(made->offsets[s]) < 1e4f))
            status = STATUS_BAD_OPTION;
    }
    made->root_look = options->lm_weight * graph->tree.nodes[0].look;
    made->cache_memory = malloc(CACHE_SIZE * sizeof *made->cache + 64);
    if (made->cache_memory == NULL)
        status = STATUS_NO_MEMORY;
    made->cache = (CachedScore *)(((uintptr_t)made->cache_memory + 63) & ~(uintptr_t)63);
    for (size_t i = 0; status == STATUS_OK && i < CACHE_SIZE; i++)
        made->cache[i].word = made->cache[i].key = NONE;
    if (status == STATUS_OK && phrases != NULL && phrases->count > 0) {
        status = phrases_build(&made->phrases, graph, options, phrases, detail);
        made->has_phrases = 1;
    }
    if (status == STATUS_OK)
        status = attune_decoder_reset(made, NULL, 0);
    if (status != STATUS_OK) {
        attune_decoder_free(made);
        return status;
    }
    *decoder = made;
    return STATUS_OK;
}

int attune_decoder_reset(AttuneDecoder *decoder, const uint32_t *context, uint32_t context_length)
{
    const AttuneGraph *graph = decoder->graph;
    Context at;
    ngram_empty(&at);
    uint32_t key = 0;
    if (graph->has_model) {
        ngram_score(&graph->model, &at, SENTENCE_START, &at);
        for (uint32_t i = 0; i < context_length; i++) {
            uint32_t word = context[i] < graph->words ? graph->model_words[context[i]]
                                                      : UNKNOWN_WORD;
            ngram_score(&graph->model, &at, word, &at);
        }
        ngram_trim(&graph->model, &at);
        key = ngram_key(&graph->model, &at);
    }
    decoder->broken = 1;
    if (histories_reset(&decoder->histories, &at, key) != STATUS_OK ||
        !RESERVE(decoder->active, decoder->active_capacity, 1))
        return STATUS_NO_MEMORY;
    decoder->broken = decoder->finished = 0;
    decoder->active[0] = (Hypothesis){.score = decoder->root_look,
                                      .state = 1,
                                      .history = 0,
                                      .key = key,
                                      .last = NONE};
    decoder->active_count = 1;
    decoder->offset = 0.0;
    decoder->pending_blank = 0.0f;
    decoder->frame = 0;
    decoder->settled = 1;
    memset(&decoder->stats, 0, sizeof decoder->stats);
    return STATUS_OK;
}

int attune_decoder_advance(AttuneDecoder *decoder, const float *log_probs, uint32_t frames,
                           uint64_t *detail)
{
    uint32_t symbols = decoder->graph->symbols;
    if (decoder->broken)
        return STATUS_BROKEN;
    if (decoder->finished)
        return STATUS_FINISHED;
    if (frames >= NONE - 1 - decoder->frame)
        return STATUS_TOO_LARGE;
    /* All or nothing: a bad frame leaves the decoder as it was. */
    for (uint32_t t = 0; t < frames; t++)
        for (uint32_t s = 0; s < symbols; s++)
            if (!(log_probs[(size_t)t * symbols + s] < INFINITY)) {
                *detail = t;
                return STATUS_BAD_FRAME;
            }
    float *row = decoder->offsets + symbols;
    for (uint32_t t = 0; t < frames; t++) {
        const float *from = log_probs + (size_t)t * symbols;
        for (uint32_t s = 0; s < symbols; s++) {
            row[s] = from[s] + decoder->offsets[s];
            if (row[s] < LOG_ZERO)
                row[s] = LOG_ZERO;
        }
        Status status = search_frame(decoder, row, from[0] > decoder->options.blank_skip);
        if (status != STATUS_OK) {
            decoder->broken = 1;
            return status;
        }
    }
    return STATUS_OK;
}

int attune_decoder_close(AttuneDecoder *decoder)
{
    decoder->finished = 1;
    return decoder->broken ? STATUS_BROKEN : STATUS_OK;
}

void attune_decoder_stats(const AttuneDecoder *decoder, AttuneDecoderStats *stats)
{
    const Histories *all = &decoder->histories;
    *stats = decoder->stats;
    stats->frames = decoder->frame;
    stats->histories = all->history_count;
    stats->arcs = all->arc_count;
    stats->collections = all->collections;
    stats->active = (uint32_t)decoder->active_count;
    stats->bytes = sizeof *decoder + 2 * decoder->graph->symbols * sizeof *decoder->offsets +
                   CACHE_SIZE * sizeof *decoder->cache +
                   decoder->active_capacity * sizeof *decoder->active +
                   decoder->candidate_capacity * sizeof *decoder->candidates +
                   decoder->origin_capacity * sizeof *decoder->origins +
                   decoder->gathered_capacity * sizeof *decoder->gathered +
                   decoder->slot_count * sizeof *decoder->slots +
                   all->history_capacity * sizeof *all->histories +
                   all->arc_capacity * sizeof *all->arcs +
                   all->entry_capacity * sizeof *all->entries +
                   all->committed_capacity * sizeof *all->committed +
                   all->item_capacity * sizeof *all->items +
                   decoder->words_capacity * sizeof *decoder->words +
                   decoder->hypotheses_capacity * sizeof *decoder->hypotheses;
}

void attune_decoder_free(AttuneDecoder *decoder)
{
    if (decoder == NULL)
        return;
    phrases_free(&decoder->phrases);
    histories_free(&decoder->histories);
    free(decoder->offsets);
    free(decoder->active);
    free(decoder->candidates);
    free(decoder->origins);
    free(decoder->gathered);
    free(decoder->slots);
    free(decoder->cache_memory);
    free(decoder->words);
    free(decoder->hypotheses);
    free(decoder->endings);
    free(decoder->lattice_arcs);
    free(decoder->final_scores);
    free(decoder);
}
