/* A keyword spotter without any framework: docs/keywords.md, "On other devices". */
#ifndef SPOT_H
#define SPOT_H

#include "conformer.h"

#define MOST 64  /* blocks of the network; phones of a pronunciation */
#define KEPT 256 /* rows that a second look can go back */
#define FEATURES 15 /* of a path, that a second look weighs */
#define PAUSE 6     /* rows after a keyword that tell whether speech goes on */
#define OPEN 16     /* rows in which that may be, after all looks */

typedef struct {
    float score;
    int age; /* rows */
} Path;

/* Where a keyword was found, before what follows it. */
typedef struct {
    int end; /* row, half open */
    Path path;
} Place;

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
    float threshold, look; /* a place gets a closer look from this score on */
    float pause;           /* what the score falls by where speech goes on after it */
    int count, ended; /* row in which it was last heard to end */
    Pronunciation *said;
    Path before, last;  /* the best paths two rows ago and one row ago */
    Place found[OPEN];  /* the last ones, at end % OPEN */
    Classifier *second; /* NULL: the path's score is all */
} Keyword;

/* An encoder and its state. */
typedef struct {
    int bins, step, delay, dim, hidden, kernel, symbols, blocks, dilations[MOST];
    const float *weights;
    float *past[MOST];    /* of each block: [(kernel - 1) dilation + 1][dim], the new row last */
    float *frames;        /* [2 step][bins] of the row before and of this one */
} Network;

/* What `attune keyword export` wrote, and a stream. */
typedef struct {
    Network network;
    ConformerShape closer;
    const float *closer_weights; /* NULL: there is no closer look */
    float relative, phone_minimum, blank_floor, lowest, mid_speech;
    int rows_a_phone, rows_more, pause_rows, quiet, count;
    Keyword *keywords;
    int held, row;
    float *recent[KEPT]; /* log posteriors [symbols] and hidden activations [dim] of past rows */
    float *frames[KEPT]; /* [step][bins] of past rows, for the closer look */
    float *looked[KEPT]; /* log posteriors [symbols] after a closer look at them */
} Spotter;

/* Log posteriors [symbols] and hidden activations [dim] of the next row, whose frames come last in
 * `n->frames`: spot.c. */
void network(Network *n, float *posteriors);

/* The score a phone of the paths that end with this row, whose best symbol has the log posterior
 * `best`; -infinity without one: spot.c. */
Path advance(const Spotter *s, Pronunciation *p, const float *row, float best);

/* Lets paths fit worse that have a closer look to come (`more` 1; -1: no longer): closer.c. */
void loosen(Spotter *s, int more);

/* Looks closer at a keyword that ended with row *end, half open, when `told` rows were heard: its
 * new score, -20 if it was not said, and where it was; with an encoder for that: closer.c. */
void look_closer(Spotter *s, const Keyword *w, Path *path, int *end, int told);

/* How surely a keyword was said in `count` rows from row `first` on, whose path has this score:
 * second.c. */
float look_again(const Spotter *s, const Keyword *w, float score, int first, int count);

/* Hears one more normalised frame [bins] and prints what was said, "start end score keyword" in
 * seconds; NULL ends the stream. */
void hear(Spotter *s, const float *frame);

#endif
