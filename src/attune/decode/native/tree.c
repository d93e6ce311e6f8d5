/* The pronunciation prefix tree.
 *
 * Built by distributing the pronunciations of each node over its children, phone by phone, with a
 * stack instead of recursion. Depth-first order puts a chain of only children, which is what most
 * of a large tree consists of, into consecutive memory. */
#include <stdlib.h>

#include "internal.h"

typedef struct {
    uint32_t node, first, last, depth; /* pronunciations [first, last) pass through the node */
} Range;

static int compare_ends(const void *left, const void *right)
{
    const WordEnd *a = left, *b = right;
    if (a->word != b->word)
        return a->word < b->word ? -1 : 1;
    if (a->log_prior != b->log_prior)
        return a->log_prior > b->log_prior ? -1 : 1;
    return a->pronunciation < b->pronunciation ? -1 : a->pronunciation > b->pronunciation;
}

static Status check(const AttunePronunciations *input, uint32_t symbols, uint32_t word_limit,
                    uint64_t *detail)
{
    for (uint32_t i = 0; i < input->count; i++) {
        uint32_t begin = input->offsets[i], end = input->offsets[i + 1];
        *detail = i;
        if (begin >= end || end - begin > 65535 || input->words[i] >= word_limit ||
            !(input->log_priors[i] > -INFINITY && input->log_priors[i] < INFINITY))
            return STATUS_BAD_PRONUNCIATION;
        for (uint32_t j = begin; j < end; j++)
            if (input->phones[j] == 0 || input->phones[j] >= symbols)
                return STATUS_BAD_PRONUNCIATION;
    }
    return STATUS_OK;
}

/* The phone of a pronunciation at a depth; 0 once it has ended. */
static uint32_t phone_at(const AttunePronunciations *input, uint32_t i, uint32_t depth)
{
    uint32_t position = input->offsets[i] + depth;
    return position < input->offsets[i + 1] ? input->phones[position] : 0;
}

/* Sorts order[first, last) by the phone at `depth`, keeping the order of equals. */
static void distribute(const AttunePronunciations *input, uint32_t symbols, uint32_t *order,
                       uint32_t *spare, const Range *range)
{
    uint32_t count = range->last - range->first;
    uint32_t *part = order + range->first;
    if (count <= 16) {
        for (uint32_t i = 1; i < count; i++) {
            uint32_t item = part[i], key = phone_at(input, item, range->depth), j = i;
            for (; j > 0 && phone_at(input, part[j - 1], range->depth) > key; j--)
                part[j] = part[j - 1];
            part[j] = item;
        }
        return;
    }
    /* By the low byte, then by the high one where there is any: two passes are as good as one
     * with a counter for each symbol, and cost the same for 40 symbols as for 30,000. */
    uint32_t passes = symbols > 256 ? 2 : 1;
    for (uint32_t pass = 0; pass < passes; pass++) {
        uint32_t starts[257] = {0}, shift = 8 * pass;
        for (uint32_t i = 0; i < count; i++)
            starts[(phone_at(input, part[i], range->depth) >> shift & 255) + 1]++;
        for (uint32_t s = 0; s < 256; s++)
            starts[s + 1] += starts[s];
        for (uint32_t i = 0; i < count; i++)
            spare[starts[phone_at(input, part[i], range->depth) >> shift & 255]++] = part[i];
        memcpy(part, spare, count * sizeof *part);
    }
}

/* Stores the words that end at a node, each once with its best prior. */
static Status store_ends(Tree *tree, Node *node, const AttunePronunciations *input,
                         const uint32_t *order, uint32_t first, uint32_t last, uint64_t *detail)
{
    WordEnd *ends = tree->ends + tree->end_count;
    uint32_t count = 0;
    for (uint32_t i = first; i < last; i++, count++)
        ends[count] = (WordEnd){.word = input->words[order[i]],
                                .pronunciation = order[i],
                                .log_prior = input->log_priors[order[i]]};
    if (count > 1) {
        qsort(ends, count, sizeof *ends, compare_ends);
        uint32_t kept = 1;
        for (uint32_t i = 1; i < count; i++)
            if (ends[i].word != ends[kept - 1].word)
                ends[kept++] = ends[i];
        count = kept;
    }
    *detail = order[first];
    if (count > UINT16_MAX)
        return STATUS_TOO_LARGE;
    node->first_word = tree->end_count;
    node->words = count;
    tree->end_count += count;
    return STATUS_OK;
}

static Status grow(Tree *tree, const AttunePronunciations *input, uint32_t symbols,
                   uint32_t *order, uint32_t *spare, Range **stack, size_t *stack_capacity,
                   uint64_t *detail)
{
    size_t depth = 1;
    (*stack)[0] = (Range){0, 0, input->count, 0};
    while (depth > 0) {
        Range range = (*stack)[--depth];
        distribute(input, symbols, order, spare, &range);
        uint32_t at = range.first;
        while (at < range.last && phone_at(input, order[at], range.depth) == 0)
            at++;
        Node *node = &tree->nodes[range.node];
        if (at > range.first) {
            Status status = store_ends(tree, node, input, order, range.first, at, detail);
            if (status != STATUS_OK)
                return status;
        }
        if (at < range.last)
            node->first_child = tree->node_count;
        size_t base = depth;
        while (at < range.last) {
            uint32_t phone = phone_at(input, order[at], range.depth), begin = at;
            while (at < range.last && phone_at(input, order[at], range.depth) == phone)
                at++;
            if (!RESERVE(*stack, *stack_capacity, depth + 1))
                return STATUS_NO_MEMORY;
            (*stack)[depth++] = (Range){tree->node_count, begin, at, range.depth + 1};
            tree->nodes[tree->node_count++] = (Node){.phone = phone, .last = at == range.last};
        }
        /* The first child is to be taken next, so that it lands right behind its parent. */
        for (size_t i = base, j = depth; i + 1 < j; i++) {
            Range swap = (*stack)[--j];
            (*stack)[j] = (*stack)[i];
            (*stack)[i] = swap;
        }
    }
    return STATUS_OK;
}

Status tree_build(Tree *tree, const AttunePronunciations *input, uint32_t symbols,
                  uint32_t word_limit, uint64_t *detail)
{
    memset(tree, 0, sizeof *tree);
    Status status = check(input, symbols, word_limit, detail);
    if (status != STATUS_OK)
        return status;
    uint64_t most = 1;
    for (uint32_t i = 0; i < input->count; i++)
        most += input->offsets[i + 1] - input->offsets[i];
    /* Places are shifted by one bit and share their range with the overlay's. */
    if (most > (NONE >> 3))
        return STATUS_TOO_LARGE;
    size_t stack_capacity = 0;
    Range *stack = NULL;
    uint32_t *order = malloc(2 * ((size_t)input->count + 1) * sizeof *order);
    tree->nodes = malloc(most * sizeof *tree->nodes);
    tree->ends = malloc(((size_t)input->count + 1) * sizeof *tree->ends);
    if (order == NULL || tree->nodes == NULL || tree->ends == NULL ||
        !RESERVE(stack, stack_capacity, 1))
        status = STATUS_NO_MEMORY;
    if (status == STATUS_OK) {
        for (uint32_t i = 0; i < input->count; i++)
            order[i] = i;
        tree->nodes[0] = (Node){0};
        tree->node_count = 1;
        status = grow(tree, input, symbols, order, order + input->count, &stack, &stack_capacity,
                      detail);
    }
    free(stack);
    free(order);
    if (status != STATUS_OK) {
        tree_free(tree);
        return status;
    }
    /* Shared prefixes leave much of the first guess unused. */
    Node *nodes = realloc(tree->nodes, tree->node_count * sizeof *nodes);
    if (nodes != NULL)
        tree->nodes = nodes;
    return STATUS_OK;
}

void tree_look_ahead(Tree *tree, const float *word_values)
{
    for (uint32_t i = tree->node_count; i-- > 0;) {
        Node *node = &tree->nodes[i];
        float best = -INFINITY;
        for (uint32_t j = 0; j < node->words; j++) {
            float value = word_values[tree->ends[node->first_word + j].word];
            if (value > best)
                best = value;
        }
        for (uint32_t j = node->first_child; j != 0; j = next_sibling(tree, j))
            if (tree->nodes[j].look > best)
                best = tree->nodes[j].look;
        /* Only the root of an empty tree has nothing below it. */
        node->look = best > -INFINITY ? best : 0.0f;
    }
}

void tree_free(Tree *tree)
{
    free(tree->nodes);
    free(tree->ends);
    memset(tree, 0, sizeof *tree);
}
