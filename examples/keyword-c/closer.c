/* The closer look of docs/keywords.md, "On other devices": a second encoder hears the rows around a
 * keyword again, and the keyword is scored by a mean of both. */
#include "spot.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Rows before a keyword and its pause, before those, and between the ends that both hear. */
enum { EARLIER = 2, CONTEXT = 8, APART = 8 };
#define CLOSER_SHARE 0.85f

void loosen(Spotter *s, int more)
{
    s->phone_minimum -= 4 * more;
    s->lowest -= 2.5f * more;
    s->mid_speech -= 6 * more;
}

/* What the closer encoder hears in rows `begin` to `told` goes into s->looked, together with what
 * was heard before. Audio went as far as it does when row `told` is known. */
static void listen(Spotter *s, int begin, int told)
{
    int size = s->network.step * s->network.bins, symbols = s->network.symbols;
    int start = begin > CONTEXT ? begin - CONTEXT : 0, count = told + s->network.delay - start;
    int odd = count % 2; /* rows come in pairs: before an odd one there is a silent one */
    float *frames = calloc((size_t)(count + odd) * size, sizeof *frames);
    float *heard = malloc((size_t)(count + odd) * symbols * sizeof *heard);
    if (frames == NULL || heard == NULL)
        exit(fprintf(stderr, "out of memory\n"));
    for (int row = 0; row < count; row++)
        memcpy(frames + (row + odd) * size, s->frames[(start + row) % KEPT], size * sizeof *frames);
    if (conformer_run(&s->closer, s->closer_weights, frames, count + odd, heard))
        exit(fprintf(stderr, "out of memory\n"));
    for (int row = begin; row < told; row++)
        for (int k = 0; k < symbols; k++) {
            float one = s->recent[row % KEPT][k], other = heard[(row - start + odd) * symbols + k];
            float more = fmaxf(one, other);
            s->looked[row % KEPT][k] = more + logf((1 - CLOSER_SHARE) * expf(one - more) +
                                                   CLOSER_SHARE * expf(other - more));
        }
    free(frames);
    free(heard);
}

void look_closer(Spotter *s, const Keyword *w, Path *path, int *end, int told)
{
    if (s->closer_weights == NULL)
        return;
    int first = *end - path->age, quiet = s->quiet, before = s->pause_rows + EARLIER;
    int begin = first > before ? first - before : 0, last = *end - 1;
    int earliest = first > last - APART ? first : last - APART;
    Path best = {-INFINITY, 0};
    listen(s, begin, told);
    loosen(s, -1);
    s->quiet = begin ? 0 : s->pause_rows; /* only a pause that is seen counts */
    Pronunciation said[w->count];
    memcpy(said, w->said, sizeof said);
    for (int j = 0; j < w->count; j++)
        for (int k = 0; k < 2 * MOST; k++)
            said[j].paths[k].score = -1e9f;
    for (int t = begin; t < told; t++) {
        const float *row = s->looked[t % KEPT];
        float most = -INFINITY;
        Path now = {-INFINITY, 0};
        for (int k = 0; k < s->network.symbols; k++)
            most = fmaxf(most, row[k]);
        for (int j = 0; j < w->count; j++) {
            Path one = advance(s, said + j, row, most);
            now = one.score > now.score ? one : now;
        }
        if (t >= earliest && now.score > best.score) {
            best = now;
            *end = t + 1;
        }
        s->quiet = row[0] == most ? s->quiet + 1 : 0;
    }
    s->quiet = quiet;
    *path = best.score > s->lowest ? best : (Path){-20, path->age};
    loosen(s, 1);
    if (path->age > *end - begin)
        path->age = *end - begin;
}
