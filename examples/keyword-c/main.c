/* Hears keywords in 16-bit samples at 16 kHz from standard input:
 *
 *     attune keyword export hey-atlas --out exported
 *     F=../../src/attune/decode/native
 *     cc -O3 main.c spot.c closer.c second.c $F/logmel.c $F/conformer.c -I $F -lm -o spot
 *     ./spot exported < samples.raw
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "logmel.h"
#include "spot.h"

static FILE *text; /* keyword.txt */

static void *memory(size_t count, size_t size)
{
    void *found = calloc(count + 1, size);
    if (found == NULL)
        exit(fprintf(stderr, "out of memory\n"));
    return found;
}

/* The value of the next line of keyword.txt, which has to have this name. */
static float number(const char *name)
{
    char found[32];
    float value;
    if (fscanf(text, " %31s %f", found, &value) != 2 || strcmp(found, name) != 0)
        exit(fprintf(stderr, "keyword.txt: no %s\n", name));
    return value;
}

/* A line that holds a count and so many values. */
static float *list(const char *name, int *count)
{
    *count = number(name);
    float *values = memory(*count, sizeof *values);
    for (int i = 0; i < *count; i++)
        if (fscanf(text, "%f", values + i) != 1)
            exit(fprintf(stderr, "keyword.txt: %s is cut short\n", name));
    return values;
}

static FILE *opened(const char *folder, const char *name)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        exit(fprintf(stderr, "%s: cannot be read\n", path));
    return file;
}

static LogMelOptions read_features(void)
{
    LogMelOptions o = {.sample_rate = number("sample_rate")};
    o.length = number("frame_length");
    o.shift = number("frame_shift");
    o.low_hz = number("low_hz");
    o.high_hz = number("high_hz");
    o.floor = number("floor");
    o.prior = number("prior");
    o.window = number("window");
    o.bins = number("bins");
    int count, normalized = number("normalized");
    o.mean = list("mean", &count);
    o.scale = list("scale", &count);
    o.mean = normalized ? o.mean : NULL;
    return o;
}

static const float *read_weights(FILE *file)
{
    size_t size = number("weights");
    float *weights = memory(size, sizeof *weights);
    if (fread(weights, sizeof *weights, size, file) != size)
        exit(fprintf(stderr, "weights.bin: cut short\n"));
    return weights;
}

static void read_network(Network *n, int bins, FILE *file)
{
    n->bins = bins;
    n->step = number("subsampling");
    n->delay = number("delay");
    n->dim = number("dim");
    n->hidden = number("hidden");
    n->kernel = number("kernel");
    n->symbols = number("symbols");
    float *dilations = list("dilations", &n->blocks);
    for (int b = 0; b < n->blocks && b < MOST; b++) {
        n->dilations[b] = dilations[b];
        n->past[b] = memory(((n->kernel - 1) * n->dilations[b] + 1) * n->dim, sizeof(float));
    }
    n->weights = read_weights(file);
    n->frames = memory(2 * n->step * bins, sizeof *n->frames);
}

static void read_closer(Spotter *s, FILE *file)
{
    ConformerShape *c = &s->closer;
    c->features = number("features");
    c->channels = number("front_channels");
    c->outer_dim = number("outer_dim");
    c->outer_layers = number("outer_layers");
    c->inner_dim = number("inner_dim");
    c->inner_layers = number("inner_layers");
    c->heads = number("heads");
    c->feedforward = number("feedforward");
    c->kernel = number("kernel");
    c->lookahead = number("lookahead");
    c->lookbehind = number("lookbehind");
    c->symbols = number("phones");
    s->closer_weights = read_weights(file);
}

static void read_networks(Spotter *s, int bins, FILE *file)
{
    Network *n = &s->network;
    read_network(n, bins, file);
    if (number("closer"))
        read_closer(s, file);
    s->row = -n->delay;
    for (int i = 0; i < KEPT; i++) {
        s->recent[i] = memory(n->symbols + n->dim, sizeof(float));
        s->frames[i] = memory(n->step * bins, sizeof(float));
        s->looked[i] = memory(n->symbols, sizeof(float));
    }
}

static Classifier *read_classifier(int pronunciations)
{
    Classifier *c = memory(1, sizeof *c);
    int count;
    c->gate = number("gate");
    c->bias = number("bias");
    c->places = memory(pronunciations, sizeof *c->places);
    for (int j = 0; j < pronunciations; j++)
        c->places[j] = list("places", &c->count);
    c->path = list("path", &count);
    if (count != FEATURES)
        exit(fprintf(stderr, "keyword.txt: a second pass of another version\n"));
    c->evidence = list("evidence", &count);
    c->margin = list("margin", &count);
    c->lacking = list("lacking", &count);
    c->unclear = list("unclear", &count);
    c->hidden = list("activations", &count);
    c->width = count / c->count;
    return c;
}

static void read_keywords(Spotter *s)
{
    s->relative = number("relative");
    s->phone_minimum = number("phone_minimum");
    s->blank_floor = number("blank_floor");
    s->lowest = number("lowest");
    s->mid_speech = number("mid_speech");
    s->rows_a_phone = number("rows_a_phone");
    s->rows_more = number("rows_more");
    s->quiet = s->pause_rows = number("pause_rows");
    s->count = number("keywords");
    s->keywords = memory(s->count, sizeof *s->keywords);
    for (Keyword *w = s->keywords; w < s->keywords + s->count; w++) {
        w->threshold = number("threshold");
        w->look = number("look");
        w->pause = number("pause");
        w->count = number("pronunciations");
        w->said = memory(w->count, sizeof *w->said);
        w->before.score = w->last.score = -INFINITY;
        w->ended = -1000000;
        for (Pronunciation *p = w->said; p < w->said + w->count; p++) {
            float *phones = list("phones", &p->count);
            for (int k = 0; k < p->count && k < MOST; k++)
                p->phones[k] = phones[k];
            free(phones);
            for (int k = 0; k < 2 * MOST; k++)
                p->paths[k].score = -1e9f;
        }
        if (number("second_pass"))
            w->second = read_classifier(w->count);
        if (fscanf(text, " keyword %255[^\n]", w->name) != 1)
            exit(fprintf(stderr, "keyword.txt: no keyword\n"));
    }
}

int main(int count, char **arguments)
{
    const char *folder = count > 1 ? arguments[1] : ".";
    static Spotter s;
    text = opened(folder, "keyword.txt");
    if (number("attune-keyword") != 5)
        exit(fprintf(stderr, "keyword.txt: of another version\n"));
    LogMelOptions features = read_features();
    read_networks(&s, features.bins, opened(folder, "weights.bin"));
    read_keywords(&s);
    if (s.closer_weights != NULL)
        loosen(&s, 1);
    LogMel *stream = logmel_create(&features);
    float *frame = memory(features.bins, sizeof *frame);
    short samples[64]; /* fewer than a frame moves on by: no more than one comes at a time */
    for (size_t n; (n = fread(samples, sizeof *samples, 64, stdin)) > 0; fflush(stdout)) {
        float values[64];
        for (size_t i = 0; i < n; i++)
            values[i] = samples[i] / 32768.0f;
        if (logmel_accept(stream, values, n, frame))
            hear(&s, frame);
    }
    hear(&s, NULL);
    return 0;
}
