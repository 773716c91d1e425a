// Triangular roots of symmetric matrices, and solutions by them.
#ifndef KINDRED_CHOLESKY_H
#define KINDRED_CHOLESKY_H

#include <math.h>

#include "vectors.h"

// Takes the products of pivot rows k ..< k + 4 off the rows below them: the tail of a factorization's step.
INLINE void subtract_pivots(float *a, int64_t k, int64_t width, int64_t count) {
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

// A [width][width] = U'U in place, the upper triangle of its first `count` rows and columns, four pivots at a time;
// `count` is a multiple of 4. inverse [width] holds the diagonal of A, and gets 1 / U[k][k], or 0 where too little is
// left of it. Where b [width] is given, y [width] gets the solution of U'y = b on the way, and b is overwritten.
INLINE void factorize(float *a, float *inverse, float *b, float *y, int64_t width, int64_t count) {
  for (int64_t k = 0; k < count; k += 4) {
    const int64_t start = k / 16 * 16;
    for (int64_t pivot = k; pivot < k + 4; pivot++) {
      float *row = a + pivot * width;
      const float least = 1e-7f * inverse[pivot];
      if (b) y[pivot] = b[pivot];
      for (int64_t earlier = k; earlier < pivot; earlier++) {
        const float *above = a + earlier * width;
        const float scale = above[pivot];
        for (int64_t c = start; c < width; c += 16) *(v16 *)(row + c) -= scale * *(const v16 *)(above + c);
        if (b) y[pivot] -= scale * y[earlier];
      }
      const float square = row[pivot], over = square > least ? 1 / sqrtf(square) : 0;
      inverse[pivot] = over;
      for (int64_t c = start; c < width; c += 16) *(v16 *)(row + c) *= over;
      if (b) y[pivot] *= over;
    }
    subtract_pivots(a, k, width, count);
    for (int64_t c = (k + 4) / 16 * 16; b && c < width; c += 16)
      for (int64_t pivot = k; pivot < k + 4; pivot++)
        *(v16 *)(b + c) -= y[pivot] * *(const v16 *)(a + pivot * width + c);
  }
}

// x [width] = U^-1 y for a whole root U in a [width][width], four rows at a time. Returns y'y, which is b'x.
INLINE float substitute(const float *a, const float *inverse, const float *y, float *x, int64_t width) {
  for (int64_t c = 0; c < width; c += 16) *(v16 *)(x + c) = (v16){0};
  for (int64_t k = width - 4; k >= 0; k -= 4) {
    v16 sum[4] = {0};
    for (int64_t c = k / 16 * 16; c < width; c += 16)
      for (int r = 0; r < 4; r++) sum[r] += *(const v16 *)(a + (k + r) * width + c) * *(const v16 *)(x + c);
    const v4 known = sums16(sum);
    for (int r = 3; r >= 0; r--) {
      float value = y[k + r] - known[r];
      for (int later = r + 1; later < 4; later++) value -= a[(k + r) * width + k + later] * x[k + later];
      x[k + r] = value * inverse[k + r];
    }
  }
  return dot(y, y, width);
}

#endif
