/* Log-mel filter-bank frames as Kaldi makes them (Povey window, pre-emphasis 0.97, power spectrum,
 * triangular filters on the mel scale), each less the mean of the frames until it. */
#include "logmel.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PI 3.14159265358979323846
#define LEAST 1.1920928955078125e-7f /* energy */

struct LogMel {
    LogMelOptions options;
    uint32_t size;           /* of the transform, a power of two */
    float *window;           /* [length] */
    float *turns;            /* [size / 2][2] cosine and -sine of its angles */
    uint32_t *firsts, *counts; /* [bins] frequencies of each filter */
    float *filters;          /* [bins][size / 2] their weights, from the first on */
    float *pending;          /* [length] samples that frames still need, `held` of them */
    size_t held;
    float *samples, *spectrum; /* of a frame: [size], [2 size] */
    double *sums;            /* [bins] of the last `window` frames: exact, so they cannot drift */
    float *heard;            /* [window][bins], then the means and the scales */
    uint64_t frames;
};

static double mel(double hertz)
{
    return 1127.0 * log(1.0 + hertz / 700.0);
}

static void fill_tables(LogMel *s)
{
    const LogMelOptions *o = &s->options;
    for (uint32_t i = 0; i < o->length; i++)
        s->window[i] = (float)pow(0.5 - 0.5 * cos(2.0 * PI * i / (o->length - 1)), 0.85);
    for (uint32_t i = 0; i < s->size / 2; i++) {
        s->turns[2 * i] = (float)cos(2.0 * PI * i / s->size);
        s->turns[2 * i + 1] = (float)-sin(2.0 * PI * i / s->size);
    }
    double low = mel(o->low_hz), step = (mel(o->high_hz) - low) / (o->bins + 1);
    for (uint32_t b = 0; b < o->bins; b++) {
        double left = low + b * step;
        float *filter = s->filters + (size_t)b * (s->size / 2);
        for (uint32_t k = 0; k < s->size / 2; k++) {
            double at = (mel((double)k * o->sample_rate / s->size) - left) / step;
            if (at <= 0.0 || at >= 2.0)
                continue;
            if (s->counts[b] == 0)
                s->firsts[b] = k;
            filter[s->counts[b]++] = (float)(at <= 1.0 ? at : 2.0 - at);
        }
    }
}

LogMel *logmel_create(const LogMelOptions *options)
{
    LogMel *s = calloc(1, sizeof *s);
    if (s == NULL)
        return NULL;
    s->options = *options;
    for (s->size = 2; s->size < options->length; s->size *= 2)
        ;
    size_t bins = options->bins;
    s->window = calloc(options->length, sizeof(float));
    s->turns = calloc(s->size, sizeof(float));
    s->firsts = calloc(bins, sizeof(uint32_t));
    s->counts = calloc(bins, sizeof(uint32_t));
    s->filters = calloc(bins * (s->size / 2), sizeof(float));
    s->pending = calloc(options->length, sizeof(float));
    s->samples = calloc(s->size, sizeof(float));
    s->spectrum = calloc(2 * (size_t)s->size, sizeof(float));
    s->sums = calloc(bins, sizeof(double));
    s->heard = calloc((options->window + 2) * bins, sizeof(float));
    if (s->window == NULL || s->turns == NULL || s->firsts == NULL || s->counts == NULL ||
        s->filters == NULL || s->pending == NULL || s->samples == NULL ||
        s->spectrum == NULL || s->sums == NULL || s->heard == NULL) {
        logmel_free(s);
        return NULL;
    }
    if (options->mean != NULL) {
        float *kept = s->heard + options->window * bins;
        memcpy(kept, options->mean, bins * sizeof(float));
        memcpy(kept + bins, options->scale, bins * sizeof(float));
        s->options.mean = kept;
        s->options.scale = kept + bins;
    }
    fill_tables(s);
    return s;
}

void logmel_free(LogMel *s)
{
    if (s == NULL)
        return;
    free(s->window);
    free(s->turns);
    free(s->firsts);
    free(s->counts);
    free(s->filters);
    free(s->pending);
    free(s->samples);
    free(s->spectrum);
    free(s->sums);
    free(s->heard);
    free(s);
}

/* Fourier transform of `count` complex values, a power of two (Stockham's: no reordering, inner
 * loops over neighbours). Real parts lie in x[count], imaginary ones behind; y is as large. Returns
 * the one of both that holds the result. */
static float *transform(const LogMel *s, uint32_t count, float *x, float *y)
{
    for (uint32_t left = count, stride = 1; left > 1; left /= 2, stride *= 2) {
        for (uint32_t p = 0; p < left / 2; p++) {
            const float *turn = s->turns + 2 * (size_t)p * (s->size / left);
            float c = turn[0], d = turn[1];
            const float *a = x + (size_t)p * stride, *b = a + count / 2;
            float *restrict sum = y + 2 * (size_t)p * stride, *restrict turned = sum + stride;
            for (uint32_t q = 0; q < stride; q++) {
                float real = a[q] - b[q], imaginary = a[q + count] - b[q + count];
                sum[q] = a[q] + b[q];
                sum[q + count] = a[q + count] + b[q + count];
                turned[q] = real * c - imaginary * d;
                turned[q + count] = real * d + imaginary * c;
            }
        }
        float *swap = x;
        x = y;
        y = swap;
    }
    return x;
}

/* The power spectrum of s->samples [size] into s->samples [size / 2], by a transform of half the
 * size: even samples are its real part, odd ones the imaginary part. */
static void power_spectrum(LogMel *s)
{
    uint32_t half = s->size / 2;
    float *x = s->spectrum;
    for (uint32_t k = 0; k < half; k++) {
        x[k] = s->samples[2 * k];
        x[half + k] = s->samples[2 * k + 1];
    }
    const float *real = transform(s, half, x, x + s->size), *imaginary = real + half;
    for (uint32_t k = 0; k < half; k++) {
        uint32_t mirror = (half - k) % half;
        float c = s->turns[2 * k], d = s->turns[2 * k + 1];
        float even = 0.5f * (real[k] + real[mirror]), odd_i = 0.5f * (real[mirror] - real[k]);
        float even_i = 0.5f * (imaginary[k] - imaginary[mirror]);
        float odd = 0.5f * (imaginary[k] + imaginary[mirror]);
        float re = even + (odd * c - odd_i * d), im = even_i + (odd * d + odd_i * c);
        s->samples[k] = re * re + im * im;
    }
}

/* One frame from s->samples [length], 16-bit values. */
static void filter_bank(LogMel *s, float *frame)
{
    const LogMelOptions *o = &s->options;
    float *x = s->samples, total = 0.0f;
    for (uint32_t i = 0; i < o->length; i++)
        total += x[i];
    float mean = total / (float)o->length;
    for (uint32_t i = o->length; i-- > 1;)
        x[i] = ((x[i] - mean) - 0.97f * (x[i - 1] - mean)) * s->window[i];
    x[0] = 0.03f * (x[0] - mean) * s->window[0];
    memset(x + o->length, 0, (s->size - o->length) * sizeof *x);
    power_spectrum(s);
    for (uint32_t b = 0; b < o->bins; b++) {
        const float *filter = s->filters + (size_t)b * (s->size / 2), *power = x + s->firsts[b];
        float energy = 0.0f;
        for (uint32_t k = 0; k < s->counts[b]; k++)
            energy += power[k] * filter[k];
        float value = logf(energy > LEAST ? energy : LEAST);
        frame[b] = value > o->floor ? value : o->floor;
    }
}

/* Sums of float values of like size, in double, have no rounding error: taking away what was added
 * `window` frames before leaves nothing behind. */
static void normalize(LogMel *s, float *frame)
{
    const LogMelOptions *o = &s->options;
    float *place = s->heard + (size_t)(s->frames % o->window) * o->bins;
    uint64_t count = s->frames < o->window ? s->frames + 1 : o->window;
    for (uint32_t b = 0; b < o->bins; b++) {
        s->sums[b] += frame[b];
        if (s->frames >= o->window)
            s->sums[b] -= place[b];
        place[b] = frame[b];
        double mean = (s->sums[b] + (double)o->prior * o->mean[b]) / (double)(count + o->prior);
        frame[b] = (float)((frame[b] - mean) * o->scale[b]);
    }
    s->frames++;
}

size_t logmel_ready(const LogMel *s, size_t count)
{
    size_t known = s->held + count;
    return known < s->options.length ? 0 : 1 + (known - s->options.length) / s->options.shift;
}

size_t logmel_accept(LogMel *s, const float *samples, size_t count, float *frames)
{
    const LogMelOptions *o = &s->options;
    size_t ready = logmel_ready(s, count), at = 0;
    for (size_t f = 0; f < ready; f++, at += o->shift, frames += o->bins) {
        for (size_t i = 0; i < o->length; i++) {
            size_t place = at + i;
            float x = place < s->held ? s->pending[place] : samples[place - s->held];
            s->samples[i] = 32768.0f * x;
        }
        filter_bank(s, frames);
        if (o->mean != NULL)
            normalize(s, frames);
    }
    size_t gone = at < s->held ? at : s->held;
    memmove(s->pending, s->pending + gone, (s->held - gone) * sizeof *samples);
    s->held -= gone;
    at -= gone;
    memcpy(s->pending + s->held, samples + at, (count - at) * sizeof *samples);
    s->held += count - at;
    return ready;
}
