#include <string.h>

#include "CKindredKernels.h"
#include "products.h"

CLONES void kindred_gram(const float *factors, int64_t first, int64_t last, int64_t width, float *out) {
  for (int64_t row = first; row < last; row += CHUNK) {
    const float *x = factors + row * width;
    add_products(out, x, x, last - row < CHUNK ? last - row : CHUNK, width);
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
    factorize(a, inverse, width, width);
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
