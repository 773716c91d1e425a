#include "CKindredKernels.h"
#include "products.h"

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
