// The arithmetic of a block of rows. No stable interface: the library's `Kernels` is the only caller.
#ifndef KINDRED_KERNELS_H
#define KINDRED_KERNELS_H

#include <stdint.h>

// XXH64 of `count` bytes; the same on every processor.
uint64_t kindred_xxh64(const void *bytes, int64_t count, uint64_t seed);

#endif
