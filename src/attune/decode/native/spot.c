/* Keyword spotting in CTC posteriors: how well pronunciations fit, ending at each row.
 *
 * A pronunciation is a chain of states: its phones with optional blanks between them (obligatory
 * between equal phones). Each row adds to every path that goes on what the row says of the path's
 * state against the row's best symbol, and a new path may begin. Paths that meet add up (the
 * forward algorithm), the start of the better one is remembered for the duration limit. */
#include <stdlib.h>

#include "internal.h"

#define DEAD (-1.0e9f)
#define LONGEST 256u

typedef struct {
    float score;
    uint32_t age; /* rows that the path has lasted */
} Path;

struct AttuneSpotter {
    AttuneSpotOptions options;
    uint32_t symbols, keywords, count;
    uint16_t *phones;
    uint32_t *offsets, *owners; /* [count + 1], [count] */
    Path *paths;                /* of pronunciation i from 2 * offsets[i] on */
    float *emissions;           /* [symbols] of the current row */
    uint32_t quiet;             /* rows since something other than the blank was the best */
};

static Status check_pronunciations(const AttunePronunciations *input, uint32_t symbols,
                                   uint32_t keywords, uint64_t *detail)
{
    for (uint32_t i = 0; i < input->count; i++) {
        uint32_t begin = input->offsets[i], end = input->offsets[i + 1];
        *detail = i;
        if (begin >= end || end - begin > LONGEST || input->words[i] >= keywords)
            return STATUS_BAD_PRONUNCIATION;
        for (uint32_t k = begin; k < end; k++)
            if (input->phones[k] == 0 || input->phones[k] >= symbols)
                return STATUS_BAD_PRONUNCIATION;
    }
    return STATUS_OK;
}

static void *copied(const void *source, size_t bytes)
{
    void *copy = malloc(bytes + 1);
    if (copy != NULL)
        memcpy(copy, source, bytes);
    return copy;
}

int attune_spotter_create(const AttunePronunciations *input, uint32_t symbols, uint32_t keywords,
                          const AttuneSpotOptions *options, AttuneSpotter **spotter,
                          uint64_t *detail)
{
    *spotter = NULL;
    if (symbols < 2 || symbols > MAX_SYMBOLS || input->count == 0 ||
        !(options->phone_minimum < 0.0f) || !(options->blank_floor < 0.0f) ||
        !(options->lowest < 0.0f) || !(options->mid_speech <= 0.0f) ||
        !(options->relative >= 0.0f && options->relative <= 1.0f))
        return STATUS_BAD_OPTION;
    Status status = check_pronunciations(input, symbols, keywords, detail);
    if (status != STATUS_OK)
        return status;
    AttuneSpotter *s = calloc(1, sizeof *s);
    if (s == NULL)
        return STATUS_NO_MEMORY;
    uint32_t total = input->offsets[input->count];
    s->options = *options;
    s->symbols = symbols;
    s->keywords = keywords;
    s->count = input->count;
    s->phones = copied(input->phones, total * sizeof *s->phones);
    s->offsets = copied(input->offsets, ((size_t)input->count + 1) * sizeof *s->offsets);
    s->owners = copied(input->words, input->count * sizeof *s->owners);
    s->paths = malloc(2 * (size_t)total * sizeof *s->paths);
    s->emissions = malloc(symbols * sizeof *s->emissions);
    if (s->phones == NULL || s->offsets == NULL || s->owners == NULL || s->paths == NULL ||
        s->emissions == NULL) {
        attune_spotter_free(s);
        return STATUS_NO_MEMORY;
    }
    attune_spotter_reset(s);
    *spotter = s;
    return STATUS_OK;
}

void attune_spotter_reset(AttuneSpotter *s)
{
    for (uint32_t i = 0; i < 2 * s->offsets[s->count]; i++)
        s->paths[i] = (Path){DEAD, 0};
    s->quiet = s->options.pause_rows;
}

void attune_spotter_free(AttuneSpotter *s)
{
    if (s == NULL)
        return;
    free(s->phones);
    free(s->offsets);
    free(s->owners);
    free(s->paths);
    free(s->emissions);
    free(s);
}

/* What a row says of each symbol: against the best one, and a little on its own account. */
static void emit(const AttuneSpotter *s, const float *row)
{
    const AttuneSpotOptions *options = &s->options;
    float best = row[0];
    for (uint32_t k = 1; k < s->symbols; k++)
        best = row[k] > best ? row[k] : best;
    float blank = row[0] - best, reference = options->relative * best;
    s->emissions[0] = blank > options->blank_floor ? blank : options->blank_floor;
    for (uint32_t k = 1; k < s->symbols; k++) {
        float phone = row[k] - reference;
        s->emissions[k] = phone > options->phone_minimum ? phone : DEAD;
    }
}

/* Lets a path into a state join the ones that are there. */
static inline void join(Path *into, const Path *path, uint32_t longest)
{
    if (path->score == DEAD || path->age >= longest)
        return;
    float gap = path->score - into->score;
    if (gap > 0.0f) {
        float better = path->score;
        if (gap < 12.0f)
            better += log1pf(expf(-gap));
        *into = (Path){better, path->age};
    } else if (gap > -12.0f) {
        into->score += log1pf(expf(gap));
    }
}

/* One row of one pronunciation; the states are taken from the last to the first, so that those
 * before are still the ones of the row before. */
static Path advance(const AttuneSpotter *s, uint32_t i)
{
    const Path fresh = {s->quiet < s->options.pause_rows ? s->options.mid_speech : 0.0f, 0};
    const uint16_t *phones = s->phones + s->offsets[i];
    uint32_t count = s->offsets[i + 1] - s->offsets[i];
    uint32_t longest =
        s->options.rows_a_phone * count + s->options.rows_more;
    float lowest = s->options.lowest * (float)count;
    Path *paths = s->paths + 2 * (size_t)s->offsets[i];
    for (uint32_t k = 2 * count - 1; k-- > 0;) {
        Path next = {DEAD, 0};
        uint32_t symbol = k % 2 ? 0 : phones[k / 2];
        join(&next, &paths[k], longest);
        if (k > 0)
            join(&next, &paths[k - 1], longest);
        if (k > 1 && symbol != 0 && phones[k / 2] != phones[k / 2 - 1])
            join(&next, &paths[k - 2], longest);
        if (k == 0)
            join(&next, &fresh, longest);
        next.score += s->emissions[symbol];
        next.age++;
        paths[k] = next.score > lowest ? next : (Path){DEAD, 0};
    }
    return paths[2 * count - 2];
}

int attune_spotter_advance(AttuneSpotter *s, const float *log_probs, uint32_t rows, float *scores,
                           uint32_t *lengths, uint64_t *detail)
{
    for (uint32_t t = 0; t < rows; t++)
        for (uint32_t k = 0; k < s->symbols; k++)
            if (!(log_probs[(size_t)t * s->symbols + k] < INFINITY)) {
                *detail = t;
                return STATUS_BAD_FRAME;
            }
    for (uint32_t t = 0; t < rows; t++, scores += s->keywords, lengths += s->keywords) {
        emit(s, log_probs + (size_t)t * s->symbols);
        for (uint32_t k = 0; k < s->keywords; k++) {
            scores[k] = -INFINITY;
            lengths[k] = 0;
        }
        for (uint32_t i = 0; i < s->count; i++) {
            Path path = advance(s, i);
            uint32_t owner = s->owners[i];
            if (path.score == DEAD)
                continue;
            float score = path.score / (float)(s->offsets[i + 1] - s->offsets[i]);
            if (score > scores[owner]) {
                scores[owner] = score;
                lengths[owner] = path.age;
            }
        }
        s->quiet = s->emissions[0] == 0.0f ? s->quiet + (s->quiet < NONE) : 0;
    }
    return STATUS_OK;
}
