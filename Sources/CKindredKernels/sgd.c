#include "CKindredKernels.h"
#include "vectors.h"

// Ratings of one person that make one step together, and ratings between those at work and those whose rows are fetched.
enum { RUN = 4, AHEAD = 12 };

// For `count` ratings of one person at once: p += rate (sum e q - count lambda p), q += rate (e p - lambda q), the old p in all; biases
// likewise. PANELS vectors a row. An item that is there twice takes its steps one after the other.
INLINE double step_run(const kindred_sgd *s, const kindred_rating *ratings, int count, int64_t panels) {
  const float rate = s->rate;
  const int64_t user = ratings->user, width = 16 * panels;
  v16 *restrict p = (v16 *)(s->users + user * width);
  v16 *q[RUN], sum[RUN] = {0};
  v4 targets = {0}, biases = {0}, penalties = {0}, e = {0};
  for (int r = 0; r < count; r++) {
    const int64_t item = ratings[r].item;
    q[r] = (v16 *)(s->items + item * width);
    targets[r] = ratings[r].value;
    biases[r] = s->item_biases[item];
    penalties[r] = s->item_penalties[item];
  }
  for (int64_t k = 0; k < panels; k++)
    for (int r = 0; r < count; r++) sum[r] += p[k] * q[r][k];
  const float bias = s->user_biases[user], penalty = s->user_penalties[user];
  const v4 errors = (targets - s->mean) * s->scale - bias - biases - sums16(sum);
  for (int r = 0; r < count; r++) e[r] = errors[r];
  const v4 step = rate * e, keep = 1 - rate * penalties, moves = rate * (e - s->bias_scale * penalties * biases);
  const float keep_user = 1 - count * rate * penalty;
  for (int64_t k = 0; k < panels; k++) {
    const v16 old = p[k];
    v16 new = old * keep_user;
    for (int r = 0; r < count; r++) {
      const v16 item = q[r][k];
      new += step[r] * item;
      q[r][k] = item * keep[r] + step[r] * old;
    }
    p[k] = new;
  }
  for (int r = 0; r < count; r++) s->item_biases[ratings[r].item] += moves[r];
  s->user_biases[user] = bias + rate * ((e[0] + e[2]) + (e[1] + e[3]) - count * s->bias_scale * penalty * bias);
  e *= e;
  return (double)((e[0] + e[2]) + (e[1] + e[3]));
}

INLINE double step_block(const kindred_sgd *s, const kindred_rating *ratings, int64_t count, int64_t panels) {
  const kindred_rating *const end = ratings + count;
  double loss = 0;
  for (const kindred_rating *r = ratings; r < end;) {
    const int64_t left = end - r;
    if (left >= AHEAD + RUN)
      for (int64_t k = 0; k < panels; k++) {
        __builtin_prefetch(s->users + r[AHEAD].user * 16 * panels + 16 * k, 1);
        for (int ahead = AHEAD; ahead < AHEAD + RUN; ahead++)
          __builtin_prefetch(s->items + r[ahead].item * 16 * panels + 16 * k, 1);
      }
    int run = 1;
    while (run < RUN && run < left && r[run].user == r->user) run++;
    switch (run) {
      case 4: loss += step_run(s, r, 4, panels); break;
      case 3: loss += step_run(s, r, 3, panels); break;
      case 2: loss += step_run(s, r, 2, panels); break;
      default: loss += step_run(s, r, 1, panels);
    }
    r += run;
  }
  return loss;
}

CLONES double kindred_sgd_block(const kindred_sgd *s, const kindred_rating *ratings, int64_t count) {
  switch (s->width / 16) {
    case 1: return step_block(s, ratings, count, 1);
    case 2: return step_block(s, ratings, count, 2);
    case 4: return step_block(s, ratings, count, 4);
    case 8: return step_block(s, ratings, count, 8);
    default: return step_block(s, ratings, count, s->width / 16);
  }
}

CLONES double kindred_sgd_plain(const kindred_sgd *s, const int32_t *users, const int32_t *items, const float *values,
                                int64_t count) {
  const float rate = s->rate;
  double loss = 0;
  for (int64_t n = 0; n < count; n++) {
    const int64_t user = users[n], item = items[n];
    v16 *p = (v16 *)(s->users + user * s->width), *q = (v16 *)(s->items + item * s->width);
    v16 sum = {0};
    for (int64_t k = 0; k < s->width / 16; k++) sum += p[k] * q[k];
    const float e = values[n] - sum16(&sum);
    loss += (double)e * e;
    for (int64_t k = 0; k < s->width / 16; k++) {
      p[k] = p[k] + rate * (2 * e * q[k] - s->user_penalties[user] * p[k]);
      q[k] = q[k] + rate * (2 * e * p[k] - s->item_penalties[item] * q[k]);
    }
  }
  return loss;
}
