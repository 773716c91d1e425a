#include <math.h>
#include <string.h>

#include "CKindredKernels.h"
#include "vectors.h"

// Rows taken at a time: they and their triangle stay in the caches nearest the core. A row is asked for AHEAD rows early, a line with
// each step of the arithmetic, so that memory works while the core does. A row of FAR floats in all is too long for those caches.
enum { CHUNK = 64, AHEAD = 64, NEAR = 32, FAR = 1 << 16 };

// Steps of conjugate gradients before a row's matrix is made after all, and the share of the squared gradient, as preconditioned, at which
// they have arrived. TINY is a penalty for a row without one.
enum { STEPS = 20 };
static const float ARRIVED = 1e-12f, TINY = 1e-30f;

// Some rows of a table from column `at` on, with their targets, their weights or null, and the rows that will be wanted later.
typedef struct {
  const float *const *row, *const *later;
  const float *target, *weight;
  int64_t count, at;
} chunk;

// One tile of A += X'WX: `tall` rows from j by `panels` vectors of columns from c. On the diagonal, if there are
// targets, also b += X'Wt.
INLINE void add_tile(float *a, float *b, const chunk *x, int64_t width, int64_t j, int64_t c, int tall, int panels, int weighted,
                     int64_t line) {
  v16 sum[16][2], right = {0};
  for (int r = 0; r < tall; r++)
    for (int k = 0; k < panels; k++) sum[r][k] = *(v16 *)(a + (j + r) * width + c + 16 * k);
  for (int64_t i = 0; i < x->count; i++) {
    const float *row = x->row[i] + x->at;
    if (line >= 0) __builtin_prefetch(x->later[i] + x->at + line);
    for (int k = 0; k < panels; k++) {
      v16 column = *(const v16 *)(row + c + 16 * k);
      if (weighted) column *= x->weight[i];
      if (b) right += x->target[i] * column;
      for (int r = 0; r < tall; r++) sum[r][k] += row[j + r] * column;
    }
  }
  for (int r = 0; r < tall; r++)
    for (int k = 0; k < panels; k++) *(v16 *)(a + (j + r) * width + c + 16 * k) = sum[r][k];
  if (b) *(v16 *)(b + c) += right;
}

// The same for the rows and the columns c + 8 ..< c + 16: what a tile on the diagonal needs of its lower half.
INLINE void add_corner(float *a, const chunk *x, int64_t width, int64_t c, int weighted) {
  v8 sum[8];
  for (int r = 0; r < 8; r++) sum[r] = *(v8 *)(a + (c + 8 + r) * width + c + 8);
  for (int64_t i = 0; i < x->count; i++) {
    const float *row = x->row[i] + x->at + c + 8;
    v8 column = *(const v8 *)row;
    if (weighted) column *= x->weight[i];
    for (int r = 0; r < 8; r++) sum[r] += row[r] * column;
  }
  for (int r = 0; r < 8; r++) *(v8 *)(a + (c + 8 + r) * width + c + 8) = sum[r];
}

// The upper triangle of A [width][width] += X'WX for the rows of a chunk, and b [width], if any, += X'Wt; some of what is left of the
// diagonal changes too. Meanwhile asks for the first `length` floats of the later rows, more than once, since processors drop such wishes
// when they are busy.
INLINE void add_products(float *a, float *b, const chunk *x, int64_t width, int weighted, int64_t length, int registers) {
  int64_t line = length ? 0 : -1;
  for (int64_t j = 0; j < width; j += 16)
    for (int64_t c = j; c < width; c += registers >= 32 && c > j && c + 32 <= width ? 32 : 16) {
      if (c == j) {
        const int tall = registers >= 32 ? 8 : 4;
        add_tile(a, b, x, width, j, c, tall, 1, weighted, line);
        if (tall < 8) add_tile(a, 0, x, width, j + 4, c, 4, 1, weighted, -1);
        add_corner(a, x, width, c, weighted);
      } else if (registers < 32) {
        add_tile(a, 0, x, width, j, c, 4, 1, weighted, line);
        for (int r = 4; r < 16; r += 4) add_tile(a, 0, x, width, j + r, c, 4, 1, weighted, -1);
      } else if (c + 32 > width) {
        add_tile(a, 0, x, width, j, c, 16, 1, weighted, line);
      } else {
        add_tile(a, 0, x, width, j, c, 8, 2, weighted, line);
        if (length) line = line + 16 < length ? line + 16 : 0;
        add_tile(a, 0, x, width, j + 8, c, 8, 2, weighted, line);
      }
      if (length) line = line + 16 < length ? line + 16 : 0;
    }
}

// b [width] += X't for n rows of X [n][stride], in four interleaved sums; n is a multiple of 4.
INLINE void add_scaled(float *b, const float *t, const float *x, int64_t n, int64_t width, int64_t stride) {
  for (int64_t c = 0; c < width; c += 16) {
    v16 sum[4] = {*(v16 *)(b + c)};
    for (int64_t i = 0; i < n; i += 4)
      for (int k = 0; k < 4; k++) sum[k] += t[i + k] * *(const v16 *)(x + (i + k) * stride + c);
    *(v16 *)(b + c) = (sum[0] + sum[1]) + (sum[2] + sum[3]);
  }
}

INLINE void kindred_gram_in(const float *factors, int64_t first, int64_t last, int64_t width, float *out, int registers) {
  const float *row[CHUNK];
  for (; first < last; first += CHUNK) {
    const chunk x = {row, row, 0, 0, last - first < CHUNK ? last - first : CHUNK, 0};
    for (int64_t i = 0; i < x.count; i++) row[i] = factors + (first + i) * width;
    add_products(out, 0, &x, width, 0, 0, registers);
  }
}

BY_REGISTERS(void, kindred_gram, (const float *factors, int64_t first, int64_t last, int64_t width, float *out), factors, first, last,
             width, out)

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

static int64_t solve_width(int64_t rank, int has_bias) { return (rank + (has_bias ? 1 : 0) + 15) / 16 * 16; }

int64_t kindred_solve_workspace(int64_t rank, int has_bias, int64_t cells) {
  const int64_t width = solve_width(rank, has_bias);
  return width * width + CHUNK * width + 4 * width + 2 * (cells + AHEAD) + cells + 3;
}

// Where the factors of cells first ..< last are, and, for who looks further, AHEAD times where the last are.
INLINE void locate(const kindred_rows *rows, int64_t first, int64_t last, const float **out) {
  for (int64_t cell = first; cell < last + AHEAD; cell++)
    *out++ = last > first ? rows->factors + rows->columns[cell < last ? cell : last - 1] * rows->width : rows->factors;
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

INLINE double descend_by_width(const kindred_rows *rows, int64_t row, const float *const *from, const float *targets, int64_t n,
                               v16 *working) {
  switch (rows->width / 16) {
    case 1: return descend(rows, row, from, targets, n, working, 1);
    case 2: return descend(rows, row, from, targets, n, working, 2);
    case 4: return descend(rows, row, from, targets, n, working, 4);
    case 8: return descend(rows, row, from, targets, n, working, 8);
    default: return descend(rows, row, from, targets, n, working, rows->width / 16);
  }
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
      const double product = descend_by_width(rows, row, from + (start - begin), targets, end - start, (v16 *)b);
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
