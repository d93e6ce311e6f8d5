/* Where a result can start from: the hypotheses that may end at the current frame. */
#include "internal.h"

/* For a last word cut off by the end of the audio when nothing else has survived and the options
 * forbid such words: then any word is better than losing all of them. */
#define LAST_RESORT_PENALTY 10.0f

const Hypothesis *best_hypothesis(const AttuneDecoder *decoder)
{
    const Hypothesis *best = &decoder->active[0];
    for (size_t i = 1; i < decoder->active_count; i++)
        if (decoder->active[i].score > best->score)
            best = &decoder->active[i];
    return best;
}

static float end_of_sentence(const AttuneDecoder *decoder, const Context *context)
{
    Context next;
    if (!decoder->graph->has_model)
        return 0.0f;
    return ngram_score(&decoder->graph->model, context, SENTENCE_END, &next);
}

/* A complete hypothesis' score as a final result: no look-ahead, no bonus of broken phrases. */
static float final_score(const AttuneDecoder *decoder, const Hypothesis *from, float *end)
{
    const History *history = &decoder->histories.histories[from->history];
    float score = from->score - decoder->root_look;
    *end = end_of_sentence(decoder, &history->context);
    if (decoder->has_phrases)
        score -= decoder->phrases.states[from->phrase].partial;
    return score + decoder->options.lm_weight * *end;
}

float completion_cost(AttuneDecoder *decoder)
{
    float best = -INFINITY, end;
    for (size_t i = 0; i < decoder->active_count; i++)
        if (decoder->active[i].state >> 1 < decoder->graph->symbols) {
            float score = final_score(decoder, &decoder->active[i], &end);
            if (score > best)
                best = score;
        }
    return best_hypothesis(decoder)->score - best;
}

/* The best word ending at a node by the score that its look-ahead is made of. */
static float best_word(const AttuneDecoder *decoder, const Hypothesis *from, const Tree *tree,
                       uint32_t node, int overlay, WordEnd *end)
{
    const AttuneGraph *graph = decoder->graph;
    float best = -INFINITY;
    for (uint32_t i = 0; i < tree->nodes[node].words; i++) {
        const WordEnd *candidate = &tree->ends[tree->nodes[node].first_word + i];
        uint32_t word = candidate->word;
        float value = word < graph->words ? 0.0f : decoder->options.oov_log_prob;
        if (graph->has_model)
            value += ngram_unigram(&graph->model, candidate->model_word);
        value *= decoder->options.lm_weight;
        if (overlay)
            value += phrases_bonus(&decoder->phrases, from->phrase,
                                   phrases_next(&decoder->phrases, from->phrase, word));
        if (value > best) {
            best = value;
            *end = *candidate;
        }
    }
    return best;
}

uint32_t likely_word(const AttuneDecoder *decoder, const Hypothesis *from, WordEnd *end)
{
    uint32_t place = from->state >> 1, base = decoder->graph->symbols, missing = 0;
    int overlay = place >= overlay_base(decoder);
    if (overlay)
        base = overlay_base(decoder);
    const Tree *tree = overlay ? &decoder->phrases.tree : &decoder->graph->tree;
    for (uint32_t node = place - base;; missing++) {
        float here = best_word(decoder, from, tree, node, overlay, end);
        uint32_t next = NONE;
        float below = here;
        for (uint32_t i = tree->nodes[node].first_child; i != 0; i = next_sibling(tree, i)) {
            float look = place_look(decoder, base + i, from->phrase);
            if (next == NONE ? here == -INFINITY || look > below : look > below) {
                below = look;
                next = i;
            }
        }
        if (next == NONE)
            return missing;
        node = next;
    }
}

static Status add_ending(AttuneDecoder *decoder, uint32_t history, float end, double score)
{
    if (!RESERVE(decoder->endings, decoder->endings_capacity, decoder->ending_count + 1))
        return STATUS_NO_MEMORY;
    decoder->endings[decoder->ending_count++] = (Ending){history, end, score};
    return STATUS_OK;
}

/* Lets a hypothesis end inside its word, which is then taken for the likeliest one below. */
static Status add_unfinished(AttuneDecoder *decoder, const Hypothesis *from, float penalty,
                             float limit)
{
    const AttuneOptions *options = &decoder->options;
    WordEnd word;
    uint32_t missing = likely_word(decoder, from, &word);
    Context next;
    float language = score_word(decoder, from->history, from->key, &word, &next);
    float end = end_of_sentence(decoder, &next);
    float score = from->score - place_look(decoder, from->state >> 1, from->phrase) +
                  options->lm_weight * (language + end) + options->word_score +
                  options->pronunciation_weight * word.log_prior - penalty * (float)missing;
    if (decoder->has_phrases) {
        uint32_t state = phrases_next(&decoder->phrases, from->phrase, word.word);
        score += phrases_bonus(&decoder->phrases, from->phrase, state) -
                 decoder->phrases.states[state].partial;
    }
    if (!(score > limit))
        return STATUS_OK;
    Origin origin = {.score = score,
                     .acoustic = from->acoustic + decoder->pending_blank,
                     .language = language,
                     .history = from->history,
                     .word = word.word,
                     .pronunciation = word.pronunciation,
                     .start = from->start,
                     .last = from->last,
                     .next = NONE};
    uint32_t made, key = ngram_key(&decoder->graph->model, &next);
    Status status = histories_append(&decoder->histories, &origin, from->last + 1, &next, key, &made);
    return status == STATUS_OK ? add_ending(decoder, made, end, decoder->offset + score) : status;
}

/* When summing over alignments: those of one word sequence end in different states, among
 * different alternates. Takes histories apart and gives every sequence one ending. */
static Status sum_endings(AttuneDecoder *decoder)
{
    Histories *all = &decoder->histories;
    Table places = {0};
    size_t count = decoder->ending_count;
    Status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        Ending ending = decoder->endings[i];
        History whole = all->histories[ending.history];
        for (uint32_t j = 0; status == STATUS_OK && j < whole.count; j++) {
            Entry entry = all->entries[whole.first + j];
            double score = ending.score + entry.delta;
            uint64_t id = entry.arc == NONE ? 1 : all->arcs[entry.arc].id | 2;
            uint32_t *place = table_find(&places, id);
            if (place != NULL) {
                double *sum = &decoder->endings[*place].score;
                *sum = fmax(*sum, score) + log1p(exp(-fabs(*sum - score)));
                continue;
            }
            uint32_t part;
            status = histories_take(all, entry.arc, &part);
            if (status == STATUS_OK && (place = table_add(&places, id)) == NULL)
                status = STATUS_NO_MEMORY;
            if (status == STATUS_OK) {
                *place = (uint32_t)decoder->ending_count;
                status = add_ending(decoder, part, ending.end_of_sentence, score);
            }
        }
    }
    table_free(&places);
    decoder->ending_count -= count;
    memmove(decoder->endings, decoder->endings + count,
            decoder->ending_count * sizeof *decoder->endings);
    return status;
}

Status find_endings(AttuneDecoder *decoder, int final)
{
    Status status = STATUS_OK;
    decoder->ending_count = 0;
    float best = -INFINITY, end = 0.0f;
    for (size_t i = 0; status == STATUS_OK && i < decoder->active_count; i++) {
        const Hypothesis *from = &decoder->active[i];
        float score = from->score;
        if (final && from->state >> 1 >= decoder->graph->symbols)
            continue;
        if (final)
            score = final_score(decoder, from, &end);
        if (score > best)
            best = score;
        status = add_ending(decoder, from->history, end, decoder->offset + score);
    }
    if (final && status == STATUS_OK && decoder->options.log_add)
        status = sum_endings(decoder);
    float penalty = decoder->options.unfinished_penalty;
    if (!final || (decoder->ending_count > 0 && penalty == INFINITY))
        return status;
    if (penalty == INFINITY)
        penalty = LAST_RESORT_PENALTY;
    for (size_t i = 0; status == STATUS_OK && i < decoder->active_count; i++)
        if (decoder->active[i].state >> 1 >= decoder->graph->symbols)
            status = add_unfinished(decoder, &decoder->active[i], penalty,
                                    best - decoder->options.lattice_beam);
    return status;
}
