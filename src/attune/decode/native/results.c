/* Results: the best word sequences, exactly ordered, from the histories' alternates.
 *
 * Every history is reached with loss 0 by its own best entry, so the loss of the best completion
 * of a partial path (built from the end) is known to be 0: best-first search pops paths in the
 * order of their true scores (A*, Hart et al. 1968, with a perfect heuristic). */
#include <stdlib.h>

#include "internal.h"

typedef struct {
    double score;
    uint64_t suffix;          /* hash of the words after `history` */
    uint32_t history, parent; /* NONE: the beginning; the end */
    uint32_t arc, ending;
} Step;

typedef struct {
    Step *steps;
    uint32_t *heap;
    size_t step_count, step_capacity, heap_count, heap_capacity;
    Table seen; /* (history, suffix) that has been taken with a better score */
} Agenda;

static int better(const Agenda *agenda, uint32_t a, uint32_t b)
{
    /* Ties go to the newer step: the other way round, n equally likely homophones would have 2^n
     * paths unfolded before the first was complete. */
    double left = agenda->steps[a].score, right = agenda->steps[b].score;
    return left > right || (left == right && a > b);
}

static Status push(Agenda *agenda, const Step *step)
{
    if (!RESERVE(agenda->steps, agenda->step_capacity, agenda->step_count + 1) ||
        !RESERVE(agenda->heap, agenda->heap_capacity, agenda->heap_count + 1))
        return STATUS_NO_MEMORY;
    uint32_t index = (uint32_t)agenda->step_count++;
    agenda->steps[index] = *step;
    size_t at = agenda->heap_count++;
    while (at > 0 && better(agenda, index, agenda->heap[(at - 1) / 2])) {
        agenda->heap[at] = agenda->heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    agenda->heap[at] = index;
    return STATUS_OK;
}

static uint32_t pop(Agenda *agenda)
{
    uint32_t top = agenda->heap[0], moved = agenda->heap[--agenda->heap_count];
    size_t at = 0;
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= agenda->heap_count)
            break;
        if (child + 1 < agenda->heap_count &&
            better(agenda, agenda->heap[child + 1], agenda->heap[child]))
            child++;
        if (!better(agenda, agenda->heap[child], moved))
            break;
        agenda->heap[at] = agenda->heap[child];
        at = child;
    }
    agenda->heap[at] = moved;
    return top;
}

/* Whether the place was new; marks it. */
static Status first_visit(Agenda *agenda, uint32_t history, uint64_t suffix, int *is_new)
{
    uint64_t key = mix64(suffix ^ mix64(history)) | 1;
    *is_new = table_find(&agenda->seen, key) == NULL;
    if (*is_new && table_add(&agenda->seen, key) == NULL)
        return STATUS_NO_MEMORY;
    return STATUS_OK;
}

static Status append_word(AttuneDecoder *decoder, const AttuneWord *word)
{
    if (!RESERVE(decoder->words, decoder->words_capacity, decoder->result_words + 1))
        return STATUS_NO_MEMORY;
    decoder->words[decoder->result_words++] = *word;
    return STATUS_OK;
}

/* Writes out a complete path: committed words, then arcs from the beginning to the end. */
static Status emit(AttuneDecoder *decoder, const Agenda *agenda, uint32_t index)
{
    const Histories *all = &decoder->histories;
    const Step *step = &agenda->steps[index];
    const Ending *ending = &decoder->endings[step->ending];
    AttuneHypothesis result = {.score = step->score,
                               .language = ending->end_of_sentence,
                               .first = (uint32_t)decoder->result_words};
    if (!RESERVE(decoder->hypotheses, decoder->hypotheses_capacity,
                 decoder->hypothesis_count + 1))
        return STATUS_NO_MEMORY;
    Status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < all->committed_count; i++) {
        status = append_word(decoder, &all->committed[i]);
        result.language += all->committed[i].language;
    }
    for (; status == STATUS_OK && step->parent != NONE; step = &agenda->steps[step->parent]) {
        if (step->arc == NONE)
            continue;
        const Arc *arc = &all->arcs[step->arc];
        AttuneWord word = {.word = arc->word,
                           .pronunciation = arc->pronunciation,
                           .start = arc->start,
                           .end = arc->end,
                           .acoustic = arc->acoustic,
                           .language = arc->language,
                           .posterior = NAN};
        status = append_word(decoder, &word);
        result.language += arc->language;
    }
    result.count = (uint32_t)decoder->result_words - result.first;
    decoder->hypotheses[decoder->hypothesis_count++] = result;
    return status;
}

static Status start_from_endings(AttuneDecoder *decoder, Agenda *agenda, uint32_t count)
{
    size_t best = 0;
    for (size_t i = 1; i < decoder->ending_count; i++)
        if (decoder->endings[i].score > decoder->endings[best].score)
            best = i;
    Status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < decoder->ending_count; i++) {
        /* The best sequence needs the best ending only. */
        if (count == 1 && i != best)
            continue;
        Step step = {decoder->endings[i].score, 1, decoder->endings[i].history, NONE, NONE,
                     (uint32_t)i};
        status = push(agenda, &step);
    }
    return status;
}

static Status search_paths(AttuneDecoder *decoder, Agenda *agenda, uint32_t count)
{
    const Histories *all = &decoder->histories;
    Status status = start_from_endings(decoder, agenda, count);
    /* A bound on the work for alternates that are the same words in other alignments. */
    size_t budget = 20000 + 2000 * (size_t)count;
    while (status == STATUS_OK && agenda->heap_count > 0 && decoder->hypothesis_count < count &&
           budget > 0) {
        budget -= decoder->hypothesis_count > 0;
        uint32_t index = pop(agenda);
        Step step = agenda->steps[index];
        int is_new;
        status = first_visit(agenda, step.history, step.suffix, &is_new);
        if (status != STATUS_OK || !is_new)
            continue;
        if (step.history == NONE) {
            status = emit(decoder, agenda, index);
            continue;
        }
        const History *history = &all->histories[step.history];
        /* The best entry last, so that it is the newest: of equal paths the one is taken that
         * stable_words follows. */
        for (uint32_t i = history->count; status == STATUS_OK && i-- > 0;) {
            Entry entry = all->entries[history->first + i];
            Step next = {step.score + entry.delta, step.suffix, NONE, index, entry.arc,
                         step.ending};
            if (entry.arc != NONE) {
                next.history = all->arcs[entry.arc].previous;
                next.suffix = mix64(step.suffix) * 31 + all->arcs[entry.arc].word + 1;
            }
            status = push(agenda, &next);
        }
    }
    return status;
}

/* ---- partial results ---- */

/* How many leading words all surviving hypotheses share: the longest are shortened word by word
 * until one sequence is left. The best final sequence will begin with it. */
static Status stable_words(AttuneDecoder *decoder, uint32_t *stable)
{
    const Histories *all = &decoder->histories;
    size_t capacity = 0, count = 0;
    uint32_t *set = NULL;
    if (!RESERVE(set, capacity, decoder->active_count))
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < decoder->active_count; i++) {
        /* Neighbours often share a history; the rest is sorted out below. */
        uint32_t history = decoder->active[i].history;
        if (count == 0 || set[count - 1] != history)
            set[count++] = history;
    }
    for (;;) {
        uint32_t deepest = 0;
        int same = 1;
        for (size_t i = 0; i < count; i++) {
            const History *history = &all->histories[set[i]];
            same = same && history->sequence == all->histories[set[0]].sequence;
            if (history->depth > deepest)
                deepest = history->depth;
        }
        *stable = deepest;
        if (same)
            break;
        Table seen = {0};
        size_t kept = 0;
        for (size_t i = 0; i < count; i++) {
            const History *history = &all->histories[set[i]];
            uint32_t next = set[i], arc = all->entries[history->first].arc;
            if (history->depth == deepest && arc != NONE)
                next = all->arcs[arc].previous;
            if (table_find(&seen, (uint64_t)next + 1) != NULL)
                continue;
            if (table_add(&seen, (uint64_t)next + 1) == NULL) {
                table_free(&seen);
                free(set);
                return STATUS_NO_MEMORY;
            }
            set[kept++] = next;
        }
        table_free(&seen);
        count = kept;
    }
    free(set);
    return STATUS_OK;
}

static Status append_unfinished(AttuneDecoder *decoder)
{
    const Hypothesis *from = best_hypothesis(decoder);
    if (from->state >> 1 < decoder->graph->symbols || decoder->hypothesis_count == 0)
        return STATUS_OK;
    WordEnd end;
    Context next;
    likely_word(decoder, from, &end);
    AttuneWord word = {.word = end.word,
                       .pronunciation = NONE,
                       .start = from->start,
                       .end = from->last + 1,
                       .acoustic = from->acoustic + decoder->pending_blank,
                       .language = score_word(decoder, from->history, from->key, &end, &next),
                       .posterior = NAN};
    decoder->hypotheses[0].count++;
    return append_word(decoder, &word);
}

static Status collect_results(AttuneDecoder *decoder, const AttuneQuery *query,
                              AttuneResult *result)
{
    Agenda agenda = {0};
    Status status = find_endings(decoder, query->final != 0);
    if (status == STATUS_OK)
        status = search_paths(decoder, &agenda, query->count);
    free(agenda.steps);
    free(agenda.heap);
    table_free(&agenda.seen);
    if (status == STATUS_OK && query->posterior_scale > 0.0f && decoder->hypothesis_count > 0)
        status = word_posteriors(decoder, query->posterior_scale, decoder->words,
                                 decoder->hypotheses[0].count);
    if (status == STATUS_OK && query->unfinished && !query->final && query->count == 1)
        status = append_unfinished(decoder);
    if (status == STATUS_OK)
        status = stable_words(decoder, &result->stable_words);
    return status;
}

int attune_decoder_result(AttuneDecoder *decoder, const AttuneQuery *query, AttuneResult *result)
{
    memset(result, 0, sizeof *result);
    if (decoder->broken)
        return STATUS_BROKEN;
    if (query->count < 1 || query->count > 10000 || isnan(query->posterior_scale))
        return STATUS_BAD_OPTION;
    Histories *all = &decoder->histories;
    size_t histories = all->history_count, arcs = all->arc_count, entries = all->entry_count;
    decoder->result_words = decoder->hypothesis_count = 0;
    Status status = collect_results(decoder, query, result);
    /* Histories of words cut off served this result only. */
    all->history_count = histories;
    all->arc_count = arcs;
    all->entry_count = entries;
    if (status != STATUS_OK)
        return status;
    result->hypotheses = decoder->hypotheses;
    result->words = decoder->words;
    result->hypothesis_count = (uint32_t)decoder->hypothesis_count;
    result->word_count = (uint32_t)decoder->result_words;
    result->trailing_frames = decoder->frame - (best_hypothesis(decoder)->last + 1);
    result->completion_cost = completion_cost(decoder);
    result->frames = decoder->frame;
    result->committed_words = (uint32_t)all->committed_count;
    return STATUS_OK;
}
