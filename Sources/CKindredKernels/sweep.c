#include <math.h>
#include <string.h>

#include "CKindredKernels.h"
#include "products.h"
#include "rows.h"
#include "solve.h"

// b [width] += X't for n rows of X [n][stride], in four interleaved sums; n is a multiple of 4.
INLINE void add_scaled(float *b, const float *t, const float *x, int64_t n, int64_t width, int64_t stride) {
  for (int64_t c = 0; c < width; c += 16) {
    v16 sum[4] = {*(v16 *)(b + c)};
    for (int64_t i = 0; i < n; i += 4)
      for (int k = 0; k < 4; k++) sum[k] += t[i + k] * *(const v16 *)(x + (i + k) * stride + c);
    *(v16 *)(b + c) = (sum[0] + sum[1]) + (sum[2] + sum[3]);
  }
}

// errors[i] += <step, x_i> over `width` coordinates for the rows of a chunk, four at a time: writes up to three errors more.
INLINE void add_step(const chunk *x, const float *step, int64_t width, float *errors, int asks) {
  for (int64_t i = 0; i < x->count; i += 4) {
    const float *const *row = x->row + i;
    v16 sum[4] = {0};
    if (asks)
      for (int k = NEAR; k < NEAR + 4; k++)
        for (int64_t c = 0; c < width; c += 16) __builtin_prefetch(row[k] + x->at + c);
    const float *r0 = row[0] + x->at, *r1 = row[1] + x->at, *r2 = row[2] + x->at, *r3 = row[3] + x->at;
    for (int64_t c = 0; c < width; c += 16) {
      const v16 s = *(const v16 *)(step + c);
      sum[0] += s * *(const v16 *)(r0 + c);
      sum[1] += s * *(const v16 *)(r1 + c);
      sum[2] += s * *(const v16 *)(r2 + c);
      sum[3] += s * *(const v16 *)(r3 + c);
    }
    add_sums16(sum, errors + i);
  }
}

// The same, written out for the widths that are usual.
INLINE void add_step_by_width(const chunk *x, const float *step, int64_t width, float *errors, int asks) {
  switch (width) {
    case 16: return add_step(x, step, 16, errors, asks);
    case 64: return add_step(x, step, 64, errors, asks);
    default: return add_step(x, step, width, errors, asks);
  }
}

// Sum of w e^2; weights null: 1.
INLINE double weighted_squares(const float *e, const float *weights, int64_t n) {
  float sum[4] = {0};
  for (int64_t i = 0; i < n; i++) sum[i % 4] += (weights ? weights[i] : 1) * e[i] * e[i];
  return (double)(sum[0] + sum[1]) + (sum[2] + sum[3]);
}

int64_t kindred_sweep_workspace(int64_t block, int64_t cells) {
  return block * block + 4 * block + (cells + 6) + 2 * (cells + AHEAD);
}

INLINE double kindred_sweep_rows_in(const kindred_rows *rows, int64_t first, int64_t last, int64_t block, float *workspace, int registers) {
  const int64_t begin = rows->offsets[first], all = rows->offsets[last], whole = rows->width;
  float *a = workspace, *b = a + block * block, *y = b + block, *step = y + block, *inverse = step + block;
  float *errors = inverse + block;
  const float **from = (const float **)(errors + (all - begin + 5) / 2 * 2);
  double total = 0;
  locate(rows, begin, all, from);
  for (int64_t row = first; row < last; row++) {
    const int64_t start = rows->offsets[row], end = rows->offsets[row + 1], count = end - start;
    // What is asked for while a row is worked on: the next row, or, in a long one, the same coordinates of the row's next cells.
    const int64_t ahead = count * whole <= FAR && end + count <= all + AHEAD ? count : AHEAD;
    const float penalty = rows->penalties[row];
    float *p = rows->solution + row * whole;
    for (int64_t i = 0; i < count + 3; i++) errors[i] = -1;
    for (int64_t at = 0; at < whole; at += block) {
      const int64_t width = whole - at < block ? whole - at : block;
      for (int64_t k = 0; k < width; k++)
        for (int64_t c = 0; c < width; c += 16) *(v16 *)(a + k * width + c) = *(const v16 *)(rows->base + (at + k) * whole + at + c);
      for (int64_t c = 0; c < width; c += 16) *(v16 *)(b + c) = (v16){0};
      for (int64_t cell = start; cell < end; cell += CHUNK) {
        const float *const *x = from + (cell - begin);
        const float *weights = rows->weights ? rows->weights + cell : 0;
        const int64_t n = end - cell < CHUNK ? end - cell : CHUNK;
        float *e = errors + (cell - start);
        const chunk entire = {x, x, e, 0, n, 0}, before = {x, x, e, 0, n, at - block}, cells = {x, x + ahead, e, weights, n, at};
        if (at == 0)
          add_step_by_width(&entire, p, whole, e, 1);
        else
          add_step_by_width(&before, step, block, e, ahead == AHEAD);
        if (weights)
          add_products(a, b, &cells, width, 1, width, registers);
        else
          add_products(a, b, &cells, width, 0, width, registers);
        if (at == 0) total += weighted_squares(e, weights, n);
      }
      add_scaled(b, p, rows->base + at, whole, width, whole);
      for (int64_t k = 0; k < width; k++) {
        total += (double)penalty * p[at + k] * p[at + k];
        b[k] += penalty * p[at + k];
        a[k * width + k] += penalty;
        inverse[k] = a[k * width + k];
      }
      factorize(a, inverse, b, y, width);
      total -= substitute(a, inverse, y, step, width);
      for (int64_t k = 0; k < width; k++) {
        step[k] = -step[k];
        p[at + k] += step[k];
      }
    }
  }
  return total;
}

BY_REGISTERS(double, kindred_sweep_rows, (const kindred_rows *rows, int64_t first, int64_t last, int64_t block, float *workspace), rows, first,
             last, block, workspace)
