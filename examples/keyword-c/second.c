/* The second pass of advanced keywords: docs/keywords.md, "On other devices". */
#include "spot.h"

#include <math.h>
#include <string.h>

#define LEAST (-4.5f)
#define NOT_SAID (-20.0f)

/* What a row says of a symbol: nothing but blank where that is sure, never less than a floor. */
static float said(const Spotter *s, int at, int symbol)
{
    const float *row = (s->closer_weights ? s->looked : s->recent)[(at + KEPT) % KEPT];
    if (row[0] > -0.03f)
        return symbol == 0 ? 0 : 2 * LEAST;
    return fmaxf(row[symbol], 2 * LEAST);
}

/* The best path of a pronunciation through the rows, blanks around it included: into states[count]
 * the place of each row's phone, -1 for blanks. Returns its log probability. */
static double align(const Spotter *s, const Pronunciation *p, int first, int count, int *states)
{
    int last = 2 * p->count; /* blanks are even states here, phones odd ones */
    signed char steps[KEPT][2 * MOST + 1];
    double scores[2 * MOST + 1];
    for (int k = 0; k <= last; k++)
        scores[k] = -INFINITY;
    for (int t = 0; t < count; t++) {
        for (int k = last; k >= 0; k--) {
            double best = t == 0 ? (k < 2 ? 0 : -INFINITY) : scores[k];
            int step = 0;
            if (t > 0 && k > 0 && scores[k - 1] > best) {
                best = scores[k - 1];
                step = 1;
            }
            if (t > 0 && k % 2 && k > 1 && p->phones[k / 2] != p->phones[k / 2 - 1] &&
                scores[k - 2] > best) {
                best = scores[k - 2];
                step = 2;
            }
            scores[k] = best + said(s, first + t, k % 2 ? p->phones[k / 2] : 0);
            steps[t][k] = step;
        }
    }
    int k = scores[last - 1] > scores[last] ? last - 1 : last;
    double score = scores[k];
    for (int t = count - 1; t >= 0; k -= steps[t][k], t--)
        states[t] = k % 2 ? k / 2 : -1;
    return score;
}

static float sum(const float *values, int count)
{
    float total = 0;
    for (int i = 0; i < count; i++)
        total += values[i];
    return total;
}

/* The lowest value but for `skipped` of them, 0 or 1. */
static float lowest(const float *values, int count, int skipped)
{
    float least = INFINITY, second = INFINITY;
    for (int i = 0; i < count; i++) {
        second = fminf(second, fmaxf(values[i], least));
        least = fminf(least, values[i]);
    }
    return skipped ? second : least;
}

float look_again(const Spotter *s, const Keyword *w, float score, int first, int count)
{
    const Classifier *c = w->second;
    int states[KEPT], best[KEPT], variant = -1;
    double most = -INFINITY;
    for (int j = 0; count <= KEPT && score >= c->gate && j < w->count; j++) {
        double fits = align(s, w->said + j, first, count, states);
        if (fits > most) {
            most = fits;
            variant = j;
            memcpy(best, states, sizeof best);
        }
    }
    if (variant < 0)
        return NOT_SAID;
    const Pronunciation *p = w->said + variant;
    float evidence[MOST], margin[MOST], between = 0, n = p->count, doubted = 0, gap = 0;
    int rows[MOST];
    for (int k = 0; k < p->count; k++)
        rows[k] = -1;
    for (int t = 0; t < count; t++) {
        int k = best[t];
        float top = -INFINITY;
        for (int symbol = 0; symbol < s->network.symbols; symbol++)
            top = fmaxf(top, said(s, first + t, symbol));
        if (k < 0)
            between += fmaxf(said(s, first + t, 0) - top, -4);
        else if (rows[k] < 0 || said(s, first + t, p->phones[k]) > said(s, rows[k], p->phones[k]))
            rows[k] = first + t;
    }
    for (int k = 0; k < p->count; k++) {
        float other = LEAST;
        for (int symbol = 1; symbol < s->network.symbols; symbol++)
            if (symbol != p->phones[k])
                other = fmaxf(other, said(s, rows[k], symbol));
        evidence[k] = fmaxf(said(s, rows[k], p->phones[k]), LEAST);
        margin[k] = evidence[k] - other;
        doubted += margin[k] < 0;
        gap = k ? fmaxf(gap, rows[k] - rows[k - 1]) : 0;
    }
    float length = count / n;
    const float features[FEATURES] = {
        score, score * sqrtf(n), sum(evidence, p->count) / n, lowest(evidence, p->count, 0),
        lowest(evidence, p->count, 1), evidence[0], evidence[p->count - 1],
        sum(margin, p->count) / n, lowest(margin, p->count, 0), lowest(margin, p->count, 1),
        doubted / n, between / n, length, length * length / 5, gap / 5};
    float total = c->bias;
    for (int i = 0; i < FEATURES; i++)
        total += c->path[i] * features[i];
    for (int i = 0; i < c->count; i++) {
        int k = c->places[variant][i];
        if (k < 0) {
            total += c->lacking[i];
            continue;
        }
        total += c->evidence[i] * evidence[k] + c->margin[i] * margin[k];
        const float *hidden = s->recent[(rows[k] + KEPT) % KEPT] + s->network.symbols;
        if (c->width == 0 || said(s, rows[k], 0) >= -0.1f)
            total += c->unclear[i];
        for (int d = 0; d < c->width && said(s, rows[k], 0) < -0.1f; d++)
            total += c->hidden[i * c->width + d] * hidden[d];
    }
    return fmaxf(total, NOT_SAID);
}
