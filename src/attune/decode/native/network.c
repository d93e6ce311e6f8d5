/* The keyword encoder's network (src/attune/train/acoustic/keyword_encoder.py), in float. */
#include <stdlib.h>

#include "internal.h"
#include "layers.h"

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
