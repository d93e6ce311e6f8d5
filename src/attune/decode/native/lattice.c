/* The lattice of histories: posteriors by forward-backward, and a copy for callers.
 *
 * Histories are numbered so that every arc leads to a greater number; one pass up and one pass
 * down visit them in topological order. */
#include <stdlib.h>

#include "internal.h"

typedef struct {
    double *forward;  /* ln sum over ways into a history, against its best one */
    double *backward; /* posterior of passing a history; 0: unreachable */
    double *arc;      /* posterior of an arc */
} Posteriors;

static void posteriors_free(Posteriors *posteriors)
{
    free(posteriors->forward);
    free(posteriors->backward);
    free(posteriors->arc);
}

static double entry_weight(const Histories *all, const Posteriors *posteriors, Entry entry,
                           double scale)
{
    double weight = scale * entry.delta;
    if (entry.arc != NONE)
        weight += posteriors->forward[all->arcs[entry.arc].previous];
    return weight;
}

static Status compute(const AttuneDecoder *decoder, double scale, Posteriors *posteriors)
{
    const Histories *all = &decoder->histories;
    posteriors->forward = calloc(all->history_count + 1, sizeof(double));
    posteriors->backward = calloc(all->history_count + 1, sizeof(double));
    posteriors->arc = calloc(all->arc_count + 1, sizeof(double));
    if (!posteriors->forward || !posteriors->backward || !posteriors->arc)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < all->history_count; i++) {
        const History *history = &all->histories[i];
        double sum = 0.0, top = entry_weight(all, posteriors, all->entries[history->first], scale);
        for (uint32_t j = 0; j < history->count; j++) {
            Entry entry = all->entries[history->first + j];
            sum += exp(entry_weight(all, posteriors, entry, scale) - top);
        }
        posteriors->forward[i] = top + log(sum);
    }
    double best = -INFINITY, total = 0.0;
    for (size_t i = 0; i < decoder->ending_count; i++) {
        const Ending *ending = &decoder->endings[i];
        double weight = scale * ending->score + posteriors->forward[ending->history];
        if (weight > best)
            best = weight;
    }
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < decoder->ending_count; i++) {
            const Ending *ending = &decoder->endings[i];
            double weight =
                exp(scale * ending->score + posteriors->forward[ending->history] - best);
            if (pass == 0)
                total += weight;
            else
                posteriors->backward[ending->history] += weight / total;
        }
    for (size_t i = all->history_count; i-- > 0;) {
        const History *history = &all->histories[i];
        if (posteriors->backward[i] == 0.0)
            continue;
        for (uint32_t j = 0; j < history->count; j++) {
            Entry entry = all->entries[history->first + j];
            double share = posteriors->backward[i] *
                           exp(entry_weight(all, posteriors, entry, scale) - posteriors->forward[i]);
            if (entry.arc == NONE)
                continue;
            posteriors->arc[entry.arc] += share;
            posteriors->backward[all->arcs[entry.arc].previous] += share;
        }
    }
    return STATUS_OK;
}

typedef struct {
    uint32_t start, end, word;
    float posterior;
} Spell;

static int by_start(const void *left, const void *right)
{
    const Spell *a = left, *b = right;
    return a->start < b->start ? -1 : a->start > b->start;
}

/* Two words meet when they share at least half of the shorter one. */
static int meet(uint32_t a_start, uint32_t a_end, uint32_t b_start, uint32_t b_end)
{
    uint32_t start = a_start > b_start ? a_start : b_start, end = a_end < b_end ? a_end : b_end;
    uint32_t shorter = a_end - a_start < b_end - b_start ? a_end - a_start : b_end - b_start;
    return end > start && 2 * (end - start) >= shorter;
}

Status word_posteriors(AttuneDecoder *decoder, float scale, AttuneWord *words, uint32_t count)
{
    const Histories *all = &decoder->histories;
    Posteriors posteriors = {0};
    Spell *spells = malloc((all->arc_count + 1) * sizeof *spells);
    Status status = compute(decoder, scale, &posteriors);
    if (spells == NULL)
        status = STATUS_NO_MEMORY;
    if (status == STATUS_OK) {
        size_t used = 0;
        uint32_t longest = 0;
        for (size_t i = 0; i < all->arc_count; i++) {
            const Arc *arc = &all->arcs[i];
            if (posteriors.arc[i] < 1e-6)
                continue;
            spells[used++] = (Spell){arc->start, arc->end, arc->word, (float)posteriors.arc[i]};
            if (arc->end - arc->start > longest)
                longest = arc->end - arc->start;
        }
        qsort(spells, used, sizeof *spells, by_start);
        for (uint32_t i = 0; i < count; i++) {
            AttuneWord *word = &words[i];
            /* Alternates of committed words are gone: every hypothesis had agreed on these. */
            if (i < all->committed_count) {
                word->posterior = 1.0f;
                continue;
            }
            uint32_t from = word->start > longest ? word->start - longest : 0;
            size_t low = 0, high = used;
            while (low < high) {
                size_t middle = low + (high - low) / 2;
                if (spells[middle].start < from)
                    low = middle + 1;
                else
                    high = middle;
            }
            double sum = 0.0;
            for (; low < used && spells[low].start < word->end; low++)
                if (spells[low].word == word->word &&
                    meet(spells[low].start, spells[low].end, word->start, word->end))
                    sum += spells[low].posterior;
            word->posterior = sum < 1.0 ? (float)sum : 1.0f;
        }
    }
    posteriors_free(&posteriors);
    free(spells);
    return status;
}

/* Copies what has a posterior: node 0 is the beginning, the others are histories. */
static Status copy_lattice(AttuneDecoder *decoder, const Posteriors *posteriors,
                           AttuneLattice *lattice)
{
    const Histories *all = &decoder->histories;
    uint32_t *number = calloc(all->history_count + 1, sizeof *number);
    if (number == NULL)
        return STATUS_NO_MEMORY;
    uint32_t nodes = 1;
    size_t used = 0;
    Status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < all->history_count; i++) {
        const History *history = &all->histories[i];
        if (posteriors->backward[i] == 0.0)
            continue;
        if (history->count == 1 && all->entries[history->first].arc == NONE)
            continue; /* the beginning itself */
        number[i] = nodes++;
        if (!RESERVE(decoder->lattice_arcs, decoder->lattice_arcs_capacity,
                     used + history->count))
            status = STATUS_NO_MEMORY;
        for (uint32_t j = 0; status == STATUS_OK && j < history->count; j++) {
            Entry entry = all->entries[history->first + j];
            AttuneLatticeArc *out = &decoder->lattice_arcs[used++];
            *out = (AttuneLatticeArc){.to = number[i], .delta = entry.delta};
            out->word.word = out->word.pronunciation = NONE;
            if (entry.arc == NONE)
                continue;
            const Arc *arc = &all->arcs[entry.arc];
            out->from = number[arc->previous];
            out->word = (AttuneWord){.word = arc->word,
                                     .pronunciation = arc->pronunciation,
                                     .start = arc->start,
                                     .end = arc->end,
                                     .acoustic = arc->acoustic,
                                     .language = arc->language,
                                     .posterior = (float)posteriors->arc[entry.arc]};
        }
    }
    if (status == STATUS_OK &&
        !RESERVE(decoder->final_scores, decoder->final_scores_capacity, nodes))
        status = STATUS_NO_MEMORY;
    if (status == STATUS_OK) {
        double best = -INFINITY;
        for (uint32_t i = 0; i < nodes; i++)
            decoder->final_scores[i] = -INFINITY;
        for (size_t i = 0; i < decoder->ending_count; i++)
            if (decoder->endings[i].score > best)
                best = decoder->endings[i].score;
        for (size_t i = 0; i < decoder->ending_count; i++) {
            double *score = &decoder->final_scores[number[decoder->endings[i].history]];
            if (decoder->endings[i].score - best > *score)
                *score = decoder->endings[i].score - best;
        }
        *lattice = (AttuneLattice){.arcs = decoder->lattice_arcs,
                                   .arc_count = (uint32_t)used,
                                   .node_count = nodes,
                                   .final_scores = decoder->final_scores};
    }
    free(number);
    return status;
}

int attune_decoder_lattice(AttuneDecoder *decoder, const AttuneQuery *query,
                           AttuneLattice *lattice)
{
    memset(lattice, 0, sizeof *lattice);
    if (decoder->broken)
        return STATUS_BROKEN;
    if (!(query->posterior_scale > 0.0f))
        return STATUS_BAD_OPTION;
    Histories *all = &decoder->histories;
    size_t histories = all->history_count, arcs = all->arc_count, entries = all->entry_count;
    Posteriors posteriors = {0};
    Status status = find_endings(decoder, query->final != 0);
    if (status == STATUS_OK)
        status = compute(decoder, query->posterior_scale, &posteriors);
    if (status == STATUS_OK)
        status = copy_lattice(decoder, &posteriors, lattice);
    posteriors_free(&posteriors);
    all->history_count = histories;
    all->arc_count = arcs;
    all->entry_count = entries;
    return status;
}
