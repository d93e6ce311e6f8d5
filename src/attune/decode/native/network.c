/* The keyword encoder's network (src/attune/train/acoustic/keyword_encoder.py), in float.
 *
 * Matrices lie input by input, so that the inner loops run over outputs: compilers vectorise them
 * without changing the order of any sum, and a row comes out the same whatever it is computed
 * with. */
#include <stdlib.h>

#include "internal.h"

#define EPSILON 1.0e-5f

/* Adds x W to y and, unless NULL, the same of another row; `inputs` is a multiple of 4. */
static void product(const float *restrict w, uint32_t inputs, uint32_t outputs, const float *x,
                    const float *other, float *restrict y, float *restrict z)
{
    for (uint32_t i = 0; i < inputs; i += 4, w += 4 * (size_t)outputs) {
        const float *restrict w1 = w + outputs, *restrict w2 = w1 + outputs;
        const float *restrict w3 = w2 + outputs;
        float a = x[i], b = x[i + 1], c = x[i + 2], d = x[i + 3];
        if (other == NULL) {
            for (uint32_t k = 0; k < outputs; k++)
                y[k] += (a * w[k] + b * w1[k]) + (c * w2[k] + d * w3[k]);
            continue;
        }
        float e = other[i], f = other[i + 1], g = other[i + 2], h = other[i + 3];
        for (uint32_t k = 0; k < outputs; k++) {
            y[k] += (a * w[k] + b * w1[k]) + (c * w2[k] + d * w3[k]);
            z[k] += (e * w[k] + f * w1[k]) + (g * w2[k] + h * w3[k]);
        }
    }
}

/* y[rows][outputs] = bias + x[rows][inputs] W[inputs][outputs], two rows at a time: reading the
 * weights takes longer than computing with them. Returns what follows the layer's weights. */
static const float *linear(const float *weights, uint32_t inputs, uint32_t outputs, uint32_t rows,
                           const float *x, float *restrict y)
{
    const float *bias = weights + (size_t)inputs * outputs;
    for (uint32_t t = 0; t < rows; t++)
        memcpy(y + (size_t)t * outputs, bias, outputs * sizeof *y);
    for (uint32_t t = 0; t < rows; t += 2, x += 2 * (size_t)inputs, y += 2 * (size_t)outputs) {
        if (t + 1 < rows)
            product(weights, inputs, outputs, x, x + inputs, y, y + outputs);
        else
            product(weights, inputs, outputs, x, NULL, y, NULL);
    }
    return bias + outputs;
}

/* Four sums at a time: one after the other they would wait for each other. */
static float sum(const float *x, uint32_t count)
{
    float parts[4] = {0.0f, 0.0f, 0.0f, 0.0f};
    for (uint32_t k = 0; k < count; k += 4)
        for (uint32_t i = 0; i < 4; i++)
            parts[i] += x[k + i];
    return (parts[0] + parts[1]) + (parts[2] + parts[3]);
}

static float squares(const float *x, uint32_t count)
{
    float parts[4] = {0.0f, 0.0f, 0.0f, 0.0f};
    for (uint32_t k = 0; k < count; k += 4)
        for (uint32_t i = 0; i < 4; i++)
            parts[i] += x[k + i] * x[k + i];
    return (parts[0] + parts[1]) + (parts[2] + parts[3]);
}

/* Layer normalisation of each row, by a weight and a bias. Returns what follows them. */
static const float *normalize(const float *weights, uint32_t count, uint32_t rows, const float *x,
                              float *y)
{
    const float *bias = weights + count;
    for (uint32_t t = 0; t < rows; t++, x += count, y += count) {
        float mean = sum(x, count) / (float)count;
        for (uint32_t k = 0; k < count; k++)
            y[k] = x[k] - mean;
        float scale = 1.0f / sqrtf(squares(y, count) / (float)count + EPSILON);
        for (uint32_t k = 0; k < count; k++)
            y[k] = y[k] * scale * weights[k] + bias[k];
    }
    return bias + count;
}

static void log_softmax(float *x, uint32_t count)
{
    float most = x[0], total = 0.0f;
    for (uint32_t k = 1; k < count; k++)
        most = x[k] > most ? x[k] : most;
    for (uint32_t k = 0; k < count; k++)
        total += expf(x[k] - most);
    float shift = most + logf(total);
    for (uint32_t k = 0; k < count; k++)
        x[k] -= shift;
}

typedef struct {
    const AttuneNetworkShape *shape;
    const float *weights; /* those not used yet */
    uint32_t rows;
    float *narrow, *wide; /* scratch: [rows][dim], [rows][hidden or window of frames] */
    float *window;        /* [past + rows][dim], the state before the rows */
} Run;

/* Linear layer and norm of the frames. A row sees its own and those of the row before. */
static void front(Run *run, const float *frames, float *state)
{
    const AttuneNetworkShape *shape = run->shape;
    uint32_t step = shape->subsampling * shape->features;
    for (uint32_t t = 0; t < run->rows; t++, frames += step) {
        float *seen = run->wide + (size_t)t * 2 * step;
        memcpy(seen, t == 0 ? state : frames - step, step * sizeof *seen);
        memcpy(seen + step, frames, step * sizeof *seen);
    }
    memcpy(state, frames - step, step * sizeof *state);
    run->weights =
        linear(run->weights, 2 * step, shape->dim, run->rows, run->wide, run->narrow);
    run->weights = normalize(run->weights, shape->dim, run->rows, run->narrow, run->window);
}

/* One residual block; its rows replace the first of the window. */
static void block(Run *run, uint32_t dilation, uint32_t lookahead)
{
    const AttuneNetworkShape *shape = run->shape;
    uint32_t dim = shape->dim, rows = run->rows;
    const float *taps = run->weights, *bias = taps + (size_t)shape->kernel * dim;
    for (uint32_t t = 0; t < rows; t++) {
        float *restrict y = run->narrow + (size_t)t * dim;
        memcpy(y, bias, dim * sizeof *y);
        for (uint32_t j = 0; j < shape->kernel; j++) {
            const float *restrict x = run->window + (size_t)(t + j * dilation) * dim;
            const float *restrict w = taps + (size_t)j * dim;
            for (uint32_t k = 0; k < dim; k++)
                y[k] += x[k] * w[k];
        }
    }
    const float *next = normalize(bias + dim, dim, rows, run->narrow, run->narrow);
    next = linear(next, dim, shape->hidden, rows, run->narrow, run->wide);
    for (size_t k = 0; k < (size_t)rows * shape->hidden; k++)
        run->wide[k] = run->wide[k] > 0.0f ? run->wide[k] : 0.0f;
    run->weights = linear(next, shape->hidden, dim, rows, run->wide, run->narrow);
    const float *late = run->window + (size_t)((shape->kernel - 1) * dilation - lookahead) * dim;
    for (size_t k = 0; k < (size_t)rows * dim; k++)
        run->window[k] = late[k] + run->narrow[k];
}

int attune_network_run(const AttuneNetworkShape *shape, const float *weights, const float *frames,
                       uint32_t rows, float *state, float *log_posteriors, float *hidden)
{
    if (rows == 0)
        return STATUS_OK;
    size_t dim = shape->dim, step = shape->subsampling * shape->features, most = 0;
    for (uint32_t i = 0; i < shape->blocks; i++)
        most = shape->dilations[i] > most ? shape->dilations[i] : most;
    size_t past = (shape->kernel - 1) * most;
    size_t wide = shape->hidden > 2 * step ? shape->hidden : 2 * step;
    float *scratch = malloc((rows * (2 * dim + wide) + past * dim) * sizeof *scratch);
    if (scratch == NULL)
        return STATUS_NO_MEMORY;
    Run run = {shape, weights, rows, scratch, scratch + rows * dim, scratch + rows * (dim + wide)};
    front(&run, frames, state);
    state += step;
    for (uint32_t i = 0; i < shape->blocks; i++) {
        size_t before = (shape->kernel - 1) * (size_t)shape->dilations[i] * dim;
        memmove(run.window + before, run.window, rows * dim * sizeof *state);
        memcpy(run.window, state, before * sizeof *state);
        memcpy(state, run.window + rows * dim, before * sizeof *state);
        block(&run, shape->dilations[i], i < shape->delay);
        state += before;
    }
    const float *head = normalize(run.weights, shape->dim, rows, run.window, hidden);
    linear(head, shape->dim, shape->phones, rows, hidden, log_posteriors);
    for (uint32_t t = 0; t < rows; t++)
        log_softmax(log_posteriors + (size_t)t * shape->phones, shape->phones);
    free(scratch);
    return STATUS_OK;
}
