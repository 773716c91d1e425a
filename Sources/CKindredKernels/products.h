// Weighted sums of the products of rows: the normal equations of every kernel that solves for a row.
#ifndef KINDRED_PRODUCTS_H
#define KINDRED_PRODUCTS_H

#include "vectors.h"

// Rows summed at a time: they and their triangle stay in the caches nearest the core.
enum { CHUNK = 64 };

// Up to CHUNK rows, each read from one column on: rows of a table at any places, or a matrix of their own.
typedef struct {
  const float *const *rows;   // [count]; null: the rows of matrix
  const float *matrix;        // [count][width], of the width of the product
  const float *const *later;  // [count]: rows to prefetch meanwhile
  const float *targets;       // [count]; read where a right-hand side is summed
  const float *weights;       // [count]; read where the products are weighted
  int64_t count;
  int64_t column;  // the first column that is read
} row_chunk;

INLINE const float *row_of(const row_chunk *x, int64_t i, int64_t width) {
  return x->rows ? x->rows[i] + x->column : x->matrix + i * width;
}

// One tile of A [width][width] += X'WX: `height` rows from `top` by `vectors` vectors of columns from `left`, both
// constants. Where b [width] is given, also b += X'Wt for the columns of the tile. Prefetches a line of each later row
// unless `line`, its place in the row, is negative.
INLINE void add_tile(float *a, float *b, const row_chunk *x, int64_t width, int64_t top, int64_t left, int height,
                     int vectors, int weighted, int64_t line) {
  v16 sum[16][2], right = {0};
  for (int r = 0; r < height; r++)
    for (int v = 0; v < vectors; v++) sum[r][v] = *(v16 *)(a + (top + r) * width + left + 16 * v);
  for (int64_t i = 0; i < x->count; i++) {
    const float *row = row_of(x, i, width);
    if (line >= 0) __builtin_prefetch(x->later[i] + x->column + line);
    for (int v = 0; v < vectors; v++) {
      v16 columns = *(const v16 *)(row + left + 16 * v);
      if (weighted) columns *= x->weights[i];
      if (b) right += x->targets[i] * columns;
      for (int r = 0; r < height; r++) sum[r][v] += row[top + r] * columns;
    }
  }
  for (int r = 0; r < height; r++)
    for (int v = 0; v < vectors; v++) *(v16 *)(a + (top + r) * width + left + 16 * v) = sum[r][v];
  if (b) *(v16 *)(b + left) += right;
}

// The same for rows and columns corner ..< corner + 8.
INLINE void add_corner(float *a, const row_chunk *x, int64_t width, int64_t corner, int weighted) {
  v8 sum[8];
  for (int r = 0; r < 8; r++) sum[r] = *(v8 *)(a + (corner + r) * width + corner);
  for (int64_t i = 0; i < x->count; i++) {
    const float *row = row_of(x, i, width) + corner;
    v8 columns = *(const v8 *)row;
    if (weighted) columns *= x->weights[i];
    for (int r = 0; r < 8; r++) sum[r] += row[r] * columns;
  }
  for (int r = 0; r < 8; r++) *(v8 *)(a + (corner + r) * width + corner) = sum[r];
}

// The upper triangle of A [width][width] += X'WX for the rows of a chunk, and b [width], where it is given, += X'Wt.
//
// Cuts A into tiles whose sums stay in registers. Of a tile on the diagonal, the lower left quarter is left out; other
// entries below the diagonal get sums that nobody reads. Meanwhile prefetches the first `length` floats of the later
// rows, a line per tile and again from the start, since a busy processor drops prefetches.
INLINE void add_products(float *a, float *b, const row_chunk *x, int64_t width, int weighted, int64_t length,
                         int registers) {
  int64_t line = length ? 0 : -1;
  for (int64_t top = 0; top < width; top += 16)
    for (int64_t left = top; left < width; left += registers >= 32 && left > top && left + 32 <= width ? 32 : 16) {
      if (left == top) {
        const int height = registers >= 32 ? 8 : 4;
        add_tile(a, b, x, width, top, left, height, 1, weighted, line);
        if (height < 8) add_tile(a, 0, x, width, top + 4, left, 4, 1, weighted, -1);
        add_corner(a, x, width, left + 8, weighted);
      } else if (registers < 32) {
        add_tile(a, 0, x, width, top, left, 4, 1, weighted, line);
        for (int r = 4; r < 16; r += 4) add_tile(a, 0, x, width, top + r, left, 4, 1, weighted, -1);
      } else if (left + 32 > width) {
        add_tile(a, 0, x, width, top, left, 16, 1, weighted, line);
      } else {
        add_tile(a, 0, x, width, top, left, 8, 2, weighted, line);
        if (length) line = line + 16 < length ? line + 16 : 0;
        add_tile(a, 0, x, width, top + 8, left, 8, 2, weighted, line);
      }
      if (length) line = line + 16 < length ? line + 16 : 0;
    }
}

#endif
