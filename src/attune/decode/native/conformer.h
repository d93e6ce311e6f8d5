/* The network that looks closer at what may have been a keyword: a Conformer over one window.
 *
 * No framework and no state: frames of a few seconds go in, rows of 40 ms come out. Plain C99,
 * usable apart from the rest of Attune with layers.h beside it. */
#ifndef ATTUNE_CONFORMER_H
#define ATTUNE_CONFORMER_H

#include <stdint.h>

#if defined(_WIN32)
#define CONFORMER_API __declspec(dllexport)
#else
#define CONFORMER_API __attribute__((visibility("default")))
#endif

/* Sizes of src/attune/train/acoustic/config.py (EncoderConfig). All dims are multiples of 8, and
 * heads divide them into even parts. */
typedef struct {
    uint32_t features, channels, outer_dim, outer_layers, inner_dim, inner_layers, heads;
    uint32_t feedforward, kernel, lookahead, lookbehind, symbols;
} ConformerShape;

/* Weights follow one another in the order of computation, matrices as [inputs][outputs],
 * convolutions over time as [taps][dim], those of the first two as [channel][3][3], each with its
 * bias behind it. Log posteriors [rows][symbols] of normalised frames [4 rows][features], with
 * nothing before and after them; `rows` is even. -1 when memory runs out, else 0. */
CONFORMER_API int conformer_run(const ConformerShape *shape, const float *weights,
                                const float *frames, uint32_t rows, float *log_posteriors);

#endif
