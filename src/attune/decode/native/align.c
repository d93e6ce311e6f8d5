/* CTC forced alignment: the best path through known words, each with alternative pronunciations.
 *
 * Viterbi over a chain of junctions (an optional blank between words) and variants (phones with
 * optional blanks between them, obligatory between equal phones). One byte a state and frame
 * remembers where the best path came from. */
#include <stdlib.h>

#include "internal.h"

#define MAX_VARIANTS 250u
#define MAX_CELLS ((uint64_t)1 << 31)

/* Steps: STAY in the state; FROM_BLANK: from the junction or blank in front; FROM_PHONE + v: from
 * the phone in front, for a variant's first phone or a junction the last of variant v before. */
enum { STAY = 0, FROM_BLANK = 1, FROM_PHONE = 2 };

typedef struct {
    uint32_t symbol;
    uint32_t word;     /* junctions: of the word that follows */
    uint32_t variant;  /* NONE: junction */
    uint32_t position; /* twice the phone's place in its variant, one more for the blank behind */
} State;

typedef struct {
    const AttunePronunciations *lexicon;
    const uint32_t *variants;
    uint32_t words, count;
    State *states;
    uint32_t *first; /* [variant] its first state */
    uint32_t *junction; /* [words + 1] */
    double *score, *previous;
    uint8_t *steps;
} Alignment;

static uint32_t phones_of(const AttunePronunciations *lexicon, uint32_t variant)
{
    return lexicon->offsets[variant + 1] - lexicon->offsets[variant];
}

static uint32_t last_state(const Alignment *a, uint32_t variant)
{
    return a->first[variant] + 2 * phones_of(a->lexicon, variant) - 2;
}

static Status check(const Alignment *a, uint32_t symbols, uint64_t *states, uint64_t *detail)
{
    *states = (uint64_t)a->words + 1;
    for (uint32_t w = 0; w < a->words; w++) {
        *detail = w;
        if (a->variants[w] >= a->variants[w + 1] ||
            a->variants[w + 1] - a->variants[w] > MAX_VARIANTS ||
            a->variants[w + 1] > a->lexicon->count)
            return STATUS_BAD_PRONUNCIATION;
        for (uint32_t v = a->variants[w]; v < a->variants[w + 1]; v++) {
            uint32_t begin = a->lexicon->offsets[v], end = a->lexicon->offsets[v + 1];
            if (begin >= end || !(fabsf(a->lexicon->log_priors[v]) < INFINITY))
                return STATUS_BAD_PRONUNCIATION;
            for (uint32_t i = begin; i < end; i++)
                if (a->lexicon->phones[i] == 0 || a->lexicon->phones[i] >= symbols)
                    return STATUS_BAD_PRONUNCIATION;
            *states += 2 * (uint64_t)(end - begin) - 1;
        }
    }
    return STATUS_OK;
}

/* The fewest frames that any choice of variants needs: a phone each, and a blank between equals.
 * `best` is room for 2 * symbols counts, by last phone (0: nothing yet). */
static uint64_t frames_needed(const Alignment *a, uint32_t symbols, uint64_t *best)
{
    const AttunePronunciations *lexicon = a->lexicon;
    uint64_t *next = best + symbols;
    for (uint32_t s = 0; s < symbols; s++)
        best[s] = s == 0 ? 0 : UINT64_MAX;
    for (uint32_t w = 0; w < a->words; w++) {
        for (uint32_t s = 0; s < symbols; s++)
            next[s] = UINT64_MAX;
        for (uint32_t v = a->variants[w]; v < a->variants[w + 1]; v++) {
            const uint16_t *phones = lexicon->phones + lexicon->offsets[v];
            uint32_t count = phones_of(lexicon, v);
            uint64_t own = count, before = UINT64_MAX;
            for (uint32_t i = 1; i < count; i++)
                own += phones[i] == phones[i - 1];
            for (uint32_t s = 0; s < symbols; s++)
                if (best[s] != UINT64_MAX && best[s] + (s == phones[0]) < before)
                    before = best[s] + (s == phones[0]);
            if (before + own < next[phones[count - 1]])
                next[phones[count - 1]] = before + own;
        }
        memcpy(best, next, symbols * sizeof *best);
    }
    uint64_t least = UINT64_MAX;
    for (uint32_t s = 0; s < symbols; s++)
        if (best[s] < least)
            least = best[s];
    return least;
}

static void lay_out(Alignment *a)
{
    uint32_t at = 0;
    for (uint32_t w = 0; w <= a->words; w++) {
        a->junction[w] = at;
        a->states[at++] = (State){0, w, NONE, 0};
        if (w == a->words)
            break;
        for (uint32_t v = a->variants[w]; v < a->variants[w + 1]; v++) {
            uint32_t count = phones_of(a->lexicon, v);
            a->first[v] = at;
            for (uint32_t i = 0; i < count; i++) {
                a->states[at++] =
                    (State){a->lexicon->phones[a->lexicon->offsets[v] + i], w, v, 2 * i};
                if (i + 1 < count)
                    a->states[at++] = (State){0, w, v, 2 * i + 1};
            }
        }
    }
    a->count = at;
}

/* The best way from the last phones of the word before `word` into a state that emits `symbol`
 * (a junction's blank may follow any phone). */
static double from_word_before(const Alignment *a, uint32_t word, uint32_t symbol, uint8_t *step)
{
    double best = -INFINITY;
    if (word == 0)
        return best;
    for (uint32_t v = a->variants[word - 1]; v < a->variants[word]; v++) {
        uint32_t last = last_state(a, v);
        if (a->states[last].symbol != symbol && a->previous[last] > best) {
            best = a->previous[last];
            *step = (uint8_t)(FROM_PHONE + v - a->variants[word - 1]);
        }
    }
    return best;
}

static void advance(const Alignment *a, const float *row, uint8_t *steps)
{
    for (uint32_t s = 0; s < a->count; s++) {
        const State *state = &a->states[s];
        double best = a->previous[s], other;
        uint8_t step = STAY, from = STAY;
        if (state->variant == NONE) {
            other = from_word_before(a, state->word, 0, &from);
        } else if (state->position == 0) {
            other = from_word_before(a, state->word, state->symbol, &from);
            if (a->previous[a->junction[state->word]] > other) {
                other = a->previous[a->junction[state->word]];
                from = FROM_BLANK;
            }
            other += a->lexicon->log_priors[state->variant];
        } else {
            other = a->previous[s - 1];
            from = state->symbol == 0 ? FROM_PHONE : FROM_BLANK;
            if (state->symbol != 0 && a->states[s - 2].symbol != state->symbol &&
                a->previous[s - 2] > other) {
                other = a->previous[s - 2];
                from = FROM_PHONE;
            }
        }
        if (other > best) {
            best = other;
            step = from;
        }
        a->score[s] = best + (double)row[state->symbol];
        steps[s] = step;
    }
}

/* The state before `s` on the best path. */
static uint32_t step_back(const Alignment *a, uint32_t s, uint8_t step)
{
    const State *state = &a->states[s];
    if (step == STAY)
        return s;
    if (state->variant == NONE || (state->position == 0 && step >= FROM_PHONE))
        return last_state(a, a->variants[state->word - 1] + step - FROM_PHONE);
    if (state->position == 0)
        return a->junction[state->word];
    return s - (step == FROM_PHONE && state->symbol != 0 ? 2 : 1);
}

/* Walks the best path from its end; segments are written behind each other, then put in order. */
static uint32_t trace(const Alignment *a, const float *log_probs, uint32_t frames,
                      uint32_t symbols, uint32_t s, AttuneSegment *words, AttuneSegment *phones)
{
    uint32_t count = 0;
    for (uint32_t t = frames; t-- > 0;) {
        const State *state = &a->states[s];
        float emitted = log_probs[(size_t)t * symbols + state->symbol];
        uint32_t before = step_back(a, s, a->steps[(size_t)t * a->count + s]);
        if (state->variant != NONE) {
            AttuneSegment *word = &words[state->word];
            uint32_t variant = state->variant - a->variants[state->word];
            if (word->end == 0)
                *word = (AttuneSegment){state->word, variant, t, t + 1, 0.0f, 0};
            word->start = t;
            word->score += emitted;
            if (state->symbol != 0) {
                uint32_t place = state->position / 2;
                if (count == 0 || phones[count - 1].word != state->word ||
                    phones[count - 1].variant != place)
                    phones[count++] = (AttuneSegment){state->word, place, t, t + 1, 0.0f, 0};
                phones[count - 1].start = t;
                phones[count - 1].score += emitted;
            }
        }
        s = before;
    }
    for (uint32_t i = 0, j = count; i + 1 < j; i++) {
        AttuneSegment swap = phones[--j];
        phones[j] = phones[i];
        phones[i] = swap;
    }
    return count;
}

static Status search(Alignment *a, const float *log_probs, uint32_t frames, uint32_t symbols,
                     AttuneSegment *words, AttuneSegment *phones, uint32_t *phone_count,
                     double *score)
{
    /* Before the first frame the path is in front of the first word: as if behind junction 0. */
    for (uint32_t s = 0; s < a->count; s++)
        a->previous[s] = -INFINITY;
    a->previous[0] = 0.0;
    for (uint32_t t = 0; t < frames; t++) {
        advance(a, log_probs + (size_t)t * symbols, a->steps + (size_t)t * a->count);
        double *swap = a->previous;
        a->previous = a->score;
        a->score = swap;
    }
    uint32_t end = a->junction[a->words];
    for (uint32_t v = a->words == 0 ? 0 : a->variants[a->words - 1];
         a->words > 0 && v < a->variants[a->words]; v++)
        if (a->previous[last_state(a, v)] > a->previous[end])
            end = last_state(a, v);
    if (!(a->previous[end] > -INFINITY))
        return STATUS_NO_PATH;
    *score = a->previous[end];
    memset(words, 0, a->words * sizeof *words);
    *phone_count = trace(a, log_probs, frames, symbols, end, words, phones);
    return STATUS_OK;
}

int attune_align(const float *log_probs, uint32_t frames, uint32_t symbols,
                 const AttunePronunciations *pronunciations, const uint32_t *variants,
                 uint32_t words, AttuneSegment *word_segments, AttuneSegment *phone_segments,
                 uint32_t *phone_count, double *score, uint64_t *detail)
{
    Alignment a = {.lexicon = pronunciations, .variants = variants, .words = words};
    uint64_t states;
    *phone_count = 0;
    *score = 0.0;
    if (symbols < 2 || symbols > MAX_SYMBOLS)
        return STATUS_BAD_OPTION;
    Status status = check(&a, symbols, &states, detail);
    if (status != STATUS_OK)
        return status;
    for (uint32_t t = 0; t < frames; t++)
        for (uint32_t s = 0; s < symbols; s++)
            if (!(log_probs[(size_t)t * symbols + s] < INFINITY)) {
                *detail = t;
                return STATUS_BAD_FRAME;
            }
    uint64_t *counts = malloc(2 * (size_t)symbols * sizeof *counts);
    if (counts == NULL)
        return STATUS_NO_MEMORY;
    *detail = frames_needed(&a, symbols, counts);
    free(counts);
    if (frames < *detail)
        return STATUS_TOO_SHORT;
    if (states >= NONE || states * ((uint64_t)frames + 1) > MAX_CELLS)
        return STATUS_TOO_LARGE;
    size_t room = (size_t)states;
    a.states = malloc(room * sizeof *a.states);
    a.first = malloc(((size_t)pronunciations->count + 1) * sizeof *a.first);
    a.junction = malloc(((size_t)words + 1) * sizeof *a.junction);
    a.score = malloc(room * sizeof *a.score);
    a.previous = malloc(room * sizeof *a.previous);
    a.steps = malloc(room * frames + 1);
    status = STATUS_NO_MEMORY;
    if (a.states != NULL && a.first != NULL && a.junction != NULL && a.score != NULL &&
        a.previous != NULL && a.steps != NULL) {
        lay_out(&a);
        status = search(&a, log_probs, frames, symbols, word_segments, phone_segments, phone_count,
                        score);
    }
    free(a.states);
    free(a.first);
    free(a.junction);
    free(a.score);
    free(a.previous);
    free(a.steps);
    return status;
}
