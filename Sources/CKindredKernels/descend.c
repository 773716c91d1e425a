#include <string.h>

#include "rows.h"

// Steps of conjugate gradients before a row's matrix is made after all, and the share of the squared gradient, as preconditioned, at which
// they have arrived. TINY is a penalty for a row without one.
enum { STEPS = 20 };
static const float ARRIVED = 1e-12f, TINY = 1e-30f;

// Writes the x that solves the problem of a row of n cells, and its bias, by conjugate gradients from 0, which pass over the cells at each
// step and make no matrix. They are preconditioned by the diagonal of the matrix, which is nearly all of it where the factors are on their
// principal axes. Returns x'X't, or -1 if so many steps did not get there.
INLINE double descend(const kindred_rows *rows, int64_t row, const float *const *from, const float *targets, int64_t n, v16 *working,
                      int64_t panels) {
  const float penalty = rows->penalties[row], bias_penalty = rows->row_biases ? rows->bias_scale * penalty : 0;
  v16 *x = (v16 *)(rows->solution + row * rows->width), *r = working, *d = r + panels, *g = d + panels, *inverse = g + panels;
  const float bias_inverse = rows->row_biases ? 1 / (n + bias_penalty + TINY) : 0;
  float bias = 0, rb = 0, db = 0, squares = 0, enough = 0;
  double product = 0;
  // What every cell is added to stays in registers where there are enough of them.
  v16 few[8];
  v16 *const total = panels <= 8 ? few : g;
  for (int64_t k = 0; k < panels; k++) x[k] = r[k] = d[k] = inverse[k] = (v16){0};
  // Pass 0 makes X't, where the descent starts, and the diagonal; the others make (X'X + penalty) d.
  for (int pass = 0; pass <= STEPS; pass++) {
    float gb = bias_penalty * db;
    for (int64_t k = 0; k < panels; k++) total[k] = penalty * d[k];
    for (int64_t i = 0; i < n; i += 4) {
      const float *const *cell = from + i;
      v4 t = {0}, shares = {0};
      if (pass == 0) {
        memcpy(&t, targets + i, sizeof(t));
        for (int64_t k = 0; k < panels; k++) {
          for (int q = NEAR; q < NEAR + 4; q++) __builtin_prefetch(cell[q] + 16 * k);
          v16 diagonal = inverse[k];
          for (int q = 0; q < 4; q++) {
            const v16 factors = *(const v16 *)(cell[q] + 16 * k);
            diagonal += (i + q < n ? 1.0f : 0.0f) * factors * factors;
          }
          inverse[k] = diagonal;
        }
      } else {
        v16 sum[4] = {0};
        for (int64_t k = 0; k < panels; k++)
          for (int q = 0; q < 4; q++) {
            sum[q] += d[k] * *(const v16 *)(cell[q] + 16 * k);
            __builtin_prefetch(cell[q + 8] + 16 * k);
          }
        t = sums16(sum) + db;
      }
      for (int q = 0; q < 4 && i + q < n; q++) shares[q] = t[q];
      for (int64_t k = 0; k < panels; k++) {
        v16 sum = total[k];
        for (int q = 0; q < 4; q++) sum += shares[q] * *(const v16 *)(cell[q] + 16 * k);
        total[k] = sum;
      }
      if (rows->row_biases) gb += (shares[0] + shares[2]) + (shares[1] + shares[3]);
    }
    if (pass == 0)
      for (int64_t k = 0; k < panels; k++) inverse[k] = 1 / (inverse[k] + (penalty + TINY));
    v16 curvature = {0}, sum = {0};
    for (int64_t k = 0; k < panels; k++) curvature += d[k] * total[k];
    const float length = pass == 0 ? -1 : squares / (sum16(&curvature) + db * gb);
    product += pass == 0 ? 0 : (double)length * squares;
    bias += length * db;
    rb -= length * gb;
    for (int64_t k = 0; k < panels; k++) {
      x[k] += length * d[k];
      r[k] -= length * total[k];
      sum += r[k] * inverse[k] * r[k];
    }
    const float left = sum16(&sum) + rb * bias_inverse * rb, share = pass == 0 ? 0 : left / squares;
    if (pass == 0) enough = ARRIVED * left;
    if (left <= enough) {
      if (rows->row_biases) rows->row_biases[row] = bias;
      return product;
    }
    squares = left;
    db = bias_inverse * rb + share * db;
    for (int64_t k = 0; k < panels; k++) d[k] = inverse[k] * r[k] + share * d[k];
  }
  return -1;
}

CLONES double kindred_descend(const kindred_rows *rows, int64_t row, const float *const *from, const float *targets, int64_t n,
                              float *workspace) {
  v16 *const working = (v16 *)workspace;
  switch (rows->width / 16) {
    case 1: return descend(rows, row, from, targets, n, working, 1);
    case 2: return descend(rows, row, from, targets, n, working, 2);
    case 4: return descend(rows, row, from, targets, n, working, 4);
    case 8: return descend(rows, row, from, targets, n, working, 8);
    default: return descend(rows, row, from, targets, n, working, rows->width / 16);
  }
}
