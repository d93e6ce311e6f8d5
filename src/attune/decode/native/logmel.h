/* Normalised log-mel frames of a stream: stands alone, so that other programs can take it along. */
#ifndef ATTUNE_LOGMEL_H
#define ATTUNE_LOGMEL_H

#include <stddef.h>
#include <stdint.h>

#if defined(_WIN32)
#define LOGMEL_API __declspec(dllexport)
#else
#define LOGMEL_API __attribute__((visibility("default")))
#endif

typedef struct {
    float sample_rate, low_hz, high_hz;
    float floor;             /* least value of a channel */
    uint32_t length, shift;  /* of a frame, in samples */
    uint32_t bins;
    uint32_t prior, window;  /* frames */
    const float *mean, *scale; /* [bins]; NULL: no normalisation */
} LogMelOptions;

typedef struct LogMel LogMel;

/* NULL when memory runs out. `options` may be freed afterwards. */
LOGMEL_API LogMel *logmel_create(const LogMelOptions *options);
/* Frames that `count` more samples would complete. */
LOGMEL_API size_t logmel_ready(const LogMel *stream, size_t count);
/* Writes these frames, [frames][bins], from samples in [-1, 1]; returns their number. */
LOGMEL_API size_t logmel_accept(LogMel *stream, const float *samples, size_t count, float *frames);
LOGMEL_API void logmel_free(LogMel *stream);

#endif
