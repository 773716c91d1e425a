// Products of rows: what every kernel that solves for a row is made of.
#ifndef KINDRED_PRODUCTS_H
#define KINDRED_PRODUCTS_H

#include "vectors.h"

// Rows taken at a time: they and their triangle stay in the caches nearest the core.
enum { CHUNK = 64 };

// Some rows of a table from column `at` on, with their targets, their weights or null, and the rows that will be wanted later.
typedef struct {
  const float *const *row, *const *later;
  const float *target, *weight;
  int64_t count, at;
} chunk;

// One tile of A += X'WX: `tall` rows from j by `panels` vectors of columns from c. On the diagonal, if there are
// targets, also b += X'Wt.
INLINE void add_tile(float *a, float *b, const chunk *x, int64_t width, int64_t j, int64_t c, int tall, int panels, int weighted,
                     int64_t line) {
  v16 sum[16][2], right = {0};
  for (int r = 0; r < tall; r++)
    for (int k = 0; k < panels; k++) sum[r][k] = *(v16 *)(a + (j + r) * width + c + 16 * k);
  for (int64_t i = 0; i < x->count; i++) {
    const float *row = x->row[i] + x->at;
    if (line >= 0) __builtin_prefetch(x->later[i] + x->at + line);
    for (int k = 0; k < panels; k++) {
      v16 column = *(const v16 *)(row + c + 16 * k);
      if (weighted) column *= x->weight[i];
      if (b) right += x->target[i] * column;
      for (int r = 0; r < tall; r++) sum[r][k] += row[j + r] * column;
    }
  }
  for (int r = 0; r < tall; r++)
    for (int k = 0; k < panels; k++) *(v16 *)(a + (j + r) * width + c + 16 * k) = sum[r][k];
  if (b) *(v16 *)(b + c) += right;
}

// The same for the rows and the columns c + 8 ..< c + 16: what a tile on the diagonal needs of its lower half.
INLINE void add_corner(float *a, const chunk *x, int64_t width, int64_t c, int weighted) {
  v8 sum[8];
  for (int r = 0; r < 8; r++) sum[r] = *(v8 *)(a + (c + 8 + r) * width + c + 8);
  for (int64_t i = 0; i < x->count; i++) {
    const float *row = x->row[i] + x->at + c + 8;
    v8 column = *(const v8 *)row;
    if (weighted) column *= x->weight[i];
    for (int r = 0; r < 8; r++) sum[r] += row[r] * column;
  }
  for (int r = 0; r < 8; r++) *(v8 *)(a + (c + 8 + r) * width + c + 8) = sum[r];
}

// The upper triangle of A [width][width] += X'WX for the rows of a chunk, and b [width], if any, += X'Wt; some of what is left of the
// diagonal changes too. Meanwhile asks for the first `length` floats of the later rows, more than once, since processors drop such wishes
// when they are busy.
INLINE void add_products(float *a, float *b, const chunk *x, int64_t width, int weighted, int64_t length, int registers) {
  int64_t line = length ? 0 : -1;
  for (int64_t j = 0; j < width; j += 16)
    for (int64_t c = j; c < width; c += registers >= 32 && c > j && c + 32 <= width ? 32 : 16) {
      if (c == j) {
        const int tall = registers >= 32 ? 8 : 4;
        add_tile(a, b, x, width, j, c, tall, 1, weighted, line);
        if (tall < 8) add_tile(a, 0, x, width, j + 4, c, 4, 1, weighted, -1);
        add_corner(a, x, width, c, weighted);
      } else if (registers < 32) {
        add_tile(a, 0, x, width, j, c, 4, 1, weighted, line);
        for (int r = 4; r < 16; r += 4) add_tile(a, 0, x, width, j + r, c, 4, 1, weighted, -1);
      } else if (c + 32 > width) {
        add_tile(a, 0, x, width, j, c, 16, 1, weighted, line);
      } else {
        add_tile(a, 0, x, width, j, c, 8, 2, weighted, line);
        if (length) line = line + 16 < length ? line + 16 : 0;
        add_tile(a, 0, x, width, j + 8, c, 8, 2, weighted, line);
      }
      if (length) line = line + 16 < length ? line + 16 : 0;
    }
}

#endif
