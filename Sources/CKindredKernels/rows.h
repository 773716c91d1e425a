#ifndef KINDRED_ROWS_H
#define KINDRED_ROWS_H

#include "CKindredKernels.h"
#include "vectors.h"

// A row is asked for AHEAD rows early, a line with each step of the arithmetic, so that memory works while the core does. A row of FAR floats
// in all is too long for those caches.
enum { AHEAD = 64, NEAR = 32, FAR = 1 << 16 };

// Where the factors of cells first ..< last are, and, for who looks further, AHEAD times where the last are.
INLINE void locate(const kindred_rows *rows, int64_t first, int64_t last, const float **out) {
  for (int64_t cell = first; cell < last + AHEAD; cell++)
    *out++ = last > first ? rows->factors + rows->columns[cell < last ? cell : last - 1] * rows->width : rows->factors;
}

// A row of the problem, solved in descend.c.
double kindred_descend(const kindred_rows *rows, int64_t row, const float *const *from, const float *targets, int64_t n, float *working);

#endif
