/* Word histories: what each hypothesis has recognised, alternates included.
 *
 * When hypotheses meet in one search state, the loser's words live on as an alternate of the
 * winner's history. Most meetings are of the same words with another alignment, and those must
 * not multiply: every word sequence set carries an identity (a hash that ignores alignment), and
 * a merge keeps one entry for each identity. What remains is a lattice in which n-best lists have
 * the right scores. Histories only refer to older ones, so one sweep marks and another compacts. */
#include <stdlib.h>

#include "internal.h"

#define BASE_ID 1u
#define FIRST_COLLECTION 16384u

static uint64_t extend_hash(uint64_t hash, uint32_t word)
{
    return mix64(hash ^ mix64((uint64_t)word + 0x51ed2701u));
}

Status histories_reset(Histories *all, const Context *context, uint32_t key)
{
    all->history_count = all->arc_count = all->entry_count = all->committed_count = 0;
    all->collect_at = FIRST_COLLECTION;
    all->base_depth = 0;
    all->base_sequence = BASE_ID;
    if (!RESERVE(all->histories, all->history_capacity, 1) ||
        !RESERVE(all->entries, all->entry_capacity, 1))
        return STATUS_NO_MEMORY;
    all->entries[all->entry_count++] = (Entry){NONE, 0.0f};
    all->histories[all->history_count++] = (History){
        .id = BASE_ID, .sequence = BASE_ID, .count = 1, .key = key, .context = *context};
    return STATUS_OK;
}

void histories_free(Histories *all)
{
    free(all->histories);
    free(all->arcs);
    free(all->entries);
    free(all->committed);
    free(all->items);
    memset(all, 0, sizeof *all);
}

static int reserve_history(Histories *all, size_t entries)
{
    return RESERVE(all->histories, all->history_capacity, all->history_count + 1) &&
           RESERVE(all->arcs, all->arc_capacity, all->arc_count + entries) &&
           RESERVE(all->entries, all->entry_capacity, all->entry_count + entries);
}

static uint32_t add_arc(Histories *all, const Origin *origin, uint32_t end)
{
    const History *previous = &all->histories[origin->history];
    all->arcs[all->arc_count] = (Arc){.id = extend_hash(previous->id, origin->word),
                                      .previous = origin->history,
                                      .word = origin->word,
                                      .pronunciation = origin->pronunciation,
                                      .start = origin->start,
                                      .end = end,
                                      .acoustic = origin->acoustic,
                                      .language = origin->language};
    return (uint32_t)all->arc_count++;
}

/* Fills in what the best entry says about a history. */
static void describe(const Histories *all, History *history)
{
    uint32_t arc = all->entries[history->first].arc;
    if (arc == NONE) {
        history->depth = all->base_depth;
        history->sequence = all->base_sequence;
    } else {
        const History *previous = &all->histories[all->arcs[arc].previous];
        history->depth = previous->depth + 1;
        history->sequence = extend_hash(previous->sequence, all->arcs[arc].word);
    }
}

Status histories_take(Histories *all, uint32_t arc, uint32_t *history)
{
    if (!reserve_history(all, 1))
        return STATUS_NO_MEMORY;
    History made = {.id = arc == NONE ? BASE_ID : all->arcs[arc].id,
                    .first = (uint32_t)all->entry_count,
                    .count = 1};
    all->entries[all->entry_count++] = (Entry){arc, 0.0f};
    describe(all, &made);
    *history = (uint32_t)all->history_count;
    all->histories[all->history_count++] = made;
    return STATUS_OK;
}

Status histories_append(Histories *all, const Origin *origin, uint32_t end,
                        const Context *context, uint32_t key, uint32_t *history)
{
    if (!reserve_history(all, 1))
        return STATUS_NO_MEMORY;
    uint32_t arc = add_arc(all, origin, end);
    Status status = histories_take(all, arc, history);
    if (status != STATUS_OK)
        return status;
    all->histories[*history].key = key;
    all->histories[*history].context = *context;
    return STATUS_OK;
}

static int by_loss(const void *left, const void *right)
{
    const Item *a = left, *b = right;
    if (a->loss != b->loss)
        return a->loss > b->loss ? -1 : 1;
    return a->id < b->id ? -1 : a->id > b->id;
}

static int by_id(const void *left, const void *right)
{
    const Item *a = left, *b = right;
    if (a->id != b->id)
        return a->id < b->id ? -1 : 1;
    return a->loss > b->loss ? -1 : a->loss < b->loss;
}

static void sort_by_loss(Item *items, size_t count)
{
    if (count > 32) {
        qsort(items, count, sizeof *items, by_loss);
        return;
    }
    for (size_t i = 1; i < count; i++) {
        Item item = items[i];
        size_t j = i;
        for (; j > 0 && by_loss(&item, &items[j - 1]) < 0; j--)
            items[j] = items[j - 1];
        items[j] = item;
    }
}

/* Lists the word sequences of all origins; the best origin's keep their exact differences. */
static Status gather(Histories *all, const Origin *origins, uint32_t count, uint32_t best,
                     size_t *items)
{
    size_t used = 0;
    for (uint32_t i = 0; i < count; i++) {
        const History *history = &all->histories[origins[i].history];
        float loss = i == best ? 0.0f : origins[i].score - origins[best].score;
        size_t more = origins[i].word == NONE ? history->count : 1;
        if (!RESERVE(all->items, all->item_capacity, used + more))
            return STATUS_NO_MEMORY;
        if (origins[i].word != NONE) {
            uint64_t id = extend_hash(history->id, origins[i].word);
            all->items[used++] = (Item){id, loss, NONE, i};
            continue;
        }
        for (uint32_t j = 0; j < history->count; j++) {
            Entry entry = all->entries[history->first + j];
            uint64_t id = entry.arc == NONE ? BASE_ID : all->arcs[entry.arc].id;
            all->items[used++] = (Item){id, loss + entry.delta, entry.arc, i};
        }
    }
    *items = used;
    return STATUS_OK;
}

/* Sums the probabilities of items that are the same words. */
static size_t sum_alignments(Item *items, size_t count)
{
    qsort(items, count, sizeof *items, by_id);
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (kept > 0 && items[kept - 1].id == items[i].id)
            items[kept - 1].loss += log1pf(expf(items[i].loss - items[kept - 1].loss));
        else
            items[kept++] = items[i];
    }
    return kept;
}

/* Keeps the best item of each identity, and of those the best within limits. */
static size_t choose(Item *items, size_t count, const AttuneOptions *options)
{
    size_t kept = 0;
    for (size_t i = 0; i < count && kept < options->max_alternates; i++) {
        if (items[i].loss < items[0].loss - options->lattice_beam)
            break;
        size_t j = 0;
        while (j < kept && items[j].id != items[i].id)
            j++;
        if (j == kept)
            items[kept++] = items[i];
    }
    return kept;
}

Status histories_merge(Histories *all, const Origin *origins, uint32_t count, uint32_t end,
                       const Context *context, uint32_t key, const AttuneOptions *options,
                       uint32_t *history, float *score)
{
    uint32_t best = 0;
    for (uint32_t i = 1; i < count; i++)
        if (origins[i].score > origins[best].score)
            best = i;
    size_t used;
    Status status = gather(all, origins, count, best, &used);
    if (status != STATUS_OK)
        return status;
    Item *items = all->items;
    if (options->log_add)
        used = sum_alignments(items, used);
    sort_by_loss(items, used);
    *score = origins[best].score + items[0].loss;
    used = choose(items, used, options);

    const Origin *winner = &origins[best];
    int old = winner->word == NONE;
    for (size_t i = 0; i < used && old; i++)
        old = items[i].origin == best;
    if (old && (!options->log_add || all->histories[winner->history].count == 1)) {
        *history = winner->history;
        return STATUS_OK;
    }
    if (!reserve_history(all, used))
        return STATUS_NO_MEMORY;
    History made = {.first = (uint32_t)all->entry_count,
                    .count = (uint32_t)used,
                    .key = key,
                    .context = *context};
    for (size_t i = 0; i < used; i++) {
        uint32_t arc = items[i].arc;
        if (origins[items[i].origin].word != NONE)
            arc = add_arc(all, &origins[items[i].origin], end);
        Entry entry = {arc, items[i].loss - items[0].loss};
        all->entries[all->entry_count++] = entry;
        uint32_t bits;
        memcpy(&bits, &entry.delta, sizeof bits);
        made.id = i == 0 ? items[0].id : mix64(made.id ^ items[i].id) + mix64(bits);
    }
    describe(all, &made);
    *history = (uint32_t)all->history_count;
    all->histories[all->history_count++] = made;
    return STATUS_OK;
}

/* ---- collection ---- */

typedef struct {
    uint32_t *history, *arc; /* NONE: unreachable; new index after compaction */
    size_t alive;
    uint32_t bottleneck; /* the latest old history that every hypothesis passes, or NONE */
} Marks;

static uint32_t end_of(const Histories *all, const History *history)
{
    uint32_t arc = all->entries[history->first].arc;
    return arc == NONE ? 0 : all->arcs[arc].end;
}

static void mark(const Histories *all, const Hypothesis *active, size_t count, uint32_t oldest,
                 Marks *marks)
{
    memset(marks->history, 0xff, all->history_count * sizeof *marks->history);
    memset(marks->arc, 0xff, all->arc_count * sizeof *marks->arc);
    size_t open = 0;
    for (size_t i = 0; i < count; i++) {
        open += marks->history[active[i].history] == NONE;
        marks->history[active[i].history] = 0;
    }
    marks->alive = 0;
    marks->bottleneck = NONE;
    int ended = 0; /* some path does not reach further back */
    for (size_t i = all->history_count; i-- > 0;) {
        if (marks->history[i] == NONE)
            continue;
        const History *history = &all->histories[i];
        marks->alive++;
        open--;
        if (open == 0 && !ended && marks->bottleneck == NONE && end_of(all, history) < oldest &&
            all->entries[history->first].arc != NONE)
            marks->bottleneck = (uint32_t)i;
        for (uint32_t j = 0; j < history->count; j++) {
            uint32_t arc = all->entries[history->first + j].arc;
            if (arc == NONE) {
                ended = 1;
                continue;
            }
            uint32_t previous = all->arcs[arc].previous;
            marks->arc[arc] = 0;
            open += marks->history[previous] == NONE;
            marks->history[previous] = 0;
        }
    }
}

/* Makes the words up to a history final and the history the new beginning. */
static Status commit(Histories *all, uint32_t index)
{
    History *history = &all->histories[index];
    size_t count = history->depth - all->base_depth;
    if (!RESERVE(all->committed, all->committed_capacity, all->committed_count + count))
        return STATUS_NO_MEMORY;
    uint32_t arc = all->entries[history->first].arc;
    for (size_t i = count; i-- > 0;) {
        const Arc *word = &all->arcs[arc];
        all->committed[all->committed_count + i] =
            (AttuneWord){.word = word->word,
                         .pronunciation = word->pronunciation,
                         .start = word->start,
                         .end = word->end,
                         .acoustic = word->acoustic,
                         .language = word->language,
                         .posterior = NAN};
        arc = all->entries[all->histories[word->previous].first].arc;
    }
    all->committed_count += count;
    all->base_depth = history->depth;
    all->base_sequence = history->sequence;
    all->entries[history->first] = (Entry){NONE, 0.0f};
    history->count = 1;
    return STATUS_OK;
}

static void compact(Histories *all, Hypothesis *active, size_t count, Marks *marks)
{
    uint32_t arcs = 0, histories = 0;
    size_t entries = 0;
    for (size_t i = 0; i < all->arc_count; i++)
        if (marks->arc[i] != NONE)
            marks->arc[i] = arcs++;
    for (size_t i = 0; i < all->history_count; i++) {
        if (marks->history[i] == NONE)
            continue;
        marks->history[i] = histories;
        History history = all->histories[i];
        for (uint32_t j = 0; j < history.count; j++) {
            Entry entry = all->entries[history.first + j];
            if (entry.arc != NONE)
                entry.arc = marks->arc[entry.arc];
            all->entries[entries + j] = entry;
        }
        history.first = (uint32_t)entries;
        entries += history.count;
        all->histories[histories++] = history;
    }
    for (size_t i = 0; i < all->arc_count; i++) {
        if (marks->arc[i] == NONE)
            continue;
        Arc arc = all->arcs[i];
        arc.previous = marks->history[arc.previous];
        all->arcs[marks->arc[i]] = arc;
    }
    for (size_t i = 0; i < count; i++)
        active[i].history = marks->history[active[i].history];
    all->history_count = histories;
    all->arc_count = arcs;
    all->entry_count = entries;
}

Status histories_collect(Histories *all, Hypothesis *active, size_t count, uint32_t frame,
                         const AttuneOptions *options)
{
    Marks marks;
    marks.history = malloc((all->history_count + 1) * sizeof *marks.history);
    marks.arc = malloc((all->arc_count + 1) * sizeof *marks.arc);
    Status status = STATUS_OK;
    if (marks.history == NULL || marks.arc == NULL)
        status = STATUS_NO_MEMORY;
    uint32_t oldest =
        frame > options->history_frames ? frame - options->history_frames : 0;
    if (status == STATUS_OK) {
        mark(all, active, count, oldest, &marks);
        if (marks.alive > options->history_limit && marks.bottleneck == NONE) {
            /* Alternates bridge every bottleneck: without the old ones there will be some. */
            for (size_t i = 0; i < all->history_count; i++)
                if (end_of(all, &all->histories[i]) < oldest)
                    all->histories[i].count = 1;
            mark(all, active, count, oldest, &marks);
        }
        if (marks.alive > options->history_limit && marks.bottleneck != NONE) {
            status = commit(all, marks.bottleneck);
            mark(all, active, count, oldest, &marks);
        }
    }
    if (status == STATUS_OK) {
        compact(all, active, count, &marks);
        all->collections++;
        all->collect_at = 2 * all->history_count;
        if (all->collect_at < FIRST_COLLECTION)
            all->collect_at = FIRST_COLLECTION;
    }
    free(marks.history);
    free(marks.arc);
    return status;
}
