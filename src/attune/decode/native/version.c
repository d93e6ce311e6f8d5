/* The version of the interface between this library and attune.decode.library, raised with every
 * change of a structure or signature in attune_decode.h: an editable install can hold a library
 * older than the Python code beside it, and must say so rather than misread memory. */
#include "attune_decode.h"

uint32_t attune_decode_abi(void) { return ATTUNE_DECODE_ABI; }
