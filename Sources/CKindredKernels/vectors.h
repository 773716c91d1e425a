// Vectors of sixteen floats, whatever the registers' size.
//
// Lanes and reduction trees are written out, and a product is fused with the sum in the same expression where the
// processor can (contract on), so the levels with a fused multiply-add give identical bytes. Factor rows are whole
// vectors: their width is a multiple of 16.
#ifndef KINDRED_VECTORS_H
#define KINDRED_VECTORS_H

#include <stdint.h>

#include "levels.h"

#pragma STDC FP_CONTRACT ON

typedef float v16 __attribute__((vector_size(64), aligned(4), may_alias));
typedef float v8 __attribute__((vector_size(32), aligned(4), may_alias));
typedef float v4 __attribute__((vector_size(16)));
typedef int32_t i16 __attribute__((vector_size(64)));

// Inline functions take vectors in memory, so that no calling convention depends on the level.

// The sum of sixteen lanes.
INLINE float sum16(const v16 *x) {
  v8 a = __builtin_shufflevector(*x, *x, 0, 1, 2, 3, 4, 5, 6, 7) +
         __builtin_shufflevector(*x, *x, 8, 9, 10, 11, 12, 13, 14, 15);
  v4 b = __builtin_shufflevector(a, a, 0, 1, 2, 3) + __builtin_shufflevector(a, a, 4, 5, 6, 7);
  return (b[0] + b[2]) + (b[1] + b[3]);
}

// `sum16` of each of four vectors x [4], in fewer steps and with the same bytes.
INLINE v4 sums16(const v16 *x) {
  v4 half[4];
  for (int k = 0; k < 4; k++) {
    const v8 eight = __builtin_shufflevector(x[k], x[k], 0, 1, 2, 3, 4, 5, 6, 7) +
                     __builtin_shufflevector(x[k], x[k], 8, 9, 10, 11, 12, 13, 14, 15);
    half[k] = __builtin_shufflevector(eight, eight, 0, 1, 2, 3) + __builtin_shufflevector(eight, eight, 4, 5, 6, 7);
  }
  const v4 a = __builtin_shufflevector(half[0], half[1], 0, 1, 4, 5) +
               __builtin_shufflevector(half[0], half[1], 2, 3, 6, 7);
  const v4 b = __builtin_shufflevector(half[2], half[3], 0, 1, 4, 5) +
               __builtin_shufflevector(half[2], half[3], 2, 3, 6, 7);
  return __builtin_shufflevector(a, b, 0, 2, 4, 6) + __builtin_shufflevector(a, b, 1, 3, 5, 7);
}

// <a, b> for a, b [width].
INLINE float dot(const float *a, const float *b, int64_t width) {
  v16 sum = {0};
  for (int64_t c = 0; c < width; c += 16) sum += *(const v16 *)(a + c) * *(const v16 *)(b + c);
  return sum16(&sum);
}

#endif
