#include <string.h>

#include "CKindredKernels.h"
#include "cholesky.h"
#include "products.h"
#include "rows.h"

int64_t kindred_sweep_workspace(int64_t block, int64_t cells) {
  return block * block + 4 * block + (cells + 6) + 2 * (cells + AHEAD);
}

// The working memory of a block of rows.
typedef struct {
  float *matrix;                          // [block][block]
  float *right, *half, *step, *inverse;   // [block]
  float *errors;                          // [cells + 3]: fit less target of one row's cells
  const float **cells;                    // [cells + AHEAD]: where the factors of each are
} sweep_memory;

INLINE sweep_memory lay_out(float *workspace, int64_t block, int64_t cells) {
  sweep_memory m = {.matrix = workspace, .right = workspace + block * block};
  m.half = m.right + block;
  m.step = m.half + block;
  m.inverse = m.step + block;
  m.errors = m.inverse + block;
  m.cells = (const float **)(m.errors + (cells + 5) / 2 * 2);
  return m;
}

// b [width] += X't for `count` rows of X [count][stride], in four interleaved sums; `count` is a multiple of 4.
INLINE void add_scaled(float *b, const float *t, const float *x, int64_t count, int64_t width, int64_t stride) {
  for (int64_t c = 0; c < width; c += 16) {
    v16 sum[4] = {*(v16 *)(b + c)};
    for (int64_t i = 0; i < count; i += 4)
      for (int k = 0; k < 4; k++) sum[k] += t[i + k] * *(const v16 *)(x + (i + k) * stride + c);
    *(v16 *)(b + c) = (sum[0] + sum[1]) + (sum[2] + sum[3]);
  }
}

// errors [count] += <step, x> for step [width] and the rows x of a chunk, four at a time: up to three errors more are
// written.
INLINE void add_step_by(const row_chunk *x, const float *step, int64_t width, float *errors, int prefetches) {
  for (int64_t i = 0; i < x->count; i += 4) {
    const float *const *rows = x->rows + i;
    v16 sum[4] = {0};
    if (prefetches)
      for (int k = NEAR; k < NEAR + 4; k++)
        for (int64_t c = 0; c < width; c += 16) __builtin_prefetch(rows[k] + x->column + c);
    const float *r0 = rows[0] + x->column, *r1 = rows[1] + x->column;
    const float *r2 = rows[2] + x->column, *r3 = rows[3] + x->column;
    for (int64_t c = 0; c < width; c += 16) {
      const v16 change = *(const v16 *)(step + c);
      sum[0] += change * *(const v16 *)(r0 + c);
      sum[1] += change * *(const v16 *)(r1 + c);
      sum[2] += change * *(const v16 *)(r2 + c);
      sum[3] += change * *(const v16 *)(r3 + c);
    }
    v4 four;
    memcpy(&four, errors + i, sizeof(four));
    four += sums16(sum);
    memcpy(errors + i, &four, sizeof(four));
  }
}

// The widths that are usual are built apart.
INLINE void add_step(const row_chunk *x, const float *step, int64_t width, float *errors, int prefetches) {
  switch (width) {
    case 16: return add_step_by(x, step, 16, errors, prefetches);
    case 32: return add_step_by(x, step, 32, errors, prefetches);
    case 64: return add_step_by(x, step, 64, errors, prefetches);
    default: return add_step_by(x, step, width, errors, prefetches);
  }
}

// Sum of w e^2 over errors [count]; weights null: 1.
INLINE double weighted_squares(const float *errors, const float *weights, int64_t count) {
  float sum[4] = {0};
  for (int64_t i = 0; i < count; i++) sum[i % 4] += (weights ? weights[i] : 1) * errors[i] * errors[i];
  return (double)(sum[0] + sum[1]) + (sum[2] + sum[3]);
}

// Sums the normal equations of coordinates at ..< at + width over a row's cells: their matrix, and the gradient in
// right. Brings the errors up to date on the way, for the whole row before the first block, else for the step of the
// block before. Before the first block, also adds the sum of w e^2 to the objective.
INLINE void add_cells(const kindred_rows *rows, int64_t row, const float *const *located, const sweep_memory *m,
                        int64_t at, int64_t width, int64_t block, int64_t ahead, double *objective, int registers) {
  const int64_t start = rows->offsets[row], end = rows->offsets[row + 1];
  for (int64_t cell = start; cell < end; cell += CHUNK, located += CHUNK) {
    float *errors = m->errors + (cell - start);
    const float *weights = rows->weights ? rows->weights + cell : 0;
    const row_chunk chunk = {
        .rows = located,
        .later = located + ahead,
        .targets = errors,
        .weights = weights,
        .count = end - cell < CHUNK ? end - cell : CHUNK,
        .column = at,
    };
    row_chunk changed = chunk;
    if (at == 0) {
      add_step(&changed, rows->solution + row * rows->width, rows->width, errors, 1);
      *objective += weighted_squares(errors, weights, chunk.count);
    } else {
      changed.column = at - block;
      add_step(&changed, m->step, block, errors, ahead == AHEAD);
    }
    if (weights)
      add_products(m->matrix, m->right, &chunk, width, 1, width, registers);
    else
      add_products(m->matrix, m->right, &chunk, width, 0, width, registers);
  }
}

// Improves a row, block by block, and adds its part of the objective.
INLINE void sweep_row(const kindred_rows *rows, int64_t row, const float *const *located, int64_t ahead,
                        const sweep_memory *m, int64_t block, double *objective, int registers) {
  const int64_t whole = rows->width, count = rows->offsets[row + 1] - rows->offsets[row];
  const float penalty = rows->penalties[row];
  float *solution = rows->solution + row * whole;
  const float *targets = rows->values ? rows->values + rows->offsets[row] : 0;
  for (int64_t i = 0; i < count + 3; i++) m->errors[i] = targets && i < count ? -targets[i] : -1;
  for (int64_t at = 0; at < whole; at += block) {
    const int64_t width = whole - at < block ? whole - at : block;
    for (int64_t k = 0; k < width; k++)
      for (int64_t c = 0; c < width; c += 16)
        *(v16 *)(m->matrix + k * width + c) = *(const v16 *)(rows->base + (at + k) * whole + at + c);
    for (int64_t c = 0; c < width; c += 16) *(v16 *)(m->right + c) = (v16){0};
    add_cells(rows, row, located, m, at, width, block, ahead, objective, registers);
    add_scaled(m->right, solution, rows->base + at, whole, width, whole);
    for (int64_t k = 0; k < width; k++) {
      *objective += (double)penalty * solution[at + k] * solution[at + k];
      m->right[k] += penalty * solution[at + k];
      m->matrix[k * width + k] += penalty;
      m->inverse[k] = m->matrix[k * width + k];
    }
    factorize(m->matrix, m->inverse, m->right, m->half, width, width);
    *objective -= substitute(m->matrix, m->inverse, m->half, m->step, width);
    for (int64_t k = 0; k < width; k++) {
      m->step[k] = -m->step[k];
      solution[at + k] += m->step[k];
    }
  }
}

INLINE double sweep_rows(const kindred_rows *rows, int64_t first, int64_t last, int64_t block, float *workspace,
                         int registers) {
  const int64_t begin = rows->offsets[first], all = rows->offsets[last];
  const sweep_memory memory = lay_out(workspace, block, all - begin);
  locate(rows, begin, all, memory.cells);
  double objective = 0;
  for (int64_t row = first; row < last; row++) {
    const int64_t end = rows->offsets[row + 1], count = end - rows->offsets[row];
    // The later rows of a chunk: the next row's cells or, in a row that leaves the caches, its own next cells.
    const int64_t ahead = count * rows->width <= CACHED && end + count <= all + AHEAD ? count : AHEAD;
    sweep_row(rows, row, memory.cells + (end - count - begin), ahead, &memory, block, &objective, registers);
  }
  return objective;
}

KERNEL(double, sweep_rows, (const kindred_rows *rows, int64_t first, int64_t last, int64_t block, float *workspace),
       rows, first, last, block, workspace)
