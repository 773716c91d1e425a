#include <string.h>

#include "CKindredKernels.h"
#include "cholesky.h"
#include "products.h"
#include "rows.h"

// The size of a row's system in whole vectors: its factors and, where there is one, its bias.
static int64_t solve_width(int64_t rank, int has_bias) { return (rank + (has_bias ? 1 : 0) + 15) / 16 * 16; }

int64_t kindred_solve_workspace(int64_t rank, int has_bias, int64_t cells) {
  const int64_t width = solve_width(rank, has_bias);
  return width * width + CHUNK * width + 4 * width + 2 * (cells + AHEAD) + cells + 3;
}

// The working memory of a block of rows. The system's vectors also serve the descent.
typedef struct {
  float *matrix;                               // [width][width]
  float *gathered;                             // [CHUNK][width]
  float *right, *half, *solution, *inverse;    // [width]
  const float **cells;                         // [cells + AHEAD]: where the factors of each are
  float *targets;                              // [cells + 3]: of one row
  int64_t width;
} solve_memory;

INLINE solve_memory lay_out(float *workspace, int64_t width, int64_t cells) {
  solve_memory m = {.matrix = workspace, .gathered = workspace + width * width, .width = width};
  m.right = m.gathered + CHUNK * width;
  m.half = m.right + width;
  m.solution = m.half + width;
  m.inverse = m.solution + width;
  m.cells = (const float **)(m.inverse + width);
  m.targets = (float *)(m.cells + cells + AHEAD);
  return m;
}

// Writes the targets of cells first ..< last to targets [last - first]. Returns the sum of w t^2.
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

// Copies the factors of `count` cells to out [count][width], with a last coordinate 1 for a bias.
INLINE void gather(const kindred_rows *rows, int64_t count, const float *const *cells, float *out, int64_t width) {
  for (int64_t i = 0; i < count; i++, out += width) {
    for (int64_t c = 0; c < rows->width; c += 16) *(v16 *)(out + c) = *(const v16 *)(cells[i] + c);
    for (int64_t c = rows->width; c < width; c += 16) *(v16 *)(out + c) = (v16){0};
    if (rows->row_biases) out[rows->rank] = 1;
  }
}

// Sums a row's normal equations into the matrix and the right-hand side. `located` [cells of the row] is where the
// factors are.
INLINE void add_cells(const kindred_rows *rows, int64_t row, const float *const *located, const solve_memory *m,
                      int registers) {
  const int64_t width = m->width, start = rows->offsets[row], end = rows->offsets[row + 1];
  if (rows->base)
    memcpy(m->matrix, rows->base, width * width * sizeof(float));
  else
    memset(m->matrix, 0, width * width * sizeof(float));
  memset(m->right, 0, width * sizeof(float));
  for (int64_t cell = start; cell < end; cell += CHUNK, located += CHUNK) {
    const row_chunk chunk = {
        .matrix = m->gathered,
        .later = located + AHEAD,
        .targets = m->targets + (cell - start),
        .weights = rows->weights ? rows->weights + cell : 0,
        .count = end - cell < CHUNK ? end - cell : CHUNK,
    };
    gather(rows, chunk.count, located, m->gathered, width);
    if (rows->weights)
      add_products(m->matrix, m->right, &chunk, width, 1, rows->width, registers);
    else
      add_products(m->matrix, m->right, &chunk, width, 0, rows->width, registers);
  }
}

// Solves a row by the root of its matrix. Returns how much less than sum w t^2 the least value is.
INLINE double factorize_row(const kindred_rows *rows, int64_t row, const float *const *located, const solve_memory *m,
                            int registers) {
  const int64_t width = m->width, rank = rows->rank;
  const float penalty = rows->penalties[row];
  add_cells(rows, row, located, m, registers);
  for (int64_t k = 0; k < width; k++) {
    float *diagonal = m->matrix + k * width + k;
    *diagonal += k < rank ? penalty : k == rank && rows->row_biases ? rows->bias_scale * penalty : 1;
    m->inverse[k] = *diagonal;
  }
  if (rows->right) memcpy(m->right, rows->right, width * sizeof(float));
  factorize(m->matrix, m->inverse, m->right, m->half, width, width);
  const float explained = substitute(m->matrix, m->inverse, m->half, m->solution, width);
  float *out = rows->solution + row * rows->width;
  for (int64_t k = 0; k < rows->width; k++) out[k] = k < rank ? m->solution[k] : 0;
  if (rows->row_biases) rows->row_biases[row] = m->solution[rank];
  return explained;
}

// Rows without weights and a base descend, since a few passes over their cells cost less than their matrix does, unless
// they are so long that each pass would read memory.
INLINE double solve_rows(const kindred_rows *rows, int64_t first, int64_t last, float *workspace, int registers) {
  const int is_plain = !rows->base && !rows->weights && !rows->right;
  const int64_t begin = rows->offsets[first], count = rows->offsets[last] - begin;
  const solve_memory memory = lay_out(workspace, solve_width(rows->rank, rows->row_biases != 0), count);
  locate(rows, begin, begin + count, memory.cells);
  double total = 0;
  for (int64_t row = first; row < last; row++) {
    const int64_t start = rows->offsets[row], end = rows->offsets[row + 1];
    const float *const *located = memory.cells + (start - begin);
    total += take_targets(rows, start, end, memory.targets);
    double explained = -1;
    if (is_plain && (end - start) * rows->width <= CACHED)
      explained = kindred_descend(rows, row, located, memory.targets, end - start, memory.right);
    if (explained < 0) explained = factorize_row(rows, row, located, &memory, registers);
    total -= explained;
  }
  return total;
}

KERNEL(double, solve_rows, (const kindred_rows *rows, int64_t first, int64_t last, float *workspace),
       rows, first, last, workspace)

int64_t kindred_system_workspace(int64_t count) {
  const int64_t width = solve_width(count, 0);
  return width * width + 4 * width;
}

// The matrix is laid out backwards, from its last row to its first, so that its lower triangle becomes the upper one.
INLINE int solve_system(const float *lower, float *b, int64_t count, float *workspace, int registers) {
  (void)registers;
  const int64_t width = solve_width(count, 0), last = count - 1;
  float *matrix = workspace, *right = matrix + width * width, *half = right + width;
  float *solution = half + width, *inverse = solution + width;
  for (int64_t k = 0; k < width; k++) {
    float *row = matrix + k * width;
    const float *diagonal = lower + (last - k) * (count + 1);
    for (int64_t c = k / 16 * 16; c < k; c++) row[c] = 0;
    for (int64_t c = k; c < count; c++) row[c] = diagonal[k - c];
    for (int64_t c = k < count ? count : k; c < width; c++) row[c] = c == k;
    right[k] = k < count ? b[last - k] : 0;
    inverse[k] = row[k];
  }
  factorize(matrix, inverse, right, half, width, width);
  for (int64_t k = 0; k < count; k++)
    if (inverse[k] == 0) return 0;
  substitute(matrix, inverse, half, solution, width);
  for (int64_t k = 0; k < count; k++) b[last - k] = solution[k];
  return 1;
}

KERNEL(int, solve_system, (const float *lower, float *b, int64_t count, float *workspace), lower, b, count, workspace)
