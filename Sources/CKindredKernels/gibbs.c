#include <math.h>
#include <string.h>

#include "CKindredKernels.h"
#include "cholesky.h"
#include "normals.h"

// Rows gathered at a time: they and their triangle stay in the caches nearest the core.
enum { CHUNK = 64 };

CLONES void kindred_normals(uint64_t key, int64_t count, float *out) { normals(key, count, out); }

// One tile of A += W'X: `tall` (at most 8) rows from j by `panels` (1 or 2) vectors of columns from c, over n rows of W and X [n][width].
INLINE void add_tile(float *a, const float *w, const float *x, int64_t n, int64_t width, int64_t j, int64_t c, int tall, int panels) {
  v16 sum[8][2];
  for (int r = 0; r < tall; r++)
    for (int k = 0; k < panels; k++) sum[r][k] = *(v16 *)(a + (j + r) * width + c + 16 * k);
  for (int64_t i = 0; i < n; i++) {
    const float *row = x + i * width + c, *scale = w + i * width + j;
    for (int k = 0; k < panels; k++) {
      const v16 column = *(const v16 *)(row + 16 * k);
      for (int r = 0; r < tall; r++) sum[r][k] += scale[r] * column;
    }
  }
  for (int r = 0; r < tall; r++)
    for (int k = 0; k < panels; k++) *(v16 *)(a + (j + r) * width + c + 16 * k) = sum[r][k];
}

// The upper triangle (whole vectors of it) of A [width][width] += W'X, for n rows of W and X.
INLINE void add_products(float *a, const float *w, const float *x, int64_t n, int64_t width, int registers) {
  const int tall = registers >= 32 ? 8 : 4;
  for (int64_t j = 0; j < width; j += tall) {
    int64_t c = j / 16 * 16;
    for (; registers >= 32 && c + 32 <= width; c += 32) add_tile(a, w, x, n, width, j, c, tall, 2);
    for (; c < width; c += 16) add_tile(a, w, x, n, width, j, c, tall, 1);
  }
}

// The factors alone are worked on in vectors of their own; the bias is a number beside them.
static int64_t factor_width(int64_t rank) { return (rank + 15) / 16 * 16; }

int64_t kindred_gibbs_workspace(int64_t rank) {
  const int64_t fw = factor_width(rank);
  return 3 * fw * fw + CHUNK * fw + 7 * fw + 32 + 2 * CHUNK;
}

// What a row's cells add up to, and the root U of its factors' precision U'U with W = U'^-1, called root.
typedef struct {
  float *gram, *a, *root, *x;                         // [fw][fw] each, [CHUNK][fw]
  float *inverse, *sum, *right, *pull, *y, *noise;    // [fw] each; noise has 16 more
  float *shift, *targets, *roots;                     // [16], [CHUNK], [CHUNK]
  int64_t fw, rank;
} scratch;

// Of the targets of a row's cells, once all but the row is taken away, and of the cells' weights.
typedef struct {
  float sum, square, weight;
} moments;

// Of a row, once its precision is known.
typedef struct {
  float alpha, beta, level;  // of the noise; of the bias, given the factors; and what pulls at the bias
} conditions;

INLINE scratch scratch_in(float *workspace, int64_t rank, int64_t fw) {
  scratch s = {.gram = workspace, .a = workspace + fw * fw, .root = workspace + 2 * fw * fw, .fw = fw, .rank = rank};
  s.inverse = s.root + fw * fw;
  s.shift = s.inverse + fw;
  s.sum = s.shift + 16;
  s.right = s.sum + fw;
  s.pull = s.right + fw;
  s.y = s.pull + fw;
  s.noise = s.y + fw;
  s.targets = s.noise + fw + 16;
  s.roots = s.targets + CHUNK;
  s.x = s.roots + CHUNK;
  return s;
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

// z = left + right of a cell, and what its target leaves once all but this row is taken away; both times `root`.
INLINE float gather_cell(const kindred_gibbs *g, int64_t cell, float target, float root, const i16 *mask, int64_t fw, float *z) {
  const float *left = g->left_rows + g->left[cell] * g->width;
  target -= g->mean + left[g->rank];
  if (!g->right) {
    for (int64_t c = 0; c < fw - 16; c += 16) *(v16 *)(z + c) = root * *(const v16 *)(left + c);
    *(v16 *)(z + fw - 16) = root * (v16)((i16) * (const v16 *)(left + fw - 16) & *mask);
    return root * target;
  }
  const float *right = g->right_rows + g->right[cell] * g->width;
  v16 dot = {0};
  for (int64_t c = 0; c < fw; c += 16) {
    v16 l = *(const v16 *)(left + c), r = *(const v16 *)(right + c);
    if (c == fw - 16) l = (v16)((i16)l & *mask), r = (v16)((i16)r & *mask);
    dot += l * r;
    *(v16 *)(z + c) = root * (l + r);
  }
  return root * (target - right[g->rank] - sum16(&dot));
}

// W = U'^-1: row j is the unit vector less what is above it, divided by the diagonal. Products with W and W' do not wait for one another, as
// substitution does.
INLINE void invert_root(const scratch *s) {
  const int64_t fw = s->fw;
  for (int64_t j = 0; j < fw; j++) {
    float *row = s->root + j * fw;
    for (int64_t c = 0; c < fw; c += 16) {
      v16 even = {0}, odd = {0};
      // Row j of W is not there yet, and counts for nothing: it is set to zero where it makes a pair.
      *(v16 *)(row + c) = (v16){0};
      for (int64_t i = c; i < j; i += 2) {
        even += s->a[i * fw + j] * *(const v16 *)(s->root + i * fw + c);
        odd += s->a[(i + 1) * fw + j] * *(const v16 *)(s->root + (i + 1) * fw + c);
      }
      *(v16 *)(row + c) = -s->inverse[j] * (even + odd);
    }
    row[j] = s->inverse[j];
  }
}

// out = W y = U'^-1 y.
INLINE void forward(const scratch *s, const float *y, float *out) {
  for (int64_t j = 0; j < s->fw; j += 4) {
    v16 sum[4] = {{0}, {0}, {0}, {0}};
    for (int64_t c = 0; c <= j; c += 16)
      for (int64_t k = 0; k < 4; k++) sum[k] += *(const v16 *)(s->root + (j + k) * s->fw + c) * *(const v16 *)(y + c);
    const v4 sums = sums16(sum);
    memcpy(out + j, &sums, sizeof sums);
  }
}

// x = W' y = U^-1 y.
INLINE void backward(const scratch *s, const float *y, float *x) {
  for (int64_t c = 0; c < s->fw; c += 16) {
    v16 even = {0}, odd = {0};
    for (int64_t j = c; j < s->fw; j += 2) {
      even += y[j] * *(const v16 *)(s->root + j * s->fw + c);
      odd += y[j + 1] * *(const v16 *)(s->root + (j + 1) * s->fw + c);
    }
    *(v16 *)(x + c) = even + odd;
  }
}

INLINE float dot_of(const float *a, const float *b, int64_t width) {
  v16 sum = {0};
  for (int64_t c = 0; c < width; c += 16) sum += *(const v16 *)(a + c) * *(const v16 *)(b + c);
  return sum16(&sum);
}

// The precision of the row's factors, with the bias integrated out, to U'U, and what pulls at them to y = U'^-1 (pull).
INLINE conditions condition(const kindred_gibbs *g, const scratch *s, int64_t row, const moments *t, float weight) {
  const int64_t fw = s->fw, rank = g->rank;
  const float *prior = g->priors + row * g->width, alpha = g->alpha * weight;
  const float beta = g->precisions[rank] + alpha * t->weight, level = g->precisions[rank] * prior[rank] + alpha * t->sum;
  i16 mask;
  lane_mask(rank, &mask);
  for (int64_t c = 0; c < fw; c += 16) {
    const v16 pull = alpha / beta * *(const v16 *)(s->sum + c);
    v16 toward = *(const v16 *)(g->precisions + c) * *(const v16 *)(prior + c);
    if (c == fw - 16) toward = (v16)((i16)toward & mask);
    *(v16 *)(s->pull + c) = pull;
    *(v16 *)(s->x + c) = alpha * *(const v16 *)(s->right + c) - level * pull + toward;
  }
  for (int64_t k = 0; k < fw; k++) {
    const float *from = s->gram + k * fw;
    float *line = s->a + k * fw;
    const float scale = beta * s->pull[k];
    for (int64_t c = k / 16 * 16; c < fw; c += 16)
      *(v16 *)(line + c) = alpha * *(const v16 *)(from + c) - scale * *(v16 *)(s->pull + c);
    s->inverse[k] = line[k] += k < rank ? g->precisions[k] : 1;
  }
  factorize(s->a, s->inverse, fw, (rank + 3) / 4 * 4);
  invert_root(s);
  forward(s, s->x, s->y);
  s->shift[0] = 1 / beta;
  return (conditions){alpha, beta, level};
}

// The errors that factors q and a bias leave. With z the cells' rows and t their targets, the sums of z, t z and z z' are at hand: the last in the
// precision U'U, and y = U q.
INLINE kindred_errors errors_of(const kindred_gibbs *g, const scratch *s, const moments *t, const conditions *c, const float *q, float bias) {
  const double sum = dot_of(s->sum, q, s->fw), pull = dot_of(s->pull, q, s->fw), with_target = dot_of(s->right, q, s->fw), weight = t->weight;
  v16 prior = {0};
  for (int64_t k = 0; k < s->fw; k += 16) prior += *(const v16 *)(g->precisions + k) * *(const v16 *)(q + k) * *(const v16 *)(q + k);
  double square = dot_of(s->y, s->y, s->fw) + c->beta * pull * pull - sum16(&prior);
  square = t->square - 2 * (with_target + (double)bias * t->sum) + square / c->alpha + bias * (2 * sum + weight * bias);
  return (kindred_errors){t->sum - sum - weight * bias, square > 0 ? square : 0, t->square, weight};
}

// The trace of the precisions of the prior times the row's covariance: how many of its numbers the prior decides.
INLINE float decided(const kindred_gibbs *g, const scratch *s) {
  float trace = 0;
  for (int64_t c = 0; c < s->fw; c += 16) {
    v16 variances = {0};
    for (int64_t j = c; j < s->fw; j++) {
      const v16 row = *(const v16 *)(s->root + j * s->fw + c);
      variances += row * row;
    }
    for (int64_t k = c; k < c + 16 && k < s->rank; k++) trace += g->precisions[k] * variances[k - c];
  }
  forward(s, s->pull, s->noise);
  return trace + g->precisions[s->rank] * (s->shift[0] + dot_of(s->noise, s->noise, s->fw));
}

INLINE float mean_of(const scratch *s, const conditions *c) {
  backward(s, s->y, s->x);
  return c->level / c->beta - dot_of(s->pull, s->x, s->fw);
}

// The weight at its mean given how far the row's mean and its covariance leave the targets (expectation maximization).
INLINE float next_weight(const kindred_gibbs *g, const scratch *s, int64_t row, const moments *t, float weight) {
  const conditions c = condition(g, s, row, t, weight);
  const float bias = mean_of(s, &c);
  const double squares = errors_of(g, s, t, &c, s->x, bias).squares + g->spread[row];
  const double own = (float)(g->rank + 1) - decided(g, s);
  return (float)((g->freedom + (double)(g->offsets[row + 1] - g->offsets[row])) /
                 (g->freedom + g->alpha * squares + (own > 0 ? own : 0) / weight));
}

// The bias is integrated out, the factors are drawn, then the bias given them.
INLINE void solve_row(const kindred_gibbs *g, const scratch *s, int64_t row, const moments *t, kindred_errors *errors) {
  const int64_t rank = g->rank;
  const float given = g->row_weights ? g->row_weights[row] : 1;
  float weight = given;
  if (g->found_weights) weight = g->found_weights[row] = next_weight(g, s, row, t, g->found_weights[row]);
  conditions c = condition(g, s, row, t, weight);
  if (g->means) {
    float *out = g->means + row * g->width;
    out[rank] = mean_of(s, &c);
    memcpy(out, s->x, rank * sizeof(float));
  }
  if (!g->solution) return;
  if (g->found_weights) c = condition(g, s, row, t, given);
  normals(g->key ^ (uint64_t)row * 0xD1B54A32D192ED03u, rank + 1, s->noise);
  for (int64_t k = 0; k < rank; k++) s->y[k] += s->noise[k];
  float *out = g->solution + row * g->width;
  out[rank] = mean_of(s, &c) + s->noise[rank] / sqrtf(c.beta);
  memcpy(out, s->x, rank * sizeof(float));
  if (errors) errors[row] = errors_of(g, s, t, &c, s->x, out[rank]);
}

// What is kept of the next cells of a row beside the products of their rows.
INLINE void add_moments(const scratch *s, int64_t count, moments *t) {
  v16 sum = {0}, square = {0}, weight = {0};
  for (int64_t n = count; n % 16; n++) s->targets[n] = s->roots[n] = 0;
  for (int64_t n = 0; n < count; n += 16) {
    const v16 target = *(const v16 *)(s->targets + n), root = *(const v16 *)(s->roots + n);
    sum += root * target;
    square += target * target;
    weight += root * root;
  }
  t->sum += sum16(&sum);
  t->square += sum16(&square);
  t->weight += sum16(&weight);
  for (int64_t c = 0; c < s->fw; c += 16) {
    v16 sum = *(v16 *)(s->sum + c), right = *(v16 *)(s->right + c);
    for (int64_t n = 0; n < count; n++) {
      const v16 z = *(const v16 *)(s->x + n * s->fw + c);
      sum += s->roots[n] * z;
      right += s->targets[n] * z;
    }
    *(v16 *)(s->sum + c) = sum;
    *(v16 *)(s->right + c) = right;
  }
}

INLINE void solve_rows(const kindred_gibbs *g, int64_t first, int64_t last, float *workspace, kindred_errors *errors, int64_t fw,
                       int registers) {
  const scratch s = scratch_in(workspace, g->rank, fw);
  i16 mask;
  lane_mask(g->rank, &mask);
  for (int64_t row = first; row < last; row++) {
    memset(s.gram, 0, fw * fw * sizeof(float));
    memset(s.sum, 0, 2 * fw * sizeof(float));  // and right, which follows
    moments t = {0, 0, 0};
    const int64_t end = g->offsets[row + 1];
    for (int64_t cell = g->offsets[row]; cell < end; cell += CHUNK) {
      const int64_t count = end - cell < CHUNK ? end - cell : CHUNK;
      for (int64_t n = 0; n < count; n++) {
        const float root = s.roots[n] = root_of(g, cell + n);
        s.targets[n] = gather_cell(g, cell + n, g->targets[g->places[cell + n]], root, &mask, fw, s.x + n * fw);
      }
      add_moments(&s, count, &t);
      add_products(s.gram, s.x, s.x, count, fw, registers);
    }
    solve_row(g, &s, row, &t, errors);
  }
}

// Small systems are a few vectors, and most of the time would go into loops that turn once.
INLINE void kindred_gibbs_rows_in(const kindred_gibbs *g, int64_t first, int64_t last, float *workspace, kindred_errors *errors,
                                  int registers) {
  const int64_t fw = factor_width(g->rank);
  switch (fw) {
    case 16: return solve_rows(g, first, last, workspace, errors, 16, registers);
    case 32: return solve_rows(g, first, last, workspace, errors, 32, registers);
    default: return solve_rows(g, first, last, workspace, errors, fw, registers);
  }
}

BY_REGISTERS(void, kindred_gibbs_rows,
             (const kindred_gibbs *g, int64_t first, int64_t last, float *workspace, kindred_errors *errors), g, first, last, workspace, errors)

CLONES void kindred_gibbs_variances(const kindred_gibbs *g, const float *rows, int64_t count, float *workspace, float *out) {
  const scratch s = scratch_in(workspace, g->rank, factor_width(g->rank));
  for (int64_t n = 0; n < count; n++) {
    for (int64_t k = 0; k < s.fw; k++) s.x[k] = k < g->rank ? rows[n * g->width + k] - s.pull[k] : 0;
    forward(&s, s.x, s.y);
    out[n] = s.shift[0] + dot_of(s.y, s.y, s.fw);
  }
}

CLONES void kindred_gibbs_errors(const kindred_gibbs *g, int64_t first, int64_t last, float *workspace, kindred_errors *errors,
                                 float *fits, float *roots) {
  const scratch s = scratch_in(workspace, g->rank, factor_width(g->rank));
  i16 mask;
  lane_mask(g->rank, &mask);
  for (int64_t row = first; row < last; row++) {
    const float *own = g->priors + row * g->width, row_root = g->row_weights ? sqrtf(g->row_weights[row]) : 1;
    for (int64_t cell = g->offsets[row]; cell < g->offsets[row + 1]; cell++) {
      const int64_t place = g->places[cell];
      // The fit on its own, so that it is the same whatever the target is.
      const float fit = -(gather_cell(g, cell, 0, 1, &mask, s.fw, s.x) - own[g->rank] - dot_of(own, s.x, s.fw));
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
