#include "CMachine.h"

#if defined(__x86_64__) && defined(__linux__)
#define CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define CLONES
#endif
#pragma STDC FP_CONTRACT ON

typedef float v16 __attribute__((vector_size(64), aligned(4), may_alias));

static inline __attribute__((always_inline)) float multiply(int64_t rounds, int sums) {
  v16 a[16] = {0}, sum = {0};
  const v16 y = sum + 0.999f;
  for (int64_t n = 0; n < rounds; n++)
#pragma clang loop unroll(full)
    for (int k = 0; k < sums; k++) a[k] = a[k] * y + y;
  for (int k = 0; k < sums; k++) sum += a[k];
  return sum[0] + sum[15];
}

CLONES float kindred_machine_multiply(int64_t rounds, int few) {
  return few ? multiply(rounds, 6) : multiply(rounds, 16);
}

CLONES float kindred_machine_read(const float *numbers, int64_t count) {
  v16 a[8] = {0};
  for (int64_t n = 0; n + 128 <= count; n += 128)
    for (int k = 0; k < 8; k++) a[k] += *(const v16 *)(numbers + n + 16 * k);
  v16 sum = {0};
  for (int k = 0; k < 8; k++) sum += a[k];
  return sum[0] + sum[15];
}
