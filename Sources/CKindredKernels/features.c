#include <string.h>

#include "CKindredKernels.h"
#include "normals.h"

typedef double d16 __attribute__((vector_size(128)));

INLINE void gibbs_residuals(const float *rows, float *priors, int64_t count, int64_t width, int64_t lane, double *sums,
                            int registers) {
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

INLINE void gibbs_shift(float *rows, int64_t count, int64_t width, int64_t lane, const float *shift, int registers) {
  const v16 by = *(const v16 *)shift;
  for (int64_t row = 0; row < count; row++) *(v16 *)(rows + row * width + lane) += by;
}

// A feature's value given the others is a regression of the residuals, its own part put back, on the feature's weights.
INLINE void gibbs_features(const kindred_features *f, int64_t first, int64_t last, int registers) {
  const v16 row_precision = *(const v16 *)f->row_precisions;
  const v16 precision = *(const v16 *)f->precisions, mean = *(const v16 *)f->means;
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
    normals16(mixed(key_of(f->key, feature)), &noise);
    noise = (v16)((i16)noise & mask);
    const v16 total = precision + row_precision * square;
    const v16 value = (precision * mean + row_precision * (sum + square * *at)) / total +
                      noise / __builtin_elementwise_sqrt(total);
    const v16 change = value - *at;
    *at = value;
    for (int64_t cell = f->offsets[feature]; cell < f->offsets[feature + 1]; cell++)
      *(v16 *)(f->residuals + f->rows[cell] * f->width + f->lane) -= f->weights[cell] * change;
  }
}

KERNEL(void, gibbs_residuals,
       (const float *rows, float *priors, int64_t count, int64_t width, int64_t lane, double *sums),
       rows, priors, count, width, lane, sums)

KERNEL(void, gibbs_shift, (float *rows, int64_t count, int64_t width, int64_t lane, const float *shift),
       rows, count, width, lane, shift)

KERNEL(void, gibbs_features, (const kindred_features *f, int64_t first, int64_t last), f, first, last)
