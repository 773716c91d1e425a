#include "CKindredKernels.h"

#include "levels.h"

INLINE void pair_sums(const uint64_t *words, const uint32_t *ranks, const float *values, const int32_t *others,
                      int64_t count, float *sums, int registers) {
  (void)registers;
  for (int64_t i = 0; i < count; i++) {
    const uint32_t other = (uint32_t)others[i];
    const uint64_t word = words[other / 64], bit = (uint64_t)1 << other % 64;
    const uint32_t rank = ranks[other / 64] + (uint32_t)__builtin_popcountll(word & (bit - 1));
    sums[i] = word & bit ? values[rank] : 0;
  }
}

KERNEL(void, pair_sums,
       (const uint64_t *words, const uint32_t *ranks, const float *values, const int32_t *others, int64_t count,
        float *sums),
       words, ranks, values, others, count, sums)
