#ifndef ATTUNE_DECODE_H
#define ATTUNE_DECODE_H
#include <stdint.h>

#if defined(_WIN32)
#define ATTUNE_API __declspec(dllexport)
#else
#define ATTUNE_API __attribute__((visibility("default")))
#endif

#define ATTUNE_DECODE_ABI 1u

ATTUNE_API uint32_t attune_decode_abi(void);
#endif
