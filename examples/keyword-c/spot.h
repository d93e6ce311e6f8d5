/* A keyword spotter without any framework: docs/keywords.md, "On other devices". */
#ifndef SPOT_H
#define SPOT_H

#define MOST 64  /* blocks of the network; phones of a pronunciation */
#define KEPT 256 /* rows that a second look can go back */
#define FEATURES 15 /* of a path, that a second look weighs */

typedef struct {
    float score;
    int age; /* rows */
} Path;

typedef struct {
    int count, phones[MOST];
    Path paths[2 * MOST]; /* phones at even places, the blanks between them at odd ones */
} Pronunciation;

/* The classifier of an advanced keyword. */
typedef struct {
    float gate, bias;
    int count, width; /* places in the phrase; hidden activations: none, or dim */
    float **places;   /* of each pronunciation [count]: which of its phones, -1: none */
    float *path, *evidence, *margin, *lacking, *unclear, *hidden; /* weights */
} Classifier;

typedef struct {
    char name[256];
    float threshold;
    int count, ended; /* row in which it was last heard to end */
    Pronunciation *said;
    Path before, last;  /* the best paths two rows ago and one row ago */
    Classifier *second; /* NULL: the path's score is all */
} Keyword;

/* What `attune keyword export` wrote, and a stream. */
typedef struct {
    int bins, step, delay, dim, hidden, kernel, symbols, blocks, dilations[MOST];
    const float *weights;
    float *past[MOST]; /* of each block: [(kernel - 1) dilation + 1][dim], the new row last */
    float relative, phone_minimum, blank_floor, lowest, mid_speech;
    int rows_a_phone, rows_more, pause_rows, quiet, count;
    Keyword *keywords;
    float *frames; /* [2 step][bins] of the row before and of this one */
    int held, row;
    float *recent[KEPT]; /* log posteriors [symbols] and hidden activations [dim] of past rows */
} Spotter;

/* How surely a keyword was said in `count` rows from row `first` on, whose path has this score:
 * second.c. */
float look_again(const Spotter *s, const Keyword *w, float score, int first, int count);


/* Hears one more normalised frame [bins] and prints what was said, "start end score keyword" in
 * seconds; NULL ends the stream. */
void hear(Spotter *s, const float *frame);

#endif
