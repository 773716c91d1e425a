#include <math.h>
#include <string.h>

#include "vectors.h"

// A = U'U in place, upper, and U'y = b, four pivots at a time; b is used up. inverse[k] = 1 / U[k][k], or 0 where the matrix has no more
// to give.
INLINE void factorize(float *a, float *inverse, float *b, float *y, int64_t width) {
  for (int64_t k = 0; k < width; k += 4) {
    const int64_t start = k / 16 * 16;
    for (int p = 0; p < 4; p++) {
      float *row = a + (k + p) * width;
      const float floor = 1e-7f * inverse[k + p];  // inverse holds the original diagonal until its pivot is taken
      y[k + p] = b[k + p];
      for (int o = 0; o < p; o++) {
        const float *above = a + (k + o) * width;
        const float scale = above[k + p];
        for (int64_t c = start; c < width; c += 16) *(v16 *)(row + c) -= scale * *(const v16 *)(above + c);
        y[k + p] -= scale * y[k + o];
      }
      const float pivot = row[k + p];
      const float over = pivot > floor ? 1 / sqrtf(pivot) : 0;
      inverse[k + p] = over;
      for (int64_t c = start; c < width; c += 16) *(v16 *)(row + c) *= over;
      y[k + p] *= over;
    }
    const float *u0 = a + k * width, *u1 = u0 + width, *u2 = u1 + width, *u3 = u2 + width;
    for (int64_t j = k + 4; j < width; j += 4)
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
    for (int64_t c = (k + 4) / 16 * 16; c < width; c += 16)
      for (int p = 0; p < 4; p++) *(v16 *)(b + c) -= y[k + p] * *(const v16 *)(u0 + p * width + c);
  }
}

// out [4] += the lanes of four vectors, each added up.
INLINE void add_sums16(const v16 *x, float *out) {
  v4 sums;
  memcpy(&sums, out, sizeof(sums));
  sums += sums16(x);
  memcpy(out, &sums, sizeof(sums));
}

// x = U^-1 y, four rows at a time. Returns y'y, which is b'x.
INLINE float substitute(const float *a, const float *inverse, const float *y, float *x, int64_t width) {
  v16 square = {0};
  for (int64_t c = 0; c < width; c += 16) {
    square += *(const v16 *)(y + c) * *(const v16 *)(y + c);
    *(v16 *)(x + c) = (v16){0};
  }
  for (int64_t k = width - 4; k >= 0; k -= 4) {
    v16 sum[4] = {0};
    float known[4] = {0};
    for (int64_t c = k / 16 * 16; c < width; c += 16)
      for (int p = 0; p < 4; p++) sum[p] += *(const v16 *)(a + (k + p) * width + c) * *(const v16 *)(x + c);
    add_sums16(sum, known);
    for (int p = 3; p >= 0; p--) {
      float value = y[k + p] - known[p];
      for (int o = p + 1; o < 4; o++) value -= a[(k + p) * width + k + o] * x[k + o];
      x[k + p] = value * inverse[k + p];
    }
  }
  return sum16(&square);
}
