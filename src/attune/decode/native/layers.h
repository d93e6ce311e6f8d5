/* Layers that the networks of keywords share, in float.
 *
 * Matrices lie input by input, so that the inner loops run over outputs: compilers vectorise them
 * without changing the order of any sum, and a row comes out the same whatever it is computed
 * with. */
#ifndef ATTUNE_LAYERS_H
#define ATTUNE_LAYERS_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define EPSILON 1.0e-5f

/* Adds x W to y and, unless NULL, the same of another row; `inputs` is a multiple of 4. */
static inline void product(const float *restrict w, uint32_t inputs, uint32_t outputs,
                           const float *x, const float *other, float *restrict y,
                           float *restrict z)
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
static inline const float *linear(const float *weights, uint32_t inputs, uint32_t outputs,
                                  uint32_t rows, const float *x, float *restrict y)
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
static inline float sum(const float *x, uint32_t count)
{
    float parts[4] = {0.0f, 0.0f, 0.0f, 0.0f};
    for (uint32_t k = 0; k < count; k += 4)
        for (uint32_t i = 0; i < 4; i++)
            parts[i] += x[k + i];
    return (parts[0] + parts[1]) + (parts[2] + parts[3]);
}

static inline float squares(const float *x, uint32_t count)
{
    float parts[4] = {0.0f, 0.0f, 0.0f, 0.0f};
    for (uint32_t k = 0; k < count; k += 4)
        for (uint32_t i = 0; i < 4; i++)
            parts[i] += x[k + i] * x[k + i];
    return (parts[0] + parts[1]) + (parts[2] + parts[3]);
}

/* Layer normalisation of each row, by a weight and a bias. Returns what follows them. */
static inline const float *normalize(const float *weights, uint32_t count, uint32_t rows,
                                     const float *x, float *y)
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

static inline void log_softmax(float *x, uint32_t count)
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

#endif
