/* The Conformer of src/attune/train/acoustic/encoder.py over one window, in float. */
#include "conformer.h"

#include <stdlib.h>

#include "layers.h"

/* What a run has at hand: the weights not used yet, and scratch space. */
typedef struct {
    const ConformerShape *shape;
    const float *weights;
    float *normed, *wide, *mixed, *scores; /* [rows][dim], [rows][wide], [rows][dim], [rows] */
} Run;

static void silu(float *x, size_t count)
{
    for (size_t i = 0; i < count; i++)
        x[i] /= 1.0f + expf(-x[i]);
}

static void add(float *restrict x, const float *restrict y, size_t count)
{
    for (size_t i = 0; i < count; i++)
        x[i] += y[i];
}

/* A 3 x 3 convolution of one plane with stride 2, added to `out`: [rows][bins] to
 * [(rows - 1) / 2][bins / 2], with nothing beside the first and last bin. */
static void halve(const float *taps, const float *plane, uint32_t rows, uint32_t bins, float *out)
{
    for (uint32_t t = 0; 2 * t + 2 < rows; t++, out += bins / 2)
        for (uint32_t i = 0; i < 3; i++) {
            const float *x = plane + (size_t)(2 * t + i) * bins, *w = taps + 3 * i;
            for (uint32_t f = 0; f < bins / 2; f++)
                out[f] += (f ? w[0] * x[2 * f - 1] : 0.0f) + w[1] * x[2 * f] + w[2] * x[2 * f + 1];
        }
}

static void fill(float *x, float value, size_t count)
{
    for (size_t i = 0; i < count; i++)
        x[i] = value;
}

/* A depthwise convolution over time: x[rows + taps - 1][dim] to y[rows][dim]. */
static const float *over_time(const float *weights, uint32_t taps, uint32_t dim, uint32_t rows,
                              const float *x, float *y)
{
    const float *bias = weights + (size_t)taps * dim;
    for (uint32_t t = 0; t < rows; t++) {
        float *restrict into = y + (size_t)t * dim;
        memcpy(into, bias, dim * sizeof *y);
        for (uint32_t j = 0; j < taps; j++) {
            const float *restrict from = x + (size_t)(t + j) * dim;
            const float *restrict w = weights + (size_t)j * dim;
            for (uint32_t k = 0; k < dim; k++)
                into[k] += from[k] * w[k];
        }
    }
    return bias + dim;
}

/* x[rows][dim] += down(silu(up(norm(x)))) through `hidden` units. */
static void feed_forward(Run *run, float *x, uint32_t rows, uint32_t dim, uint32_t hidden)
{
    const float *w = normalize(run->weights, dim, rows, x, run->normed);
    w = linear(w, dim, hidden, rows, run->normed, run->wide);
    silu(run->wide, (size_t)rows * hidden);
    run->weights = linear(w, hidden, dim, rows, run->wide, run->mixed);
    add(x, run->mixed, (size_t)rows * dim);
}

/* Rotary positions of [rows][stride], whose first `dim` columns are `heads` heads. */
static void rotate(float *x, uint32_t rows, uint32_t dim, uint32_t stride, uint32_t heads)
{
    uint32_t half = dim / heads / 2;
    for (uint32_t k = 0; k < half; k++) {
        float frequency = powf(10000.0f, -(float)k / (float)half);
        for (uint32_t t = 0; t < rows; t++) {
            float c = cosf(frequency * (float)t), s = sinf(frequency * (float)t);
            for (uint32_t h = 0; h < heads; h++) {
                float *first = x + (size_t)t * stride + 2 * h * half + k, *second = first + half;
                float a = *first, b = *second;
                *first = a * c - b * s;
                *second = a * s + b * c;
            }
        }
    }
}

static float dot(const float *x, const float *y, uint32_t count)
{
    float parts[4] = {0.0f, 0.0f, 0.0f, 0.0f};
    uint32_t k = 0;
    for (; k + 4 <= count; k += 4)
        for (uint32_t i = 0; i < 4; i++)
            parts[i] += x[k + i] * y[k + i];
    for (; k < count; k++)
        parts[0] += x[k] * y[k];
    return (parts[0] + parts[1]) + (parts[2] + parts[3]);
}

/* x[rows][dim] += what each row takes from all of them. */
static void attention(Run *run, float *x, uint32_t rows, uint32_t dim)
{
    uint32_t heads = run->shape->heads, size = dim / heads;
    float *query = run->wide, *pair = run->wide + (size_t)rows * dim; /* of key and value */
    const float *w = normalize(run->weights, dim, rows, x, run->normed);
    w = linear(w, dim, dim, rows, run->normed, query);
    w = linear(w, dim, 2 * dim, rows, run->normed, pair);
    rotate(query, rows, dim, dim, heads);
    rotate(pair, rows, dim, 2 * dim, heads);
    float scale = 1.0f / sqrtf((float)size);
    memset(run->mixed, 0, (size_t)rows * dim * sizeof *run->mixed);
    for (uint32_t t = 0; t < rows; t++)
        for (uint32_t h = 0; h < heads; h++) {
            const float *own = query + (size_t)t * dim + h * size;
            float *into = run->mixed + (size_t)t * dim + h * size, most = -INFINITY, total = 0.0f;
            for (uint32_t u = 0; u < rows; u++) {
                run->scores[u] = scale * dot(own, pair + (size_t)u * 2 * dim + h * size, size);
                most = run->scores[u] > most ? run->scores[u] : most;
            }
            for (uint32_t u = 0; u < rows; u++)
                total += run->scores[u] = expf(run->scores[u] - most);
            for (uint32_t u = 0; u < rows; u++) {
                const float *value = pair + (size_t)u * 2 * dim + dim + h * size;
                float share = run->scores[u] / total;
                for (uint32_t k = 0; k < size; k++)
                    into[k] += share * value[k];
            }
        }
    run->weights = linear(w, dim, dim, rows, run->mixed, run->normed);
    add(x, run->normed, (size_t)rows * dim);
}

/* x[rows][dim] += a gated convolution over the rows before. */
static void convolution(Run *run, float *x, uint32_t rows, uint32_t dim)
{
    uint32_t kernel = run->shape->kernel;
    float *seen = run->wide + (size_t)rows * 2 * dim; /* [kernel - 1 + rows][dim] */
    const float *w = normalize(run->weights, dim, rows, x, run->normed);
    w = linear(w, dim, 2 * dim, rows, run->normed, run->wide);
    memset(seen, 0, (size_t)(kernel - 1) * dim * sizeof *seen);
    for (uint32_t t = 0; t < rows; t++)
        for (uint32_t k = 0; k < dim; k++) {
            const float *gated = run->wide + (size_t)t * 2 * dim + k;
            seen[(size_t)(kernel - 1 + t) * dim + k] = gated[0] / (1.0f + expf(-gated[dim]));
        }
    w = over_time(w, kernel, dim, rows, seen, run->mixed);
    w = normalize(w, dim, rows, run->mixed, run->mixed);
    silu(run->mixed, (size_t)rows * dim);
    run->weights = linear(w, dim, dim, rows, run->mixed, run->normed);
    add(x, run->normed, (size_t)rows * dim);
}

static void layers(Run *run, uint32_t count, float *x, uint32_t rows, uint32_t dim)
{
    for (uint32_t i = 0; i < count; i++) {
        feed_forward(run, x, rows, dim, run->shape->feedforward / 2 * dim);
        attention(run, x, rows, dim);
        convolution(run, x, rows, dim);
        feed_forward(run, x, rows, dim, run->shape->feedforward * dim);
    }
}

/* Frames to rows of 40 ms: two convolutions that halve time and frequency, and rows around.
 * `planes` is scratch: [2][channels][(frames - 1) / 2][features / 2]. */
static void front(Run *run, const float *frames, uint32_t count, uint32_t rows, float *planes,
                  float *x)
{
    const ConformerShape *s = run->shape;
    uint32_t channels = s->channels, half = s->features / 2, bins = half / 2, dim = s->outer_dim;
    uint32_t first = (count - 1) / 2, second = (first - 1) / 2;
    size_t before = (size_t)first * half, after = (size_t)second * bins;
    float *next = planes + channels * before;
    const float *w = run->weights, *bias = w + 9 * (size_t)channels;
    for (uint32_t c = 0; c < channels; c++) {
        fill(planes + c * before, bias[c], before);
        halve(w + 9 * (size_t)c, frames, count, s->features, planes + c * before);
    }
    silu(planes, channels * before);
    w = bias + channels;
    bias = w + 9 * (size_t)channels;
    for (uint32_t c = 0; c < channels; c++) {
        fill(next + c * after, bias[c], after);
        halve(w + 9 * (size_t)c, planes + c * before, first, half, next + c * after);
    }
    w = bias + channels;
    bias = w + (size_t)channels * channels;
    for (uint32_t t = 0; t < second; t++) /* rows of [channels][bins] */
        for (uint32_t c = 0; c < channels; c++) {
            float *into = run->wide + ((size_t)t * channels + c) * bins;
            fill(into, bias[c], bins);
            for (uint32_t i = 0; i < channels; i++) {
                const float *from = next + i * after + (size_t)t * bins;
                for (uint32_t f = 0; f < bins; f++)
                    into[f] += w[(size_t)i * channels + c] * from[f];
            }
        }
    silu(run->wide, channels * after);
    w = linear(bias + channels, channels * bins, dim, second, run->wide, run->normed);
    w = over_time(w, s->lookbehind + s->lookahead + 1, dim, rows, run->normed, x);
    add(x, run->normed + (size_t)s->lookbehind * dim, (size_t)rows * dim);
    run->weights = normalize(w, dim, rows, x, x);
    feed_forward(run, x, rows, dim, 2 * dim);
}

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

int conformer_run(const ConformerShape *s, const float *weights, const float *frames,
                  uint32_t rows, float *log_posteriors)
{
    if (rows == 0)
        return 0;
    uint32_t around = rows + s->lookbehind + s->lookahead, count = 4 * around + 3;
    uint32_t outer = s->outer_dim, inner = s->inner_dim, half = rows / 2;
    size_t padded = (size_t)count * s->features, planes = padded * s->channels / 2;
    size_t wide = (size_t)around * s->channels * (s->features / 4);
    wide = larger(wide, (size_t)rows * outer * larger(s->feedforward, 3));
    wide = larger(wide, (size_t)half * inner * larger(s->feedforward, 3));
    wide += (size_t)(s->kernel - 1) * larger(outer, inner);
    size_t row = (size_t)around * larger(outer, inner), used = 4 * row + rows;
    float *memory = malloc((padded + planes + wide + used) * sizeof *memory);
    if (memory == NULL)
        return -1;
    float *heard = memory, *plane = heard + padded, *spread = plane + planes;
    float *normed = spread + wide, *x = normed + 2 * row, *y = x + row;
    Run run = {s, weights, normed, spread, normed + row, y + row};
    size_t begin = (size_t)(4 * s->lookbehind + 1) * s->features;
    fill(heard, 0.0f, padded);
    memcpy(heard + begin, frames, (size_t)4 * rows * s->features * sizeof *frames);
    front(&run, heard, count, rows, plane, x);
    layers(&run, s->outer_layers, x, rows, outer);
    run.weights = normalize(run.weights, outer, rows, x, normed);
    run.weights = linear(run.weights, 2 * outer, inner, half, normed, y);
    layers(&run, s->inner_layers, y, half, inner);
    run.weights = normalize(run.weights, inner, half, y, normed);
    run.weights = linear(run.weights, inner, 2 * outer, half, normed, spread);
    add(x, spread, (size_t)rows * outer);
    layers(&run, s->outer_layers, x, rows, outer);
    run.weights = normalize(run.weights, outer, rows, x, normed);
    linear(run.weights, outer, s->symbols, rows, normed, log_posteriors);
    for (uint32_t t = 0; t < rows; t++)
        log_softmax(log_posteriors + (size_t)t * s->symbols, s->symbols);
    free(memory);
    return 0;
}
