#ifndef KINDRED_CHOLESKY_H
#define KINDRED_CHOLESKY_H

#include <math.h>

#include "vectors.h"

// A = U'U in place, upper, four pivots at a time, the first `count` of them (a multiple of 4); inverse[k] = 1 / U[k][k], or 0 where the matrix has no more to give.
INLINE void factorize(float *a, float *inverse, int64_t width, int64_t count) {
  float floor[4];
  for (int64_t k = 0; k < count; k += 4) {
    const int64_t start = k / 16 * 16;
    for (int p = 0; p < 4; p++) {
      float *row = a + (k + p) * width;
      floor[p] = 1e-7f * inverse[k + p];  // inverse holds the original diagonal until its pivot is taken
      for (int o = 0; o < p; o++) {
        const float *above = a + (k + o) * width;
        const float scale = above[k + p];
        for (int64_t c = start; c < width; c += 16) *(v16 *)(row + c) -= scale * *(const v16 *)(above + c);
      }
      const float pivot = row[k + p];
      const float over = pivot > floor[p] ? 1 / sqrtf(pivot) : 0;
      inverse[k + p] = over;
      for (int64_t c = start; c < width; c += 16) *(v16 *)(row + c) *= over;
    }
    const float *u0 = a + k * width, *u1 = u0 + width, *u2 = u1 + width, *u3 = u2 + width;
    for (int64_t j = k + 4; j < count; j += 4)
      for (int64_t c = j / 16 * 16; c < width; c += 16) {
        const v16 x0 = *(const v16 *)(u0 + c), x1 = *(const v16 *)(u1 + c);
        const v16 x2 = *(const v16 *)(u2 + c), x3 = *(const v16 *)(u3 + c);
        for (int r = 0; r < 4; r++) {
          v16 *at = (v16 *)(a + (j + r) * width + c);
          v16 value = *at;
          value -= u0[j + r] * x0;
          value -= u1[j + r] * x1;
          value -= u2[j + r] * x2;
          value -= u3[j + r] * x3;
          *at = value;
        }
      }
  }
}

#endif
