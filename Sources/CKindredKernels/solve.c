#include <math.h>
#include <string.h>

#include "CKindredKernels.h"
#include "products.h"
#include "rows.h"
#include "solve.h"

static int64_t solve_width(int64_t rank, int has_bias) { return (rank + (has_bias ? 1 : 0) + 15) / 16 * 16; }

int64_t kindred_solve_workspace(int64_t rank, int has_bias, int64_t cells) {
  const int64_t width = solve_width(rank, has_bias);
  return width * width + CHUNK * width + 4 * width + 2 * (cells + AHEAD) + cells + 3;
}

// Copies the factors of some cells into x [n][width], with a last coordinate 1 for a bias.
INLINE void gather(const kindred_rows *rows, int64_t n, const float *const *from, float *x, int64_t width) {
  for (int64_t i = 0; i < n; i++, x += width) {
    for (int64_t c = 0; c < rows->width; c += 16) *(v16 *)(x + c) = *(const v16 *)(from[i] + c);
    for (int64_t c = rows->width; c < width; c += 16) *(v16 *)(x + c) = (v16){0};
    if (rows->row_biases) x[rows->rank] = 1;
  }
}

// The targets of some cells; returns the sum of w t^2.
INLINE double take_targets(const kindred_rows *rows, int64_t first, int64_t last, float *targets) {
  double total = 0;
  for (int64_t cell = first; cell < last; cell++) {
    float target = (rows->values ? rows->values[cell] : 1) - rows->mean;
    if (rows->column_biases) target -= rows->column_biases[rows->columns[cell]];
    targets[cell - first] = target;
    total += (double)(rows->weights ? rows->weights[cell] : 1) * target * target;
  }
  return total;
}

INLINE double kindred_solve_rows_in(const kindred_rows *rows, int64_t first, int64_t last, float *workspace, int registers) {
  const int has_bias = rows->row_biases != 0, plain = !rows->base && !rows->weights && !rows->right;
  const int64_t width = solve_width(rows->rank, has_bias), rank = rows->rank, begin = rows->offsets[first], all = rows->offsets[last];
  float *a = workspace, *x = a + width * width, *b = x + CHUNK * width, *y = b + width;
  float *solution = y + width, *inverse = solution + width;
  const float **from = (const float **)(inverse + width), *copy[CHUNK];
  float *targets = (float *)(from + (all - begin) + AHEAD);
  double total = 0;
  locate(rows, begin, all, from);
  for (int64_t i = 0; i < CHUNK; i++) copy[i] = x + i * width;
  for (int64_t row = first; row < last; row++) {
    const int64_t start = rows->offsets[row], end = rows->offsets[row + 1];
    total += take_targets(rows, start, end, targets);
    if (plain && (end - start) * rows->width <= FAR) {
      const double product = kindred_descend(rows, row, from + (start - begin), targets, end - start, b);
      if (product >= 0) {
        total -= product;
        continue;
      }
    }
    if (rows->base)
      memcpy(a, rows->base, width * width * sizeof(float));
    else
      memset(a, 0, width * width * sizeof(float));
    memset(b, 0, width * sizeof(float));
    for (int64_t cell = start; cell < end; cell += CHUNK) {
      const chunk cells = {copy, from + (cell - begin) + AHEAD, targets + (cell - start), rows->weights ? rows->weights + cell : 0,
                           end - cell < CHUNK ? end - cell : CHUNK, 0};
      gather(rows, cells.count, from + (cell - begin), x, width);
      if (rows->weights)
        add_products(a, b, &cells, width, 1, rows->width, registers);
      else
        add_products(a, b, &cells, width, 0, rows->width, registers);
    }
    for (int64_t k = 0; k < width; k++) {
      float *diagonal = a + k * width + k;
      *diagonal += k < rank ? rows->penalties[row] : (k == rank && has_bias) ? rows->bias_scale * rows->penalties[row] : 1;
      inverse[k] = *diagonal;
    }
    if (rows->right) memcpy(b, rows->right, width * sizeof(float));
    factorize(a, inverse, b, y, width);
    total -= substitute(a, inverse, y, solution, width);
    float *out = rows->solution + row * rows->width;
    for (int64_t k = 0; k < rows->width; k++) out[k] = k < rank ? solution[k] : 0;
    if (has_bias) rows->row_biases[row] = solution[rank];
  }
  return total;
}

BY_REGISTERS(double, kindred_solve_rows, (const kindred_rows *rows, int64_t first, int64_t last, float *workspace), rows, first, last, workspace)
