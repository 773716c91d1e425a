// What the kernels that solve for rows share: where the factors of a row's cells are.
#ifndef KINDRED_ROWS_H
#define KINDRED_ROWS_H

#include "CKindredKernels.h"
#include "vectors.h"

// Factors are read at random places of a large table, so their rows are prefetched while others are worked on: AHEAD
// cells early where each costs as much arithmetic as a matrix, NEAR cells early where it costs a few dot products.
enum { AHEAD = 64, NEAR = 32 };

// Floats of a row's cells that the nearer caches hold between two passes over them.
enum { CACHED = 1 << 16 };

// Writes where the factors of cells first ..< last are to out [last - first + AHEAD], where the last AHEAD repeat the
// last cell, for whoever prefetches beyond it.
INLINE void locate(const kindred_rows *rows, int64_t first, int64_t last, const float **out) {
  for (int64_t cell = first; cell < last + AHEAD; cell++)
    *out++ = last > first ? rows->factors + rows->columns[cell < last ? cell : last - 1] * rows->width : rows->factors;
}

// Solves one row by conjugate gradients from 0, which pass over its `count` cells at each step and never form its
// matrix. Weights are 1, and there is no base. cells [count + AHEAD] is from `locate`, targets [count + 3] has room for
// whole groups of four, workspace [4][width] is overwritten. Writes the row's solution and bias. Returns x'X't, or -1
// if the steps allowed do not suffice.
double kindred_descend(const kindred_rows *rows, int64_t row, const float *const *cells, const float *targets,
                       int64_t count, float *workspace);

#endif
