#include "CKindredKernels.h"
#include "vectors.h"

// Ratings between the one at work and the one whose rows are fetched.
enum { AHEAD = 12 };

// p += rate (e q - lambda p), q += rate (e p - lambda q), the old p in both; biases likewise. PANELS vectors a row.
INLINE double step_block(const kindred_sgd *s, const kindred_rating *ratings, int64_t count, int64_t panels) {
  const float rate = s->rate, mean = s->mean, scale = s->scale, bias_scale = s->bias_scale;
  const int64_t width = 16 * panels;
  double loss = 0;
  for (int64_t n = 0; n < count; n++) {
    const kindred_rating *ahead = ratings + (n + AHEAD < count ? n + AHEAD : n);
    const float *user_ahead = s->users + ahead->user * width, *item_ahead = s->items + ahead->item * width;
    for (int64_t k = 0; k < panels; k++) {
      __builtin_prefetch(user_ahead + 16 * k, 1);
      __builtin_prefetch(item_ahead + 16 * k, 1);
    }
    const int64_t user = ratings[n].user, item = ratings[n].item;
    v16 *restrict p = (v16 *)(s->users + user * width), *restrict q = (v16 *)(s->items + item * width);
    v16 sum = {0};
    for (int64_t k = 0; k < panels; k++) sum += p[k] * q[k];
    const float bu = s->user_biases[user], bi = s->item_biases[item];
    const float keep_user = 1 - rate * s->user_penalties[user], keep_item = 1 - rate * s->item_penalties[item];
    const float e = (ratings[n].value - mean) * scale - bu - bi - sum16(&sum);
    const float step = rate * e;
    for (int64_t k = 0; k < panels; k++) {
      const v16 old = p[k];
      p[k] = old * keep_user + step * q[k];
      q[k] = q[k] * keep_item + step * old;
    }
    loss += (double)e * e;
    s->user_biases[user] = bu + rate * (e - bias_scale * s->user_penalties[user] * bu);
    s->item_biases[item] = bi + rate * (e - bias_scale * s->item_penalties[item] * bi);
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
