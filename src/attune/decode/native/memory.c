/* Growable arrays and hash tables: the one place where memory is asked for piece by piece. */
#include <stdlib.h>

#include "internal.h"

int reserve(void **array, size_t *capacity, size_t need, size_t element)
{
    if (need <= *capacity)
        return 1;
    /* Half again as much keeps appending linear; the limit keeps indices within 32 bits. */
    size_t wanted = *capacity + *capacity / 2 + 64;
    if (wanted < need)
        wanted = need;
    if (wanted >= NONE || wanted > SIZE_MAX / element)
        return 0;
    void *grown = realloc(*array, wanted * element);
    if (grown == NULL)
        return 0;
    *array = grown;
    *capacity = wanted;
    return 1;
}

uint32_t *table_find(const Table *table, uint64_t key)
{
    if (table->keys == NULL)
        return NULL;
    for (uint64_t i = mix64(key);; i++) {
        uint64_t found = table->keys[i & table->mask];
        if (found == key)
            return &table->values[i & table->mask];
        if (found == 0)
            return NULL;
    }
}

static int table_grow(Table *table)
{
    Table bigger = {.mask = table->keys == NULL ? 255 : table->mask * 2 + 1};
    size_t size = (size_t)bigger.mask + 1;
    bigger.keys = calloc(size, sizeof *bigger.keys);
    bigger.values = malloc(size * sizeof *bigger.values);
    if (bigger.keys == NULL || bigger.values == NULL) {
        free(bigger.keys);
        free(bigger.values);
        return 0;
    }
    bigger.used = table->used;
    for (size_t i = 0; table->keys != NULL && i <= table->mask; i++) {
        if (table->keys[i] == 0)
            continue;
        uint64_t at = mix64(table->keys[i]);
        while (bigger.keys[at & bigger.mask] != 0)
            at++;
        bigger.keys[at & bigger.mask] = table->keys[i];
        bigger.values[at & bigger.mask] = table->values[i];
    }
    free(table->keys);
    free(table->values);
    *table = bigger;
    return 1;
}

uint32_t *table_add(Table *table, uint64_t key)
{
    if ((table->keys == NULL || table->used >= table->mask / 2) && !table_grow(table))
        return NULL;
    uint64_t at = mix64(key);
    while (table->keys[at & table->mask] != 0)
        at++;
    table->used++;
    table->keys[at & table->mask] = key;
    return &table->values[at & table->mask];
}

void table_free(Table *table)
{
    free(table->keys);
    free(table->values);
    memset(table, 0, sizeof *table);
}
