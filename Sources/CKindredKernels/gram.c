#include "CKindredKernels.h"
#include "products.h"

// Sums the upper triangle of X'X for rows first ..< last of factors [.][width] into out [width][width].
INLINE void gram(const float *factors, int64_t first, int64_t last, int64_t width, float *out, int registers) {
  for (; first < last; first += CHUNK) {
    const row_chunk x = {.matrix = factors + first * width, .count = last - first < CHUNK ? last - first : CHUNK};
    add_products(out, 0, &x, width, 0, 0, registers);
  }
}

KERNEL(void, gram, (const float *factors, int64_t first, int64_t last, int64_t width, float *out),
       factors, first, last, width, out)
