/* One frame of the beam search.
 *
 * Token passing over the CTC topology: a hypothesis either sits on the phone it has just emitted
 * or in a blank behind it; a phone may follow itself only through a blank. Words end on the frame
 * that enters their last phone, where the language model replaces the look-ahead. Candidates that
 * reach the same state (place, language model context, phrase state) are merged through a hash
 * table; what they recognised is only put together for those that survive the pruning. */
#include <stdlib.h>

#include "internal.h"


#define SLOTS 8192u /* at first; a power of two */
#define BINS 512
#define PENDING 16u
/* A context is hardly ever worth more than this (natural log) over a word's unigram probability to
 * a hypothesis that would only just survive with it: such words are not looked up. Measured on a
 * 4-gram model with 200,000 words: saves half of the look-ups, drops one survivor in 10,000. */
#define CONTEXT_GAIN 4.0f

/* A node with words that has been reached. Several are collected before their words are scored,
 * so that the loads of the language model's cache overlap instead of waiting in line. */
typedef struct {
    const Hypothesis *from;
    const Tree *tree;
    const Node *node;
    Origin reached;
    float look;
} Pending;

typedef struct {
    AttuneDecoder *decoder;
    const float *row; /* log posteriors with offsets */
    float best, limit, word_limit, top_phone;
    int failed;
    uint32_t pending_count;
    Pending pending[PENDING];
} Frame;

/* ---- language model ---- */

static inline CachedScore *cached_score(const AttuneDecoder *decoder, uint32_t key, uint32_t word)
{
    return &decoder->cache[mix64((uint64_t)key << 32 | word) & (CACHE_SIZE - 1)];
}

float score_word(AttuneDecoder *decoder, uint32_t history, uint32_t key, const WordEnd *end,
                 Context *next)
{
    const AttuneGraph *graph = decoder->graph;
    float extra = end->word < graph->words ? 0.0f : decoder->options.oov_log_prob;
    if (!graph->has_model) {
        ngram_empty(next);
        return extra;
    }
    uint32_t word = end->model_word;
    CachedScore *cached = cached_score(decoder, key, word);
    decoder->stats.model_lookups++;
    if (cached->key != key || cached->word != word) {
        decoder->stats.model_misses++;
        const Context *context = &decoder->histories.histories[history].context;
        cached->score = ngram_score(&graph->model, context, word, &cached->next);
        cached->key = key;
        cached->word = word;
    }
    *next = cached->next;
    return cached->score + extra;
}

float place_look(const AttuneDecoder *decoder, uint32_t place, uint32_t phrase)
{
    uint32_t symbols = decoder->graph->symbols, overlay = overlay_base(decoder);
    if (place < symbols)
        return decoder->root_look;
    if (place >= overlay)
        return phrases_look(&decoder->phrases, phrase, place - overlay);
    float look = decoder->options.lm_weight * decoder->graph->tree.nodes[place - symbols].look;
    return decoder->has_phrases ? look - decoder->phrases.states[phrase].partial : look;
}

/* ---- candidates ---- */

static uint64_t slot_of(uint32_t state, uint32_t key, uint32_t phrase)
{
    uint64_t hash = ((uint64_t)key << 32 | state) * 0x9e3779b97f4a7c15u;
    return (hash ^ (uint64_t)phrase * 0xbf58476d1ce4e5b9u) >> 20;
}

static int grow_slots(AttuneDecoder *decoder)
{
    size_t count = decoder->slot_count == 0 ? SLOTS : 2 * decoder->slot_count;
    Slot *slots = calloc(count, sizeof *slots);
    if (slots == NULL)
        return 0;
    free(decoder->slots);
    decoder->slots = slots;
    decoder->slot_count = count;
    decoder->generation = 1;
    for (size_t i = 0; i < decoder->candidate_count; i++) {
        const Candidate *c = &decoder->candidates[i];
        size_t at = slot_of(c->state, c->key, c->phrase) & (count - 1);
        while (slots[at].generation != 0)
            at = (at + 1) & (count - 1);
        slots[at] = (Slot){1, (uint32_t)i};
    }
    return 1;
}

static float add_logs(float a, float b)
{
    return a > b ? a + log1pf(expf(b - a)) : b + log1pf(expf(a - b));
}

static inline int same_path(const Origin *a, const Origin *b)
{
    return a->history == b->history && a->word == b->word;
}

/* Keeps what loses to a candidate, once for each path. */
static void keep_alternate(Frame *frame, Candidate *candidate, const Origin *loser)
{
    AttuneDecoder *decoder = frame->decoder;
    for (uint32_t i = candidate->alternates; i != NONE; i = decoder->origins[i].next) {
        Origin *other = &decoder->origins[i];
        if (!same_path(other, loser))
            continue;
        float sum = add_logs(other->score, loser->score);
        if (loser->score > other->score) {
            uint32_t next = other->next;
            *other = *loser;
            other->next = next;
        }
        if (decoder->options.log_add)
            other->score = sum;
        return;
    }
    if (!RESERVE(decoder->origins, decoder->origin_capacity, decoder->origin_count + 1)) {
        frame->failed = 1;
        return;
    }
    Origin *kept = &decoder->origins[decoder->origin_count];
    *kept = *loser;
    kept->next = candidate->alternates;
    candidate->alternates = (uint32_t)decoder->origin_count++;
}

static void merge(Frame *frame, Candidate *candidate, const Origin *origin)
{
    const AttuneOptions *options = &frame->decoder->options;
    Origin loser = *origin;
    if (origin->score > candidate->best.score) {
        loser = candidate->best;
        candidate->best = *origin;
    }
    if (same_path(&loser, &candidate->best)) {
        if (options->log_add)
            candidate->best.score = add_logs(candidate->best.score, loser.score);
        return;
    }
    if ((options->max_alternates > 1 || options->log_add) &&
        loser.score >= candidate->best.score - options->lattice_beam)
        keep_alternate(frame, candidate, &loser);
}

/* Offers a way to reach a state; `key` and `phrase` belong to the state reached. */
static void offer(Frame *frame, uint32_t state, uint32_t key, uint32_t phrase,
                  const Origin *origin)
{
    AttuneDecoder *decoder = frame->decoder;
    if (origin->score > frame->best) {
        frame->best = origin->score;
        frame->limit = frame->best - decoder->options.beam;
        frame->word_limit = frame->best - decoder->options.word_beam;
    }
    size_t mask = decoder->slot_count - 1, at = slot_of(state, key, phrase) & mask;
    for (; decoder->slots[at].generation == decoder->generation; at = (at + 1) & mask) {
        Candidate *candidate = &decoder->candidates[decoder->slots[at].index];
        if (candidate->state == state && candidate->key == key && candidate->phrase == phrase) {
            merge(frame, candidate, origin);
            return;
        }
    }
    if (!RESERVE(decoder->candidates, decoder->candidate_capacity,
                 decoder->candidate_count + 1)) {
        frame->failed = 1;
        return;
    }
    decoder->slots[at] = (Slot){decoder->generation, (uint32_t)decoder->candidate_count};
    decoder->candidates[decoder->candidate_count++] =
        (Candidate){state, key, phrase, NONE, *origin};
    if (decoder->candidate_count * 2 > decoder->slot_count && !grow_slots(decoder))
        frame->failed = 1;
}

/* ---- expansion ---- */

/* Ends every word of a node: the language model's score takes the place of the look-ahead. */
static void end_words(Frame *frame, const Pending *pending)
{
    AttuneDecoder *decoder = frame->decoder;
    const AttuneOptions *options = &decoder->options;
    const Hypothesis *from = pending->from;
    const Tree *tree = pending->tree;
    const Node *node = pending->node;
    int overlay = tree != &decoder->graph->tree;
    float base = pending->reached.score - pending->look + options->word_score + decoder->root_look;
    for (uint32_t i = 0; i < node->words; i++) {
        const WordEnd *end = &tree->ends[node->first_word + i];
        uint32_t phrase = 0;
        float score = base + options->pronunciation_weight * end->log_prior;
        if (decoder->has_phrases) {
            const Phrases *phrases = &decoder->phrases;
            if (!overlay && (phrases->overlaid[end->word / 64] >> end->word % 64 & 1))
                continue;
            phrase = phrases_next(phrases, from->phrase, end->word);
            score += phrases_bonus(phrases, from->phrase, phrase);
        }
        if (decoder->graph->has_model && score < frame->limit - options->lm_weight *
                (ngram_unigram(&decoder->graph->model, end->model_word) + CONTEXT_GAIN))
            continue;
        Context next;
        float language = score_word(decoder, from->history, from->key, end, &next);
        score += options->lm_weight * language;
        decoder->stats.word_ends++;
        if (score < frame->word_limit || score < frame->limit)
            continue;
        Origin origin = pending->reached;
        origin.score = score;
        origin.language = language;
        origin.word = end->word;
        origin.pronunciation = end->pronunciation;
        origin.model_word = end->model_word;
        ngram_trim(&decoder->graph->model, &next);
        uint32_t key = ngram_key(&decoder->graph->model, &next);
        offer(frame, (uint32_t)node->phone << 1, key, phrase, &origin);
    }
}

static void flush_pending(Frame *frame)
{
    const AttuneDecoder *decoder = frame->decoder;
    for (uint32_t i = 0; i < frame->pending_count; i++) {
        const Pending *pending = &frame->pending[i];
        const WordEnd *end = &pending->tree->ends[pending->node->first_word];
        PREFETCH(cached_score(decoder, pending->from->key, end->model_word));
    }
    for (uint32_t i = 0; i < frame->pending_count; i++)
        if (frame->pending[i].reached.score >= frame->limit)
            end_words(frame, &frame->pending[i]);
    frame->pending_count = 0;
}

/* Emits the first or next phone: the children of a node, all but `barred`. */
static void descend(Frame *frame, const Hypothesis *from, const Tree *tree, uint32_t parent,
                    int overlay, float look, uint32_t barred)
{
    AttuneDecoder *decoder = frame->decoder;
    const Node *node = &tree->nodes[parent];
    uint32_t base = overlay ? overlay_base(decoder) : decoder->graph->symbols;
    float plain = from->score - look;
    /* Look-ahead falls on the way down, except into the overlay, where a bonus may lie ahead. */
    float quick = overlay ? -INFINITY : frame->limit - from->score;
    float weight = decoder->options.lm_weight, partial = 0.0f;
    if (decoder->has_phrases)
        partial = decoder->phrases.states[from->phrase].partial;
    for (uint32_t i = node->first_child, last = i == 0; !last; i++) {
        const Node *child = &tree->nodes[i];
        last = child->last;
        float emission = frame->row[child->phone];
        if (child->phone == barred || emission < quick)
            continue;
        float child_look = overlay ? phrases_look(&decoder->phrases, from->phrase, i)
                                   : weight * child->look - partial;
        float score = plain + emission + child_look;
        if (score < frame->limit)
            continue;
        int first = parent == 0;
        Origin origin = {.score = score,
                         .acoustic = (first ? 0.0f : from->acoustic) + emission,
                         .history = from->history,
                         .word = NONE,
                         .pronunciation = NONE,
                         .start = first ? decoder->frame : from->start,
                         .last = decoder->frame,
                         .next = NONE};
        if (child->first_child != 0)
            offer(frame, (base + i) << 1, from->key, from->phrase, &origin);
        if (child->words == 0)
            continue;
        if (frame->pending_count == PENDING)
            flush_pending(frame);
        PREFETCH(&tree->ends[child->first_word]);
        frame->pending[frame->pending_count++] =
            (Pending){from, tree, child, origin, child_look};
    }
}

static void expand(Frame *frame, const Hypothesis *from, int blank_only)
{
    AttuneDecoder *decoder = frame->decoder;
    const AttuneGraph *graph = decoder->graph;
    uint32_t place = from->state >> 1, blank = from->state & 1, symbols = graph->symbols;
    Origin stay = {.score = from->score + frame->row[0],
                   .acoustic = from->acoustic + frame->row[0],
                   .history = from->history,
                   .word = NONE,
                   .pronunciation = NONE,
                   .start = from->start,
                   .last = from->last,
                   .next = NONE};
    if (stay.score >= frame->limit)
        offer(frame, place < symbols ? 1 : from->state | 1, from->key, from->phrase, &stay);
    if (blank_only)
        return;
    if (!decoder->has_phrases && from->score + frame->top_phone < frame->limit)
        return;
    const Node *nodes = graph->tree.nodes;
    uint32_t overlay = overlay_base(decoder), phone = place;
    if (place >= overlay)
        phone = decoder->phrases.tree.nodes[place - overlay].phone;
    else if (place >= symbols)
        phone = nodes[place - symbols].phone;
    if (!blank) {
        stay.score = from->score + frame->row[phone];
        stay.acoustic = from->acoustic + frame->row[phone];
        stay.last = decoder->frame;
        if (stay.score >= frame->limit)
            offer(frame, from->state, from->key, from->phrase, &stay);
    }
    uint32_t barred = blank ? NONE : phone;
    float look = place_look(decoder, place, from->phrase);
    if (place < symbols || place < overlay)
        descend(frame, from, &graph->tree, place < symbols ? 0 : place - symbols, 0, look, barred);
    if (decoder->has_phrases && (place < symbols || place >= overlay))
        descend(frame, from, &decoder->phrases.tree, place < symbols ? 0 : place - overlay, 1,
                look, barred);
}

/* Loads the nodes of hypotheses that will be expanded soon, and what they point to. */
static void prefetch_node(const AttuneDecoder *decoder, size_t current)
{
    const Node *nodes = decoder->graph->tree.nodes;
    uint32_t symbols = decoder->graph->symbols, count = decoder->graph->tree.node_count;
    if (current + 8 < decoder->active_count) {
        uint32_t node = (decoder->active[current + 8].state >> 1) - symbols;
        if (node < count)
            PREFETCH(&nodes[node]);
    }
    if (current + 4 < decoder->active_count) {
        uint32_t node = (decoder->active[current + 4].state >> 1) - symbols;
        if (node < count)
            PREFETCH(&nodes[nodes[node].first_child]);
    }
}

/* ---- pruning ---- */

/* The score that about max_active candidates reach. */
static float histogram_limit(const AttuneDecoder *decoder, float best, float limit)
{
    uint32_t bins[BINS] = {0}, kept = 0;
    float scale = (float)BINS / (best - limit);
    size_t i;
    if (decoder->candidate_count <= decoder->options.max_active || !(scale > 0.0f))
        return limit;
    for (i = 0; i < decoder->candidate_count; i++) {
        float below = (best - decoder->candidates[i].best.score) * scale;
        if (below < (float)BINS)
            bins[below > 0.0f ? (int)below : 0]++;
    }
    for (i = 0; i < BINS; i++) {
        kept += bins[i];
        if (kept > decoder->options.max_active)
            break;
    }
    return i == 0 || i == BINS ? limit : best - (float)i / scale;
}

/* The history of a survivor, put together from the winner and what lost to it. */
static Status settle(AttuneDecoder *decoder, const Candidate *candidate, Hypothesis *hypothesis)
{
    const Origin *best = &candidate->best;
    float score = best->score;
    uint32_t history = best->history;
    const History *old = &decoder->histories.histories[best->history];
    Context context = old->context;
    Status status = STATUS_OK;
    if (best->word != NONE) {
        WordEnd end = {.word = best->word, .model_word = best->model_word};
        score_word(decoder, best->history, old->key, &end, &context);
        ngram_trim(&decoder->graph->model, &context);
    }
    uint32_t end = decoder->frame + 1;
    if (candidate->alternates != NONE) {
        size_t count = 1;
        for (uint32_t i = candidate->alternates; i != NONE; i = decoder->origins[i].next)
            count++;
        if (!RESERVE(decoder->gathered, decoder->gathered_capacity, count))
            return STATUS_NO_MEMORY;
        decoder->gathered[0] = *best;
        count = 1;
        for (uint32_t i = candidate->alternates; i != NONE; i = decoder->origins[i].next)
            decoder->gathered[count++] = decoder->origins[i];
        status = histories_merge(&decoder->histories, decoder->gathered, (uint32_t)count, end,
                                 &context, candidate->key, &decoder->options, &history, &score);
    } else if (best->word != NONE) {
        status = histories_append(&decoder->histories, best, end, &context, candidate->key,
                                  &history);
    }
    *hypothesis = (Hypothesis){.score = score,
                               .acoustic = best->acoustic,
                               .state = candidate->state,
                               .history = history,
                               .key = candidate->key,
                               .phrase = candidate->phrase,
                               .start = best->start,
                               .last = best->last};
    return status;
}

/* Makes the surviving candidates the active hypotheses, the best one first. */
static Status select_survivors(Frame *frame)
{
    AttuneDecoder *decoder = frame->decoder;
    float limit = histogram_limit(decoder, frame->best, frame->limit);
    size_t room = decoder->options.max_active;
    if (room > decoder->candidate_count)
        room = decoder->candidate_count;
    if (!RESERVE(decoder->active, decoder->active_capacity, room))
        return STATUS_NO_MEMORY;
    size_t first = 0, count = 0;
    for (size_t i = 1; i < decoder->candidate_count; i++)
        if (decoder->candidates[i].best.score > decoder->candidates[first].best.score)
            first = i;
    Status status = settle(decoder, &decoder->candidates[first], &decoder->active[count++]);
    for (size_t i = 0; status == STATUS_OK && i < decoder->candidate_count && count < room; i++) {
        const Candidate *candidate = &decoder->candidates[i];
        float bar = candidate->best.word == NONE || limit > frame->word_limit
                        ? limit : frame->word_limit;
        if (i != first && candidate->best.score >= bar)
            status = settle(decoder, candidate, &decoder->active[count++]);
    }
    decoder->active_count = count;
    /* Scores stay near zero, so that hours of speech cost no precision. */
    float top = decoder->active[0].score;
    decoder->offset += top;
    for (size_t i = 0; i < count; i++)
        decoder->active[i].score -= top;
    return status;
}

Status search_frame(AttuneDecoder *decoder, const float *row, int blank_only)
{
    uint32_t symbols = decoder->graph->symbols;
    if (blank_only && decoder->settled) {
        /* Nothing moves: the whole frame is one addition. */
        decoder->offset += row[0];
        decoder->pending_blank += row[0];
        decoder->stats.skipped_frames++;
        decoder->frame++;
        return STATUS_OK;
    }
    Frame frame = {.decoder = decoder,
                   .row = row,
                   .best = -INFINITY,
                   .limit = -INFINITY,
                   .word_limit = -INFINITY,
                   .top_phone = -INFINITY};
    for (uint32_t s = 1; s < symbols; s++)
        if (row[s] > frame.top_phone)
            frame.top_phone = row[s];
    decoder->candidate_count = decoder->origin_count = 0;
    if (++decoder->generation == 0 || decoder->slot_count == 0) {
        decoder->slot_count = decoder->slot_count > SLOTS ? decoder->slot_count / 2 : 0;
        if (!grow_slots(decoder))
            return STATUS_NO_MEMORY;
    }
    for (size_t i = 0; i < decoder->active_count && !frame.failed; i++) {
        if (!blank_only)
            prefetch_node(decoder, i);
        decoder->active[i].acoustic += decoder->pending_blank;
        expand(&frame, &decoder->active[i], blank_only);
    }
    flush_pending(&frame);
    if (frame.failed)
        return STATUS_NO_MEMORY;
    decoder->pending_blank = 0.0f;
    decoder->stats.expanded += decoder->active_count;
    decoder->stats.candidates += decoder->candidate_count;
    decoder->stats.skipped_frames += (uint64_t)blank_only;
    Status status = select_survivors(&frame);
    decoder->settled = blank_only;
    decoder->frame++;
    if (decoder->active_count > decoder->stats.peak_active)
        decoder->stats.peak_active = (uint32_t)decoder->active_count;
    if (status == STATUS_OK && decoder->histories.history_count >= decoder->histories.collect_at)
        status = histories_collect(&decoder->histories, decoder->active, decoder->active_count,
                                   decoder->frame, &decoder->options);
    return status;
}
