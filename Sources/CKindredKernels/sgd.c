#include "CKindredKernels.h"
#include "vectors.h"

// The most ratings of one user that make a step together, and how many ratings early rows are prefetched.
enum { RUN = 4, AHEAD = 12 };

// Takes one step for `count` ratings of one user at once: with the old user row p in every formula,
//   p += rate (sum e q - count lambda_p p),   q += rate (e p - lambda_q q)   for each item row q,
// and the same for biases. `count` and `vectors`, the width in vectors of sixteen, may be constants. An item that
// occurs twice takes its steps one after the other. Returns the sum of the squared errors e.
INLINE double step_run(const kindred_sgd *s, const kindred_rating *ratings, int count, int64_t vectors) {
  const float rate = s->rate;
  const int64_t user = ratings->user, width = 16 * vectors;
  v16 *restrict user_row = (v16 *)(s->users + user * width);
  v16 *item_rows[RUN], sum[RUN] = {0};
  v4 targets = {0}, biases = {0}, penalties = {0}, error = {0};
  for (int r = 0; r < count; r++) {
    const int64_t item = ratings[r].item;
    item_rows[r] = (v16 *)(s->items + item * width);
    targets[r] = ratings[r].value;
    biases[r] = s->item_biases[item];
    penalties[r] = s->item_penalties[item];
  }
  for (int64_t k = 0; k < vectors; k++)
    for (int r = 0; r < count; r++) sum[r] += user_row[k] * item_rows[r][k];
  const float bias = s->user_biases[user], penalty = s->user_penalties[user];
  const v4 errors = (targets - s->mean) * s->scale - bias - biases - sums16(sum);
  for (int r = 0; r < count; r++) error[r] = errors[r];
  const v4 step = rate * error, keep = 1 - rate * penalties;
  const v4 bias_steps = rate * (error - s->bias_scale * penalties * biases);
  const float keep_user = 1 - count * rate * penalty;
  for (int64_t k = 0; k < vectors; k++) {
    const v16 old = user_row[k];
    v16 new = old * keep_user;
    for (int r = 0; r < count; r++) {
      const v16 item = item_rows[r][k];
      new += step[r] * item;
      item_rows[r][k] = item * keep[r] + step[r] * old;
    }
    user_row[k] = new;
  }
  for (int r = 0; r < count; r++) s->item_biases[ratings[r].item] += bias_steps[r];
  s->user_biases[user] =
      bias + rate * ((error[0] + error[2]) + (error[1] + error[3]) - count * s->bias_scale * penalty * bias);
  error *= error;
  return (double)((error[0] + error[2]) + (error[1] + error[3]));
}

// `sgd_block` for a number of vectors that may be a constant.
INLINE double step_block(const kindred_sgd *s, const kindred_rating *ratings, int64_t count, int64_t vectors) {
  const kindred_rating *const end = ratings + count;
  double loss = 0;
  for (const kindred_rating *r = ratings; r < end;) {
    const int64_t left = end - r;
    if (left >= AHEAD + RUN)
      for (int64_t k = 0; k < vectors; k++) {
        __builtin_prefetch(s->users + r[AHEAD].user * 16 * vectors + 16 * k, 1);
        for (int ahead = AHEAD; ahead < AHEAD + RUN; ahead++)
          __builtin_prefetch(s->items + r[ahead].item * 16 * vectors + 16 * k, 1);
      }
    int run = 1;
    while (run < RUN && run < left && r[run].user == r->user) run++;
    switch (run) {
      case 4: loss += step_run(s, r, 4, vectors); break;
      case 3: loss += step_run(s, r, 3, vectors); break;
      case 2: loss += step_run(s, r, 2, vectors); break;
      default: loss += step_run(s, r, 1, vectors);
    }
    r += run;
  }
  return loss;
}

// The usual widths are built apart.
INLINE double sgd_block(const kindred_sgd *s, const kindred_rating *ratings, int64_t count, int registers) {
  switch (s->width / 16) {
    case 1: return step_block(s, ratings, count, 1);
    case 2: return step_block(s, ratings, count, 2);
    case 4: return step_block(s, ratings, count, 4);
    case 8: return step_block(s, ratings, count, 8);
    default: return step_block(s, ratings, count, s->width / 16);
  }
}

KERNEL(double, sgd_block, (const kindred_sgd *s, const kindred_rating *ratings, int64_t count), s, ratings, count)

INLINE double sgd_plain(const kindred_sgd *s, const int32_t *users, const int32_t *items, const float *values,
                        int64_t count, int registers) {
  const int64_t vectors = s->width / 16;
  const float rate = s->rate;
  double loss = 0;
  for (int64_t n = 0; n < count; n++) {
    const int64_t user = users[n], item = items[n];
    v16 *p = (v16 *)(s->users + user * s->width), *q = (v16 *)(s->items + item * s->width);
    v16 sum = {0};
    for (int64_t k = 0; k < vectors; k++) sum += p[k] * q[k];
    const float e = values[n] - sum16(&sum);
    loss += (double)e * e;
    for (int64_t k = 0; k < vectors; k++) {
      p[k] = p[k] + rate * (2 * e * q[k] - s->user_penalties[user] * p[k]);
      q[k] = q[k] + rate * (2 * e * p[k] - s->item_penalties[item] * q[k]);
    }
  }
  return loss;
}

KERNEL(double, sgd_plain,
       (const kindred_sgd *s, const int32_t *users, const int32_t *items, const float *values, int64_t count),
       s, users, items, values, count)
