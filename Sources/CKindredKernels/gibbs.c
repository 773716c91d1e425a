#include <string.h>

#include "CKindredKernels.h"
#include "products.h"

typedef uint64_t w8 __attribute__((vector_size(64)));
typedef uint32_t h8 __attribute__((vector_size(32)));
typedef int32_t i8 __attribute__((vector_size(32)));
typedef int32_t i16 __attribute__((vector_size(64)));
typedef double d16 __attribute__((vector_size(128)));

// MARK: Normal draws

INLINE uint64_t mixed(uint64_t z) {
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

// Eight draws of SplitMix64 as two sets of whole numbers below 2^24.
INLINE void bits8(uint64_t key, v8 *first, v8 *second) {
  w8 z = key + (w8){1, 2, 3, 4, 5, 6, 7, 8} * 0x9E3779B97F4A7C15u;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  z ^= z >> 31;
  *first = __builtin_convertvector((i8) __builtin_convertvector(z >> 40, h8), v8);
  *second = __builtin_convertvector((i8) __builtin_convertvector((z >> 8) & 0xFFFFFF, h8), v8);
}

// sqrt(-2 log u) for u in (0, 1]: the odd series in (m - 1) / (m + 1), m in [sqrt 1/2, sqrt 2).
INLINE void radius8(v8 *u) {
  const i8 bits = (i8)*u;
  const i8 high = (bits & 0x7FFFFF) > 0x3504F3;  // -1 where m must be halved
  const i8 exponent = (bits >> 23) - 127 - high;
  const v8 m = (v8)((bits & 0x7FFFFF) | ((127 + high) << 23));
  const v8 s = (m - 1) / (m + 1), t = s * s;
  const v8 series = 2 * s * (1 + t * (0.333333333f + t * (0.2f + t * (0.142857143f + t * 0.111111111f))));
  const v8 square = -2 * (__builtin_convertvector(exponent, v8) * 0.693147181f + series);
  *u = __builtin_elementwise_sqrt((v8)((i8)square & (square > 0)));
}

// Sixteen standard normal numbers (Box and Muller): eight radii, the cosines and the sines of eight turns.
INLINE void normals16(uint64_t key, v16 *out) {
  v8 u, t;
  bits8(key, &u, &t);
  u = (u + 1) * 0x1p-24f;
  radius8(&u);
  t = t * 0x1p-22f;  // in quarters of a turn
  const i8 quarter = __builtin_convertvector(t + 0.5f, i8);
  const v8 x = (t - __builtin_convertvector(quarter, v8)) * 1.570796327f, y = x * x;
  const v8 sine = x * (1 + y * (-0.166666667f + y * (8.33333333e-3f + y * (-1.98412698e-4f + y * 2.75573192e-6f))));
  const v8 cosine = 1 + y * (-0.5f + y * (4.16666667e-2f + y * (-1.38888889e-3f + y * (2.48015873e-5f - y * 2.75573192e-7f))));
  const i8 odd = -(quarter & 1);
  const i8 a = ((i8)cosine & ~odd) | ((i8)sine & odd), b = ((i8)sine & ~odd) | ((i8)cosine & odd);
  const v8 first = u * (v8)(a ^ (((quarter + 1) & 2) << 30)), second = u * (v8)(b ^ ((quarter & 2) << 30));
  *out = __builtin_shufflevector(first, second, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
}

CLONES void kindred_normals(uint64_t key, int64_t count, float *out) {
  for (int64_t c = 0; c < count; c += 16) normals16(mixed(key) + (uint64_t)c * 0x9E3779B97F4A7C15u, (v16 *)(out + c));
}

// MARK: Rows

// The factors alone are worked on in vectors of their own; the bias is a number beside them.
static int64_t factor_width(int64_t rank) { return (rank + 15) / 16 * 16; }

int64_t kindred_gibbs_workspace(int64_t rank) {
  const int64_t fw = factor_width(rank);
  return fw * fw + CHUNK * fw + 6 * fw + 32 + CHUNK;
}

// What a row's cells add up to, and the root of its precision.
typedef struct {
  float *a, *x, *inverse, *sum, *right, *y, *noise, *shift;  // [fw][fw], [CHUNK][fw], and [fw] each; noise has 16 more
  float *targets;                                            // [CHUNK]
  int64_t fw, rank;
} scratch;

// Of the targets of a row's cells, once all but the row is taken away.
typedef struct {
  float sum, square;
} moments;

INLINE scratch scratch_in(float *workspace, int64_t rank) {
  const int64_t fw = factor_width(rank);
  scratch s = {.a = workspace, .fw = fw, .rank = rank};
  s.inverse = workspace + fw * fw;
  s.shift = s.inverse + fw;
  s.sum = s.shift + 16;
  s.right = s.sum + fw;
  s.y = s.right + fw;
  s.noise = s.y + fw;
  s.targets = s.noise + fw + 16;
  s.x = s.targets + CHUNK;
  return s;
}

// The lanes of the last vector of factors that hold factors: the bias may stand behind them.
INLINE void lane_mask(int64_t rank, i16 *mask) {
  const int32_t last = (int32_t)((rank - 1) % 16);
  *mask = (i16){0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15} <= last;
}

// z = left + right of a cell, and what its target leaves once all but this row is taken away.
INLINE float gather_cell(const kindred_gibbs *g, int64_t cell, float target, const i16 *mask, int64_t fw, float *z) {
  const float *left = g->left_rows + g->left[cell] * g->width;
  target -= g->mean + left[g->rank];
  if (!g->right) {
    for (int64_t c = 0; c < fw - 16; c += 16) *(v16 *)(z + c) = *(const v16 *)(left + c);
    *(v16 *)(z + fw - 16) = (v16)((i16) * (const v16 *)(left + fw - 16) & *mask);
    return target;
  }
  const float *right = g->right_rows + g->right[cell] * g->width;
  v16 dot = {0};
  for (int64_t c = 0; c < fw; c += 16) {
    v16 l = *(const v16 *)(left + c), r = *(const v16 *)(right + c);
    if (c == fw - 16) l = (v16)((i16)l & *mask), r = (v16)((i16)r & *mask);
    dot += l * r;
    *(v16 *)(z + c) = l + r;
  }
  return target - right[g->rank] - sum16(&dot);
}

// y = U'^-1 y in place.
INLINE void forward(const scratch *s, float *y) {
  for (int64_t k = 0; k < s->rank; k++) {
    const float *row = s->a + k * s->fw;
    const float value = y[k] * s->inverse[k];
    for (int64_t c = k / 16 * 16; c < s->fw; c += 16) *(v16 *)(y + c) -= value * *(const v16 *)(row + c);
    s->x[k] = value;
  }
  memcpy(y, s->x, s->rank * sizeof(float));
}

// x = U^-1 y; x starts as zeros.
INLINE void backward(const scratch *s, const float *y, float *x) {
  memset(x, 0, s->fw * sizeof(float));
  for (int64_t k = s->rank - 1; k >= 0; k--) {
    const float *row = s->a + k * s->fw;
    v16 sum = {0};
    for (int64_t c = k / 16 * 16; c < s->fw; c += 16) sum += *(const v16 *)(row + c) * *(const v16 *)(x + c);
    x[k] = (y[k] - sum16(&sum)) * s->inverse[k];
  }
}

INLINE float dot_of(const float *a, const float *b, int64_t width) {
  v16 sum = {0};
  for (int64_t c = 0; c < width; c += 16) sum += *(const v16 *)(a + c) * *(const v16 *)(b + c);
  return sum16(&sum);
}

// Adds the errors that the row's new factors q and bias leave, and their squares, to sums: with z the cells' rows and t their targets, the sums
// of z, t z and z z' are at hand. The last is in the precision U'U of the draw, and y = U q.
INLINE void add_errors(const kindred_gibbs *g, const scratch *s, const moments *t, float count, float beta, float level, const float *q,
                       float bias, double *sums) {
  const double alpha = g->alpha, part = dot_of(s->sum, q, s->fw);
  const double sum = part * beta / alpha, with_target = (dot_of(s->right, q, s->fw) + level * part) / alpha;
  double square = dot_of(s->y, s->y, s->fw) + beta * part * part;
  for (int64_t k = 0; k < s->rank; k++) square -= (double)g->precisions[k] * q[k] * q[k];
  sums[0] += t->sum - sum - (double)count * bias;
  sums[1] += t->square - 2 * (with_target + (double)bias * t->sum) + square / alpha + bias * (2 * sum + (double)count * bias);
  sums[2] += t->square;
}

// The bias is integrated out, the factors are drawn, then the bias given them.
INLINE void solve_row(const kindred_gibbs *g, const scratch *s, int64_t row, const moments *t, double *sums) {
  const int64_t fw = s->fw, rank = g->rank;
  const float *prior = g->priors + row * g->width, alpha = g->alpha, count = (float)(g->offsets[row + 1] - g->offsets[row]);
  const float beta = g->precisions[rank] + alpha * count;
  const float level = g->precisions[rank] * prior[rank] + alpha * t->sum;
  for (int64_t c = 0; c < fw; c += 16) {
    *(v16 *)(s->right + c) = alpha * *(v16 *)(s->right + c) - alpha / beta * level * *(v16 *)(s->sum + c);
    *(v16 *)(s->sum + c) *= alpha / beta;
  }
  for (int64_t k = 0; k < fw; k++) {
    float *line = s->a + k * fw;
    const float scale = beta * s->sum[k];
    for (int64_t c = k / 16 * 16; c < fw; c += 16)
      *(v16 *)(line + c) = alpha * *(v16 *)(line + c) - scale * *(v16 *)(s->sum + c);
    line[k] += k < rank ? g->precisions[k] : 1;
    s->inverse[k] = line[k];
    s->y[k] = k < rank ? s->right[k] + g->precisions[k] * prior[k] : 0;
  }
  factorize(s->a, s->inverse, fw, (rank + 3) / 4 * 4);
  forward(s, s->y);
  s->shift[0] = 1 / beta;
  if (g->means) {
    float *out = g->means + row * g->width;
    backward(s, s->y, s->x);
    memcpy(out, s->x, rank * sizeof(float));
    out[rank] = level / beta - dot_of(s->sum, s->x, fw);
  }
  if (!g->solution) return;
  kindred_normals(g->key ^ (uint64_t)row * 0xD1B54A32D192ED03u, rank + 1, s->noise);
  for (int64_t k = 0; k < rank; k++) s->y[k] += s->noise[k];
  backward(s, s->y, s->x);
  float *out = g->solution + row * g->width;
  memcpy(out, s->x, rank * sizeof(float));
  out[rank] = level / beta - dot_of(s->sum, s->x, fw) + s->noise[rank] / sqrtf(beta);
  if (sums) add_errors(g, s, t, count, beta, level, s->x, out[rank], sums);
}

// What is kept of the next cells of a row beside the products of their rows.
INLINE void add_moments(const scratch *s, int64_t count, moments *t) {
  v16 sum = {0}, square = {0};
  for (int64_t n = count; n % 16; n++) s->targets[n] = 0;
  for (int64_t n = 0; n < count; n += 16) {
    const v16 target = *(const v16 *)(s->targets + n);
    sum += target;
    square += target * target;
  }
  t->sum += sum16(&sum);
  t->square += sum16(&square);
  for (int64_t c = 0; c < s->fw; c += 16) {
    v16 sum = *(v16 *)(s->sum + c), right = *(v16 *)(s->right + c);
    for (int64_t n = 0; n < count; n++) {
      const v16 z = *(const v16 *)(s->x + n * s->fw + c);
      sum += z;
      right += s->targets[n] * z;
    }
    *(v16 *)(s->sum + c) = sum;
    *(v16 *)(s->right + c) = right;
  }
}

CLONES void kindred_gibbs_rows(const kindred_gibbs *g, int64_t first, int64_t last, float *workspace, double *sums) {
  const scratch s = scratch_in(workspace, g->rank);
  const int64_t fw = s.fw;
  i16 mask;
  lane_mask(g->rank, &mask);
  for (int64_t row = first; row < last; row++) {
    memset(s.a, 0, fw * fw * sizeof(float));
    memset(s.sum, 0, 2 * fw * sizeof(float));  // and right, which follows
    moments t = {0, 0};
    const int64_t end = g->offsets[row + 1];
    for (int64_t cell = g->offsets[row]; cell < end; cell += CHUNK) {
      const int64_t count = end - cell < CHUNK ? end - cell : CHUNK;
      for (int64_t n = 0; n < count; n++)
        s.targets[n] = gather_cell(g, cell + n, g->targets[g->places[cell + n]], &mask, fw, s.x + n * fw);
      add_moments(&s, count, &t);
      add_products(s.a, s.x, s.x, count, fw);
    }
    solve_row(g, &s, row, &t, sums);
  }
}

CLONES void kindred_gibbs_variances(const kindred_gibbs *g, const float *rows, int64_t count, float *workspace, float *out) {
  const scratch s = scratch_in(workspace, g->rank);
  for (int64_t n = 0; n < count; n++) {
    for (int64_t k = 0; k < s.fw; k++) s.y[k] = k < g->rank ? rows[n * g->width + k] - s.sum[k] : 0;
    forward(&s, s.y);
    out[n] = s.shift[0] + dot_of(s.y, s.y, s.fw);
  }
}

CLONES void kindred_gibbs_errors(const kindred_gibbs *g, int64_t first, int64_t last, float *workspace, double *sums,
                                 float *fits) {
  const scratch s = scratch_in(workspace, g->rank);
  i16 mask;
  lane_mask(g->rank, &mask);
  for (int64_t row = first; row < last; row++) {
    const float *own = g->priors + row * g->width;
    for (int64_t cell = g->offsets[row]; cell < g->offsets[row + 1]; cell++) {
      // The fit on its own, so that it is the same whatever the target is.
      const float fit = -(gather_cell(g, cell, 0, &mask, s.fw, s.x) - own[g->rank] - dot_of(own, s.x, s.fw));
      const float e = g->targets[g->places[cell]] - fit;
      sums[0] += e;
      sums[1] += (double)e * e;
      if (fits) fits[g->places[cell]] = fit;
    }
  }
}

// MARK: Features

CLONES void kindred_gibbs_residuals(const float *rows, float *priors, int64_t count, int64_t width, int64_t lane, double *sums) {
  d16 sum = {0}, square = {0};
  for (int64_t row = 0; row < count; row++) {
    v16 *at = (v16 *)(priors + row * width + lane);
    *at = *(const v16 *)(rows + row * width + lane) - *at;
    const d16 value = __builtin_convertvector(*at, d16);
    sum += value;
    square += value * value;
  }
  memcpy(sums, &sum, sizeof sum);
  memcpy(sums + 16, &square, sizeof square);
}

CLONES void kindred_gibbs_shift(float *rows, int64_t count, int64_t width, int64_t lane, const float *shift) {
  const v16 by = *(const v16 *)shift;
  for (int64_t row = 0; row < count; row++) *(v16 *)(rows + row * width + lane) += by;
}

CLONES void kindred_gibbs_features(const kindred_features *f, int64_t first, int64_t last) {
  const v16 within = *(const v16 *)f->row_precisions, precision = *(const v16 *)f->precisions, mean = *(const v16 *)f->means;
  i16 mask = (i16){0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15} < (int32_t)f->lanes;
  for (int64_t feature = first; feature < last; feature++) {
    v16 sum = {0}, noise;
    float square = 0;
    for (int64_t cell = f->offsets[feature]; cell < f->offsets[feature + 1]; cell++) {
      const float x = f->weights[cell];
      sum += x * *(const v16 *)(f->residuals + f->rows[cell] * f->width + f->lane);
      square += x * x;
    }
    v16 *at = (v16 *)(f->values + feature * f->width + f->lane);
    normals16(mixed(f->key ^ (uint64_t)feature * 0xD1B54A32D192ED03u), &noise);
    noise = (v16)((i16)noise & mask);
    const v16 total = precision + within * square;
    const v16 value = (precision * mean + within * (sum + square * *at)) / total + noise / __builtin_elementwise_sqrt(total);
    const v16 change = value - *at;
    *at = value;
    for (int64_t cell = f->offsets[feature]; cell < f->offsets[feature + 1]; cell++)
      *(v16 *)(f->residuals + f->rows[cell] * f->width + f->lane) -= f->weights[cell] * change;
  }
}
