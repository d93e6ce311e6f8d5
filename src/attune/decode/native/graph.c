/* The immutable part of a decoder, shared by any number of decoders in any threads. */
#include <stdlib.h>

#include "internal.h"

uint32_t attune_decode_abi(void)
{
    return ATTUNE_DECODE_ABI;
}

static Status attach_model(AttuneGraph *graph, const AttuneGraphInput *input, uint64_t *detail)
{
    float *values = malloc(((size_t)graph->words + 1) * sizeof *values);
    graph->model_words = malloc(((size_t)graph->words + 1) * sizeof *graph->model_words);
    Status status = STATUS_OK;
    if (values == NULL || graph->model_words == NULL)
        status = STATUS_NO_MEMORY;
    else if (input->model != NULL) {
        status = ngram_open(&graph->model, input->model, input->model_length, detail);
        if (status == STATUS_OK)
            status = ngram_map_words(&graph->model, input->word_text, input->word_text_length,
                                     graph->model_words, graph->words, &graph->words_in_model);
        if (status == STATUS_OK)
            for (uint32_t i = 0; i < graph->words; i++)
                values[i] = ngram_unigram(&graph->model, graph->model_words[i]);
        graph->has_model = 1;
    } else {
        for (uint32_t i = 0; i < graph->words; i++) {
            values[i] = 0.0f;
            graph->model_words[i] = UNKNOWN_WORD;
        }
        /* Every context has key 0; order 1 makes the loops over orders empty. */
        graph->model.order = 1;
    }
    if (status == STATUS_OK) {
        tree_look_ahead(&graph->tree, values);
        for (uint32_t i = 0; i < graph->tree.end_count; i++)
            graph->tree.ends[i].model_word = graph->model_words[graph->tree.ends[i].word];
    }
    free(values);
    return status;
}

int attune_graph_create(const AttuneGraphInput *input, AttuneGraph **graph, uint64_t *detail)
{
    *graph = NULL;
    *detail = 0;
    if (input->symbols < 2 || input->symbols > MAX_SYMBOLS)
        return STATUS_BAD_OPTION;
    AttuneGraph *made = calloc(1, sizeof *made);
    if (made == NULL)
        return STATUS_NO_MEMORY;
    made->symbols = input->symbols;
    made->words = input->word_count;
    Status status =
        tree_build(&made->tree, &input->pronunciations, input->symbols, input->word_count, detail);
    if (status == STATUS_OK)
        status = attach_model(made, input, detail);
    if (status != STATUS_OK) {
        attune_graph_free(made);
        return status;
    }
    *graph = made;
    return STATUS_OK;
}

void attune_graph_stats(const AttuneGraph *graph, AttuneGraphStats *stats)
{
    memset(stats, 0, sizeof *stats);
    stats->nodes = graph->tree.node_count;
    stats->word_ends = graph->tree.end_count;
    stats->words = graph->words;
    stats->words_in_model = graph->words_in_model;
    stats->symbols = graph->symbols;
    for (uint32_t i = 0; i < graph->tree.node_count; i++)
        stats->leaves += graph->tree.nodes[i].first_child == 0;
    if (graph->has_model) {
        stats->order = graph->model.order;
        for (uint32_t k = 1; k <= graph->model.order; k++)
            stats->ngrams += graph->model.count[k];
    }
    stats->bytes = sizeof *graph + graph->tree.node_count * sizeof(Node) +
                   graph->tree.end_count * sizeof(WordEnd) + graph->words * sizeof(uint32_t);
}

void attune_graph_free(AttuneGraph *graph)
{
    if (graph == NULL)
        return;
    tree_free(&graph->tree);
    free(graph->model_words);
    free(graph);
}
