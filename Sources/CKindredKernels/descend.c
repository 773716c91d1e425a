#include <string.h>

#include "rows.h"

// Steps before a row is left to a factorization.
enum { STEPS = 20 };

// The share of the first squared gradient, as preconditioned, at which the descent ends; and a penalty for a row
// without one, so that nothing is divided by 0.
static const float ARRIVED = 1e-12f, TINY = 1e-30f;

// The cells of a row, and their factors' width in vectors of sixteen.
typedef struct {
  const float *const *factors;  // [count + AHEAD][16 vectors]
  int64_t count, vectors;
} row_cells;

// sum [vectors] += the factors of four cells from `first` on, each times its share; shares beyond the last cell are 0.
INLINE void add_four(const row_cells *cells, int64_t first, const v4 *shares, v16 *sum) {
  for (int64_t k = 0; k < cells->vectors; k++) {
    v16 total = sum[k];
    for (int c = 0; c < 4; c++) total += (*shares)[c] * *(const v16 *)(cells->factors[first + c] + 16 * k);
    sum[k] = total;
  }
}

// The first four of `left` lanes, and 0 in the others.
INLINE v4 lanes_of(const v4 *x, int64_t left) {
  v4 out = {0};
  for (int c = 0; c < 4 && c < left; c++) out[c] = (*x)[c];
  return out;
}

INLINE float sum4(const v4 *x) { return ((*x)[0] + (*x)[2]) + ((*x)[1] + (*x)[3]); }

// The gradient at 0 less its sign, X't, and the diagonal of X'X, each [vectors]. Returns the sum of the targets.
INLINE float add_targets(const row_cells *cells, const float *targets, v16 *gradient, v16 *diagonal) {
  float sum = 0;
  for (int64_t i = 0; i < cells->count; i += 4) {
    v4 target;
    memcpy(&target, targets + i, sizeof(target));
    for (int64_t k = 0; k < cells->vectors; k++) {
      v16 squares = diagonal[k];
      for (int c = 0; c < 4; c++) {
        __builtin_prefetch(cells->factors[i + NEAR + c] + 16 * k);
        const v16 factors = *(const v16 *)(cells->factors[i + c] + 16 * k);
        squares += (i + c < cells->count ? 1.0f : 0.0f) * factors * factors;
      }
      diagonal[k] = squares;
    }
    const v4 shares = lanes_of(&target, cells->count - i);
    add_four(cells, i, &shares, gradient);
    sum += sum4(&shares);
  }
  return sum;
}

// product [vectors] += X'X direction. `bias` is the direction's last coordinate, against a column of ones, and
// `bias_product` what that column has already; returns it with its sum.
INLINE float add_curvature(const row_cells *cells, const v16 *direction, float bias, v16 *product, float bias_product) {
  for (int64_t i = 0; i < cells->count; i += 4) {
    v16 sum[4] = {0};
    for (int64_t k = 0; k < cells->vectors; k++)
      for (int c = 0; c < 4; c++) {
        sum[c] += direction[k] * *(const v16 *)(cells->factors[i + c] + 16 * k);
        __builtin_prefetch(cells->factors[i + c + 8] + 16 * k);
      }
    const v4 fits = sums16(sum) + bias, shares = lanes_of(&fits, cells->count - i);
    add_four(cells, i, &shares, product);
    bias_product += sum4(&shares);
  }
  return bias_product;
}

// `kindred_descend` for a number of vectors that may be a constant.
INLINE double descend_by(const kindred_rows *rows, int64_t row, const float *const *factors, const float *targets,
                         int64_t count, v16 *workspace, int64_t vectors) {
  const row_cells cells = {factors, count, vectors};
  const int has_bias = rows->row_biases != 0;
  const float penalty = rows->penalties[row], bias_penalty = has_bias ? rows->bias_scale * penalty : 0;
  v16 *solution = (v16 *)(rows->solution + row * rows->width);
  v16 *gradient = workspace, *direction = gradient + vectors;  // the gradient with its sign changed
  // The preconditioner is the diagonal's inverse. It is nearly that of the whole matrix where the factors are on their
  // principal axes.
  v16 *inverse = direction + vectors;
  const float bias_inverse = has_bias ? 1 / (count + bias_penalty + TINY) : 0;
  // What every cell is added to: registers hold an array of a small constant size.
  v16 few[8], *const product = vectors <= 8 ? few : inverse + vectors;

  for (int64_t k = 0; k < vectors; k++) solution[k] = gradient[k] = inverse[k] = (v16){0};
  const float target_sum = add_targets(&cells, targets, gradient, inverse);
  float bias = 0, bias_gradient = has_bias ? target_sum : 0, bias_direction = bias_inverse * bias_gradient;
  v16 sum = {0};
  for (int64_t k = 0; k < vectors; k++) {
    inverse[k] = 1 / (inverse[k] + (penalty + TINY));
    direction[k] = inverse[k] * gradient[k];
    sum += gradient[k] * inverse[k] * gradient[k];
  }
  float squares = sum16(&sum) + bias_gradient * bias_inverse * bias_gradient;
  const float enough = ARRIVED * squares;
  double explained = 0;
  for (int step = 0; !(squares <= enough); step++) {
    if (step == STEPS) return -1;
    for (int64_t k = 0; k < vectors; k++) product[k] = penalty * direction[k];
    float bias_product = bias_penalty * bias_direction;
    const float with_cells = add_curvature(&cells, direction, bias_direction, product, bias_product);
    if (has_bias) bias_product = with_cells;
    v16 curvature = {0}, left = {0};
    for (int64_t k = 0; k < vectors; k++) curvature += direction[k] * product[k];
    const float length = squares / (sum16(&curvature) + bias_direction * bias_product);
    explained += (double)length * squares;
    bias += length * bias_direction;
    bias_gradient -= length * bias_product;
    for (int64_t k = 0; k < vectors; k++) {
      solution[k] += length * direction[k];
      gradient[k] -= length * product[k];
      left += gradient[k] * inverse[k] * gradient[k];
    }
    const float before = squares;
    squares = sum16(&left) + bias_gradient * bias_inverse * bias_gradient;
    const float share = squares / before;
    bias_direction = bias_inverse * bias_gradient + share * bias_direction;
    for (int64_t k = 0; k < vectors; k++) direction[k] = inverse[k] * gradient[k] + share * direction[k];
  }
  if (has_bias) rows->row_biases[row] = bias;
  return explained;
}

// The widths that are usual are built apart.
INLINE double descend(const kindred_rows *rows, int64_t row, const float *const *cells, const float *targets,
                      int64_t count, float *workspace, int registers) {
  v16 *const vectors = (v16 *)workspace;
  switch (rows->width / 16) {
    case 1: return descend_by(rows, row, cells, targets, count, vectors, 1);
    case 2: return descend_by(rows, row, cells, targets, count, vectors, 2);
    case 4: return descend_by(rows, row, cells, targets, count, vectors, 4);
    case 8: return descend_by(rows, row, cells, targets, count, vectors, 8);
    default: return descend_by(rows, row, cells, targets, count, vectors, rows->width / 16);
  }
}

KERNEL(double, descend,
       (const kindred_rows *rows, int64_t row, const float *const *cells, const float *targets, int64_t count,
        float *workspace),
       rows, row, cells, targets, count, workspace)
