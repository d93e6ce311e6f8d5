/* The network and the spotter of docs/keywords.md, "On other devices", as plainly as can be: one
 * row of 40 ms at a time, written to be read and ported. */
#include "spot.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define DEAD (-1e9f) /* score of a path that does not exist */

/* Layers return where the weights of the next one begin. */
static const float *linear(const float *w, int inputs, int outputs, const float *x, float *y)
{
    memcpy(y, w + inputs * outputs, outputs * sizeof *y);
    for (int i = 0; i < inputs; i++, w += outputs)
        for (int k = 0; k < outputs; k++)
            y[k] += x[i] * w[k];
    return w + outputs;
}

static const float *normalize(const float *w, int dim, float *x)
{
    float mean = 0, square = 0;
    for (int k = 0; k < dim; k++)
        mean += x[k] / dim;
    for (int k = 0; k < dim; k++)
        square += (x[k] - mean) * (x[k] - mean) / dim;
    for (int k = 0; k < dim; k++)
        x[k] = (x[k] - mean) / sqrtf(square + 1e-5f) * w[k] + w[dim + k];
    return w + 2 * dim;
}

void network(Network *n, float *posteriors)
{
    int dim = n->dim, size = n->step * n->bins;
    float *x = posteriors + n->symbols, y[dim], z[n->hidden], total = 0;
    const float *w = linear(n->weights, 2 * size, dim, n->frames, x);
    w = normalize(w, dim, x);
    for (int b = 0; b < n->blocks; b++) {
        float *past = n->past[b];
        int dilation = n->dilations[b], rows = (n->kernel - 1) * dilation;
        memmove(past, past + dim, rows * dim * sizeof *x);
        memcpy(past + rows * dim, x, dim * sizeof *x);
        memcpy(y, w + n->kernel * dim, sizeof y);
        for (int j = 0; j < n->kernel; j++, w += dim)
            for (int k = 0; k < dim; k++)
                y[k] += past[j * dilation * dim + k] * w[k];
        w = normalize(w + dim, dim, y);
        w = linear(w, dim, n->hidden, y, z);
        for (int k = 0; k < n->hidden; k++)
            z[k] = fmaxf(z[k], 0);
        w = linear(w, n->hidden, dim, z, y);
        for (int k = 0; k < dim; k++) /* the first blocks hear one row of what is to come */
            x[k] = past[(rows - (b < n->delay)) * dim + k] + y[k];
    }
    linear(normalize(w, dim, x), dim, n->symbols, x, posteriors);
    for (int k = 0; k < n->symbols; k++)
        total += expf(posteriors[k]);
    for (int k = 0; k < n->symbols; k++)
        posteriors[k] -= logf(total);
    memcpy(n->frames, n->frames + size, size * sizeof *x);
}

static void join(Path *into, Path path, int longest)
{
    if (path.score == DEAD || path.age >= longest)
        return;
    float better = fmaxf(path.score, into->score), worse = fminf(path.score, into->score);
    if (path.score > into->score)
        into->age = path.age;
    into->score = better + log1pf(expf(worse - better));
}

Path advance(const Spotter *s, Pronunciation *p, const float *row, float best)
{
    Path fresh = {s->quiet < s->pause_rows ? s->mid_speech : 0, 0};
    const Path *end = p->paths + 2 * p->count - 2;
    int longest = s->rows_a_phone * p->count + s->rows_more;
    for (int k = 2 * p->count - 2; k >= 0; k--) {
        int phone = k % 2 ? 0 : p->phones[k / 2];
        float said = phone ? row[phone] - s->relative * best : fmaxf(row[0] - best, s->blank_floor);
        Path next = {DEAD, 0};
        join(&next, p->paths[k], longest);
        join(&next, k == 0 ? fresh : p->paths[k - 1], longest);
        if (k > 1 && phone != 0 && phone != p->phones[k / 2 - 1])
            join(&next, p->paths[k - 2], longest);
        int possible = (phone == 0 || said > s->phone_minimum) &&
                       next.score + said > s->lowest * p->count;
        p->paths[k] = possible ? (Path){next.score + said, next.age + 1} : (Path){DEAD, 0};
    }
    return (Path){end->score == DEAD ? -INFINITY : end->score / p->count, end->age};
}

/* Tells what reaches its threshold, less what speech takes off that follows within PAUSE rows: what
 * is still to come counts as speech, and nothing at the end. */
static void tell(const Spotter *s, Keyword *w, int told, int ended)
{
    float seconds = 0.01f * s->network.step;
    for (int end = told < OPEN ? 1 : told - OPEN + 1; end <= told; end++) {
        Place *place = w->found + end % OPEN;
        if (place->end != end)
            continue;
        float speech = 0;
        for (int t = end; t < end + PAUSE; t++)
            speech += t < told ? fmaxf(s->recent[t % KEPT][0], -1) : ended ? 0 : -1;
        float score = place->path.score + w->pause * speech / PAUSE;
        if (score < w->threshold || (end - w->ended) * seconds < 0.999f)
            continue;
        w->ended = end;
        printf("%.2f %.2f %.4f %s\n", (end - place->path.age) * seconds, end * seconds, score,
               w->name);
    }
}

/* A keyword was said where its score is a local maximum: known one row later, NULL at the end. */
static void spot(Spotter *s, const float *row)
{
    int told = s->row + (row != NULL);
    float best = -INFINITY;
    for (int k = 0; row != NULL && k < s->network.symbols; k++)
        best = fmaxf(best, row[k]);
    for (Keyword *w = s->keywords; w < s->keywords + s->count; w++) {
        Path now = {-INFINITY, 0}, last = w->last;
        for (int j = 0; row != NULL && j < w->count; j++) {
            Path path = advance(s, w->said + j, row, best);
            now = path.score > now.score ? path : now;
        }
        if (last.score > now.score && last.score >= w->before.score && last.score > w->look) {
            Path path = last;
            int end = s->row;
            look_closer(s, w, &path, &end, told);
            if (w->second != NULL && path.score > -20)
                path.score = look_again(s, w, path.score, end - path.age, path.age);
            Place *place = w->found + end % OPEN;
            if (place->end != end || path.score > place->path.score)
                *place = (Place){end, path};
        }
        tell(s, w, told, row == NULL);
        w->before = last;
        w->last = now;
    }
    s->quiet = row != NULL && row[0] == best ? s->quiet + 1 : 0;
}

void hear(Spotter *s, const float *frame)
{
    Network *n = &s->network;
    int size = n->step * n->bins;
    if (frame == NULL) { /* what came last is still in the network */
        float silent[n->bins];
        memset(silent, 0, sizeof silent);
        for (int left = (n->step - s->held) % n->step + n->step * n->delay; left > 0; left--)
            hear(s, silent);
        spot(s, NULL);
        return;
    }
    memcpy(n->frames + size + s->held * n->bins, frame, n->bins * sizeof *frame);
    if (++s->held < n->step)
        return;
    float *posteriors = s->recent[(s->row + KEPT) % KEPT];
    memcpy(s->frames[(s->row + n->delay) % KEPT], n->frames + size, size * sizeof *frame);
    network(n, posteriors);
    if (s->row >= 0)
        spot(s, posteriors);
    s->row++;
    s->held = 0;
}
