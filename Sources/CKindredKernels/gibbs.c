#include <math.h>
#include <string.h>

#include "CKindredKernels.h"
#include "cholesky.h"
#include "normals.h"
#include "products.h"

// Draws a row's bias and factors together, as a normal distribution of their own: the factors with the bias integrated
// out, then the bias given the factors.
//
// With z the rows of a cell on the other sides (their sum), t its target once all but the row is taken away, and w its
// weight, the bias given factors q is normal around intercept / bias_precision - <slope, q>, and q is normal with the
// precision U'U:
//   U'U = alpha sum w z z' + diag(precisions) - bias_precision slope slope',   slope = alpha sum w z / bias_precision.

// The factors are whole vectors of their own, and the bias a number beside them.
static int64_t factor_width(int64_t rank) { return (rank + 15) / 16 * 16; }

int64_t kindred_gibbs_workspace(int64_t rank) {
  const int64_t width = factor_width(rank);
  return 3 * width * width + CHUNK * width + 7 * width + 32 + 2 * CHUNK;
}

// What a row's cells add up to, and the root U of its factors' precision.
typedef struct {
  float *gram;                // [width][width], upper: sum w z z'
  float *root;                // [width][width], upper: U
  float *inverse_root;        // [width][width], lower: W = U'^-1
  float *inverse;             // [width]: 1 / U[k][k]
  float *bias_variance;       // [16], of which the first: of the bias given the factors
  float *z_sum, *zt_sum;      // [width]: sum w z, sum w t z
  float *slope;               // [width]
  float *half;                // [width]: U q for the mean q, later for the draw
  float *noise;               // [width + 16]
  float *targets, *roots;     // [CHUNK]: t and the root of w, of the cells at hand; targets are times their root
  float *gathered;            // [CHUNK][width]: z of the cells at hand, times their roots; later scratch
  int64_t width, rank;
} gibbs_memory;

// Sums over a row's cells: w t, w t^2, w.
typedef struct {
  float target, square, weight;
} moments;

// What is known of a row once it has a weight: the precision of its cells' noise, that of its bias given the factors,
// and the intercept above.
typedef struct {
  float noise_precision, bias_precision, intercept;
} conditions;

INLINE gibbs_memory lay_out(float *workspace, int64_t rank, int64_t width) {
  gibbs_memory m = {.gram = workspace, .width = width, .rank = rank};
  m.root = m.gram + width * width;
  m.inverse_root = m.root + width * width;
  m.inverse = m.inverse_root + width * width;
  m.bias_variance = m.inverse + width;
  m.z_sum = m.bias_variance + 16;
  m.zt_sum = m.z_sum + width;
  m.slope = m.zt_sum + width;
  m.half = m.slope + width;
  m.noise = m.half + width;
  m.targets = m.noise + width + 16;
  m.roots = m.targets + CHUNK;
  m.gathered = m.roots + CHUNK;
  return m;
}

// The lanes of the last vector of factors that hold factors: the bias may stand behind them.
INLINE void lane_mask(int64_t rank, i16 *mask) {
  const int32_t last = (int32_t)((rank - 1) % 16);
  *mask = (i16){0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15} <= last;
}

// The root of a cell's weight, without the row's own.
INLINE float root_of(const kindred_gibbs *g, int64_t cell) {
  return (g->left_roots ? g->left_roots[g->left[cell]] : 1) * (g->right_roots ? g->right_roots[g->right[cell]] : 1);
}

// Writes z = left + right of a cell, times `root`, to z [width]. Returns what `target` leaves once all but the row is
// taken away, times `root`.
INLINE float gather_cell(const kindred_gibbs *g, int64_t cell, float target, float root, const i16 *mask, int64_t width,
                         float *z) {
  const float *left = g->left_rows + g->left[cell] * g->width;
  target -= g->mean + left[g->rank];
  if (!g->right) {
    for (int64_t c = 0; c < width - 16; c += 16) *(v16 *)(z + c) = root * *(const v16 *)(left + c);
    *(v16 *)(z + width - 16) = root * (v16)((i16) * (const v16 *)(left + width - 16) & *mask);
    return root * target;
  }
  const float *right = g->right_rows + g->right[cell] * g->width;
  v16 product = {0};
  for (int64_t c = 0; c < width; c += 16) {
    v16 l = *(const v16 *)(left + c), r = *(const v16 *)(right + c);
    if (c == width - 16) l = (v16)((i16)l & *mask), r = (v16)((i16)r & *mask);
    product += l * r;
    *(v16 *)(z + c) = root * (l + r);
  }
  return root * (target - right[g->rank] - sum16(&product));
}

// Adds the first `count` gathered cells to a row's sums, all but their gram.
INLINE void add_moments(const gibbs_memory *m, int64_t count, moments *sums) {
  v16 target = {0}, square = {0}, weight = {0};
  for (int64_t n = count; n % 16; n++) m->targets[n] = m->roots[n] = 0;
  for (int64_t n = 0; n < count; n += 16) {
    const v16 t = *(const v16 *)(m->targets + n), root = *(const v16 *)(m->roots + n);
    target += root * t;
    square += t * t;
    weight += root * root;
  }
  sums->target += sum16(&target);
  sums->square += sum16(&square);
  sums->weight += sum16(&weight);
  for (int64_t c = 0; c < m->width; c += 16) {
    v16 z_sum = *(v16 *)(m->z_sum + c), zt_sum = *(v16 *)(m->zt_sum + c);
    for (int64_t n = 0; n < count; n++) {
      const v16 z = *(const v16 *)(m->gathered + n * m->width + c);
      z_sum += m->roots[n] * z;
      zt_sum += m->targets[n] * z;
    }
    *(v16 *)(m->z_sum + c) = z_sum;
    *(v16 *)(m->zt_sum + c) = zt_sum;
  }
}

// Sums a row's cells into gram, z_sum, zt_sum and the moments returned.
INLINE moments add_cells(const kindred_gibbs *g, const gibbs_memory *m, int64_t row, const i16 *mask, int registers) {
  const int64_t width = m->width, end = g->offsets[row + 1];
  moments sums = {0, 0, 0};
  memset(m->gram, 0, width * width * sizeof(float));
  memset(m->z_sum, 0, width * sizeof(float));
  memset(m->zt_sum, 0, width * sizeof(float));
  for (int64_t cell = g->offsets[row]; cell < end; cell += CHUNK) {
    const row_chunk chunk = {.matrix = m->gathered, .count = end - cell < CHUNK ? end - cell : CHUNK};
    for (int64_t n = 0; n < chunk.count; n++) {
      const float root = m->roots[n] = root_of(g, cell + n), target = g->targets[g->places[cell + n]];
      m->targets[n] = gather_cell(g, cell + n, target, root, mask, width, m->gathered + n * width);
    }
    add_moments(m, chunk.count, &sums);
    add_products(m->gram, 0, &chunk, width, 0, 0, registers);
  }
  return sums;
}

// W = U'^-1: row j is the unit vector less what is above it, divided by the diagonal. Products with W and W' run in
// parallel, where each step of a substitution waits for the one before.
INLINE void invert_root(const gibbs_memory *m) {
  const int64_t width = m->width;
  for (int64_t j = 0; j < width; j++) {
    float *row = m->inverse_root + j * width;
    for (int64_t c = 0; c < width; c += 16) {
      v16 even = {0}, odd = {0};
      // Where row j itself makes a pair, it counts for nothing yet.
      *(v16 *)(row + c) = (v16){0};
      for (int64_t i = c; i < j; i += 2) {
        even += m->root[i * width + j] * *(const v16 *)(m->inverse_root + i * width + c);
        odd += m->root[(i + 1) * width + j] * *(const v16 *)(m->inverse_root + (i + 1) * width + c);
      }
      *(v16 *)(row + c) = -m->inverse[j] * (even + odd);
    }
    row[j] = m->inverse[j];
  }
}

// out [width] = W y = U'^-1 y.
INLINE void forward(const gibbs_memory *m, const float *y, float *out) {
  for (int64_t j = 0; j < m->width; j += 4) {
    v16 sum[4] = {{0}, {0}, {0}, {0}};
    for (int64_t c = 0; c <= j; c += 16)
      for (int64_t k = 0; k < 4; k++)
        sum[k] += *(const v16 *)(m->inverse_root + (j + k) * m->width + c) * *(const v16 *)(y + c);
    const v4 sums = sums16(sum);
    memcpy(out + j, &sums, sizeof sums);
  }
}

// x [width] = W' y = U^-1 y.
INLINE void backward(const gibbs_memory *m, const float *y, float *x) {
  for (int64_t c = 0; c < m->width; c += 16) {
    v16 even = {0}, odd = {0};
    for (int64_t j = c; j < m->width; j += 2) {
      even += y[j] * *(const v16 *)(m->inverse_root + j * m->width + c);
      odd += y[j + 1] * *(const v16 *)(m->inverse_root + (j + 1) * m->width + c);
    }
    *(v16 *)(x + c) = even + odd;
  }
}

// Finds a row's distribution, its cells' weights times `weight`: slope, root, inverse_root, and half for the mean.
INLINE conditions condition(const kindred_gibbs *g, const gibbs_memory *m, int64_t row, const moments *sums,
                            float weight) {
  const int64_t width = m->width, rank = g->rank;
  const float *prior = g->priors + row * g->width, alpha = g->alpha * weight;
  const float bias_precision = g->precisions[rank] + alpha * sums->weight;
  const float intercept = g->precisions[rank] * prior[rank] + alpha * sums->target;
  float *right = m->gathered;
  i16 mask;
  lane_mask(rank, &mask);
  for (int64_t c = 0; c < width; c += 16) {
    const v16 slope = alpha / bias_precision * *(const v16 *)(m->z_sum + c);
    v16 toward_prior = *(const v16 *)(g->precisions + c) * *(const v16 *)(prior + c);
    if (c == width - 16) toward_prior = (v16)((i16)toward_prior & mask);
    *(v16 *)(m->slope + c) = slope;
    *(v16 *)(right + c) = alpha * *(const v16 *)(m->zt_sum + c) - intercept * slope + toward_prior;
  }
  for (int64_t k = 0; k < width; k++) {
    const float *from = m->gram + k * width;
    float *to = m->root + k * width;
    const float scale = bias_precision * m->slope[k];
    for (int64_t c = k / 16 * 16; c < width; c += 16)
      *(v16 *)(to + c) = alpha * *(const v16 *)(from + c) - scale * *(v16 *)(m->slope + c);
    m->inverse[k] = to[k] += k < rank ? g->precisions[k] : 1;
  }
  factorize(m->root, m->inverse, 0, 0, width, (rank + 3) / 4 * 4);
  invert_root(m);
  forward(m, right, m->half);
  m->bias_variance[0] = 1 / bias_precision;
  return (conditions){alpha, bias_precision, intercept};
}

// Turns half = U q into q [width], in gathered; returns the mean of the bias given q.
INLINE float mean_of(const gibbs_memory *m, const conditions *c) {
  backward(m, m->half, m->gathered);
  return c->intercept / c->bias_precision - dot(m->slope, m->gathered, m->width);
}

// The errors that factors q [width] and a bias leave in a row's cells, from the sums at hand; half = U q.
INLINE kindred_errors errors_of(const kindred_gibbs *g, const gibbs_memory *m, const moments *sums, const conditions *c,
                                const float *q, float bias) {
  const double fit = dot(m->z_sum, q, m->width), slope = dot(m->slope, q, m->width);
  const double with_target = dot(m->zt_sum, q, m->width), weight = sums->weight;
  v16 prior = {0};
  for (int64_t k = 0; k < m->width; k += 16)
    prior += *(const v16 *)(g->precisions + k) * *(const v16 *)(q + k) * *(const v16 *)(q + k);
  // sum w <z, q>^2, from q'U'U q.
  double square = dot(m->half, m->half, m->width) + c->bias_precision * slope * slope - sum16(&prior);
  square = sums->square - 2 * (with_target + (double)bias * sums->target) + square / c->noise_precision +
           bias * (2 * fit + weight * bias);
  return (kindred_errors){sums->target - fit - weight * bias, square > 0 ? square : 0, sums->square, weight};
}

// The trace of the prior's precisions times the row's covariance: how many of its numbers the prior decides.
INLINE float decided_by_prior(const kindred_gibbs *g, const gibbs_memory *m) {
  float trace = 0;
  for (int64_t c = 0; c < m->width; c += 16) {
    v16 variances = {0};
    for (int64_t j = c; j < m->width; j++) {
      const v16 row = *(const v16 *)(m->inverse_root + j * m->width + c);
      variances += row * row;
    }
    for (int64_t k = c; k < c + 16 && k < m->rank; k++) trace += g->precisions[k] * variances[k - c];
  }
  forward(m, m->slope, m->noise);
  return trace + g->precisions[m->rank] * (m->bias_variance[0] + dot(m->noise, m->noise, m->width));
}

// A row's weight after one EM step: its mean given the errors that the row's mean leaves and its covariance.
INLINE float next_weight(const kindred_gibbs *g, const gibbs_memory *m, int64_t row, const moments *sums,
                         float weight) {
  const conditions c = condition(g, m, row, sums, weight);
  const float bias = mean_of(m, &c);
  const double squares = errors_of(g, m, sums, &c, m->gathered, bias).squares + g->spread[row];
  const double decided_by_cells = (float)(g->rank + 1) - decided_by_prior(g, m);
  return (float)((g->freedom + (double)(g->offsets[row + 1] - g->offsets[row])) /
                 (g->freedom + g->alpha * squares + (decided_by_cells > 0 ? decided_by_cells : 0) / weight));
}

// Writes a row's mean and its draw, whichever are wanted, once its cells are summed.
INLINE void draw_row(const kindred_gibbs *g, const gibbs_memory *m, int64_t row, const moments *sums,
                     kindred_errors *errors) {
  const int64_t rank = g->rank;
  const float given = g->row_weights ? g->row_weights[row] : 1;
  float weight = given;
  if (g->found_weights) weight = g->found_weights[row] = next_weight(g, m, row, sums, g->found_weights[row]);
  conditions c = condition(g, m, row, sums, weight);
  if (g->means) {
    float *out = g->means + row * g->width;
    out[rank] = mean_of(m, &c);
    memcpy(out, m->gathered, rank * sizeof(float));
  }
  if (!g->solution) return;
  if (g->found_weights) c = condition(g, m, row, sums, given);
  normals(key_of(g->key, row), rank + 1, m->noise);
  for (int64_t k = 0; k < rank; k++) m->half[k] += m->noise[k];
  float *out = g->solution + row * g->width;
  out[rank] = mean_of(m, &c) + m->noise[rank] / sqrtf(c.bias_precision);
  memcpy(out, m->gathered, rank * sizeof(float));
  if (errors) errors[row] = errors_of(g, m, sums, &c, m->gathered, out[rank]);
}

// `gibbs_rows` for a width that may be a constant.
INLINE void draw_rows(const kindred_gibbs *g, int64_t first, int64_t last, float *workspace, kindred_errors *errors,
                      int64_t width, int registers) {
  const gibbs_memory memory = lay_out(workspace, g->rank, width);
  i16 mask;
  lane_mask(g->rank, &mask);
  for (int64_t row = first; row < last; row++) {
    const moments sums = add_cells(g, &memory, row, &mask, registers);
    draw_row(g, &memory, row, &sums, errors);
  }
}

// Small widths are built apart: their systems are a few vectors, and most of the time would go into loops of one turn.
INLINE void gibbs_rows(const kindred_gibbs *g, int64_t first, int64_t last, float *workspace, kindred_errors *errors,
                       int registers) {
  const int64_t width = factor_width(g->rank);
  switch (width) {
    case 16: return draw_rows(g, first, last, workspace, errors, 16, registers);
    case 32: return draw_rows(g, first, last, workspace, errors, 32, registers);
    default: return draw_rows(g, first, last, workspace, errors, width, registers);
  }
}

// The variance of bias + <q, z> is that of the bias given q, and that of <q, z - slope>.
INLINE void gibbs_variances(const kindred_gibbs *g, const float *z, int64_t count, float *workspace, float *out,
                            int registers) {
  const gibbs_memory m = lay_out(workspace, g->rank, factor_width(g->rank));
  float *difference = m.gathered;
  for (int64_t n = 0; n < count; n++) {
    for (int64_t k = 0; k < m.width; k++) difference[k] = k < g->rank ? z[n * g->width + k] - m.slope[k] : 0;
    forward(&m, difference, m.half);
    out[n] = m.bias_variance[0] + dot(m.half, m.half, m.width);
  }
}

INLINE void gibbs_errors(const kindred_gibbs *g, int64_t first, int64_t last, float *workspace, kindred_errors *errors,
                         float *fits, float *roots, int registers) {
  const gibbs_memory m = lay_out(workspace, g->rank, factor_width(g->rank));
  float *z = m.gathered;
  i16 mask;
  lane_mask(g->rank, &mask);
  for (int64_t row = first; row < last; row++) {
    const float *own = g->priors + row * g->width, row_root = g->row_weights ? sqrtf(g->row_weights[row]) : 1;
    for (int64_t cell = g->offsets[row]; cell < g->offsets[row + 1]; cell++) {
      const int64_t place = g->places[cell];
      // From a target of 0, so that the fit's rounding does not depend on the target.
      const float fit = -(gather_cell(g, cell, 0, 1, &mask, m.width, z) - own[g->rank] - dot(own, z, m.width));
      const float root = row_root * root_of(g, cell), weight = root * root;
      const double e = g->targets[place] - fit;
      errors->sum += weight * e;
      errors->squares += weight * e * e;
      errors->weight += weight;
      if (!fits) continue;
      fits[place] = fit;
      roots[place] = root;
    }
  }
}

KERNEL(void, gibbs_rows,
       (const kindred_gibbs *g, int64_t first, int64_t last, float *workspace, kindred_errors *errors),
       g, first, last, workspace, errors)

KERNEL(void, gibbs_variances,
       (const kindred_gibbs *g, const float *z, int64_t count, float *workspace, float *out),
       g, z, count, workspace, out)

KERNEL(void, gibbs_errors,
       (const kindred_gibbs *g, int64_t first, int64_t last, float *workspace, kindred_errors *errors, float *fits,
        float *roots),
       g, first, last, workspace, errors, fits, roots)
