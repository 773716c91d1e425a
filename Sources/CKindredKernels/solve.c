#include <math.h>
#include <string.h>

#include "CKindredKernels.h"
#include "vectors.h"

// Rows gathered at a time: they and their triangle stay in the caches nearest the core.
enum { CHUNK = 64, TALL = 8 };

// One tile of A += W'X: rows j .. j+7 by `panels` (1 or 2) vectors of columns from c, over n rows of W and X [n][width].
INLINE void add_tile(float *a, const float *w, const float *x, int64_t n, int64_t width, int64_t j, int64_t c, int panels) {
  v16 sum[TALL][2];
  for (int r = 0; r < TALL; r++)
    for (int k = 0; k < panels; k++) sum[r][k] = *(v16 *)(a + (j + r) * width + c + 16 * k);
  for (int64_t i = 0; i < n; i++) {
    const float *row = x + i * width + c, *scale = w + i * width + j;
    for (int k = 0; k < panels; k++) {
      const v16 column = *(const v16 *)(row + 16 * k);
      for (int r = 0; r < TALL; r++) sum[r][k] += scale[r] * column;
    }
  }
  for (int r = 0; r < TALL; r++)
    for (int k = 0; k < panels; k++) *(v16 *)(a + (j + r) * width + c + 16 * k) = sum[r][k];
}

// The upper triangle (whole vectors of it) of A [width][width] += W'X, for n rows of W and X.
INLINE void add_products(float *a, const float *w, const float *x, int64_t n, int64_t width) {
  for (int64_t j = 0; j < width; j += TALL) {
    int64_t c = j / 16 * 16;
    for (; c + 32 <= width; c += 32) add_tile(a, w, x, n, width, j, c, 2);
    if (c < width) add_tile(a, w, x, n, width, j, c, 1);
  }
}

CLONES void kindred_gram(const float *factors, int64_t first, int64_t last, int64_t width, float *out) {
  for (int64_t row = first; row < last; row += CHUNK) {
    const float *x = factors + row * width;
    add_products(out, x, x, last - row < CHUNK ? last - row : CHUNK, width);
  }
}

// A = U'U in place, upper, four pivots at a time; inverse[k] = 1 / U[k][k], or 0 where the matrix has no more to give.
INLINE void factorize(float *a, float *inverse, int64_t width) {
  float floor[4];
  for (int64_t k = 0; k < width; k += 4) {
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
  }
}

// x = A^-1 b by U'y = b, U x = y; b is used up, x starts as zeros.
INLINE void substitute(const float *a, const float *inverse, float *b, float *x, int64_t width) {
  float *y = b;
  for (int64_t k = 0; k < width; k++) {
    const float *row = a + k * width;
    const float value = b[k] * inverse[k];
    for (int64_t c = k / 16 * 16; c < width; c += 16) *(v16 *)(b + c) -= value * *(const v16 *)(row + c);
    x[k] = value;
  }
  memcpy(y, x, width * sizeof(float));
  memset(x, 0, width * sizeof(float));
  for (int64_t k = width - 1; k >= 0; k--) {
    const float *row = a + k * width;
    v16 sum = {0};
    for (int64_t c = k / 16 * 16; c < width; c += 16) sum += *(const v16 *)(row + c) * *(const v16 *)(x + c);
    x[k] = (y[k] - sum16(&sum)) * inverse[k];
  }
}

static int64_t solve_width(int64_t rank, int has_bias) { return (rank + (has_bias ? 1 : 0) + 15) / 16 * 16; }

int64_t kindred_solve_workspace(int64_t rank, int has_bias) {
  const int64_t width = solve_width(rank, has_bias);
  return width * width + 2 * CHUNK * width + 3 * width;
}

// Copies the factors of cells first ..< last into x [n][width] and w times them into w, and adds w t x to b.
INLINE void gather(const kindred_rows *rows, int64_t first, int64_t last, float *x, float *w, float *b, int64_t width) {
  const int has_bias = rows->row_biases != 0;
  for (int64_t cell = first; cell < last; cell++, x += width, w += width) {
    const int64_t column = rows->columns[cell];
    const float *from = rows->factors + column * rows->width;
    for (int64_t c = 0; c < rows->width; c += 16) *(v16 *)(x + c) = *(const v16 *)(from + c);
    for (int64_t c = rows->width; c < width; c += 16) *(v16 *)(x + c) = (v16){0};
    if (has_bias) x[rows->rank] = 1;
    float target = rows->values ? rows->values[cell] : 1;
    target -= rows->mean;
    if (rows->column_biases) target -= rows->column_biases[column];
    const float weight = rows->weights ? rows->weights[cell] : 1;
    for (int64_t c = 0; c < width; c += 16) {
      const v16 weighted = weight * *(const v16 *)(x + c);
      *(v16 *)(w + c) = weighted;
      *(v16 *)(b + c) += target * weighted;
    }
  }
}

CLONES void kindred_solve_rows(const kindred_rows *rows, int64_t first, int64_t last, float *workspace) {
  const int has_bias = rows->row_biases != 0;
  const int64_t width = solve_width(rows->rank, has_bias), rank = rows->rank;
  float *a = workspace, *x = a + width * width, *w = x + CHUNK * width, *b = w + CHUNK * width;
  float *solution = b + width, *inverse = solution + width;
  for (int64_t row = first; row < last; row++) {
    if (rows->base)
      memcpy(a, rows->base, width * width * sizeof(float));
    else
      memset(a, 0, width * width * sizeof(float));
    memset(b, 0, width * sizeof(float));
    const int64_t end = rows->offsets[row + 1];
    for (int64_t cell = rows->offsets[row]; cell < end; cell += CHUNK) {
      const int64_t stop = end - cell < CHUNK ? end : cell + CHUNK;
      gather(rows, cell, stop, x, w, b, width);
      add_products(a, rows->weights ? w : x, x, stop - cell, width);
    }
    for (int64_t k = 0; k < width; k++) {
      float *diagonal = a + k * width + k;
      *diagonal += k < rank ? rows->penalties[row] : (k == rank && has_bias) ? rows->bias_scale * rows->penalties[row] : 1;
      inverse[k] = *diagonal;
    }
    if (rows->right) memcpy(b, rows->right, width * sizeof(float));
    factorize(a, inverse, width);
    substitute(a, inverse, b, solution, width);
    float *out = rows->solution + row * rows->width;
    for (int64_t k = 0; k < rows->width; k++) out[k] = k < rank ? solution[k] : 0;
    if (has_bias) rows->row_biases[row] = solution[rank];
  }
}

CLONES double kindred_squared_error(const kindred_rows *rows, int64_t first, int64_t last) {
  double total = 0;
  for (int64_t row = first; row < last; row++) {
    const v16 *p = (const v16 *)(rows->solution + row * rows->width);
    const float bias = rows->mean + (rows->row_biases ? rows->row_biases[row] : 0);
    for (int64_t cell = rows->offsets[row]; cell < rows->offsets[row + 1]; cell++) {
      const int64_t column = rows->columns[cell];
      const v16 *q = (const v16 *)(rows->factors + column * rows->width);
      v16 sum = {0};
      for (int64_t k = 0; k < rows->width / 16; k++) sum += p[k] * q[k];
      float e = (rows->values ? rows->values[cell] : 1) - bias - sum16(&sum);
      if (rows->column_biases) e -= rows->column_biases[column];
      total += (double)e * e * (rows->weights ? rows->weights[cell] : 1);
    }
  }
  return total;
}
