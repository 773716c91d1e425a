#include "CMachine.h"

#if defined(__x86_64__) && defined(__linux__)
#define CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define CLONES
#endif
#pragma STDC FP_CONTRACT ON

typedef float v16 __attribute__((vector_size(64), aligned(4), may_alias));

CLONES float kindred_machine_multiply(int64_t rounds) {
  v16 a[16] = {0}, x, y;
  for (int k = 0; k < 16; k++) x[k] = 1e-3f * k, y[k] = 1 - 1e-3f * k;
  for (int64_t n = 0; n < rounds; n++)
#pragma clang loop unroll(full)
    for (int k = 0; k < 16; k++) a[k] = a[k] * y + x;
  v16 sum = {0};
  for (int k = 0; k < 16; k++) sum += a[k];
  return sum[0] + sum[15];
}

CLONES float kindred_machine_read(const float *numbers, int64_t count) {
  v16 a[8] = {0};
  for (int64_t n = 0; n + 128 <= count; n += 128)
    for (int k = 0; k < 8; k++) a[k] += *(const v16 *)(numbers + n + 16 * k);
  v16 sum = {0};
  for (int k = 0; k < 8; k++) sum += a[k];
  return sum[0] + sum[15];
}
