#include <string.h>

#include "CKindredKernels.h"
#include "vectors.h"

enum { PANEL = 32, PEOPLE = 8 };

void kindred_pack_items(const float *items, const float *biases, int64_t count, int64_t rank, int64_t width, float *packed,
                        float *packed_biases) {
  const int64_t panels = (count + PANEL - 1) / PANEL;
  memset(packed, 0, panels * rank * PANEL * sizeof(float));
  memset(packed_biases, 0, panels * PANEL * sizeof(float));
  for (int64_t i = 0; i < count; i++) {
    float *to = packed + i / PANEL * rank * PANEL + i % PANEL;
    for (int64_t k = 0; k < rank; k++) to[k * PANEL] = items[i * width + k];
    packed_biases[i] = biases ? biases[i] : 0;
  }
}

// Scores of `people` (a constant) users for one panel: each lane adds its products in order of the factors.
INLINE void score_panel(const float *panel, const float *biases, int64_t rank, const float *users, const float *base, int64_t width,
                        int people, v16 (*out)[2]) {
  for (int u = 0; u < people; u++) {
    out[u][0] = base[u] + *(const v16 *)biases;
    out[u][1] = base[u] + *(const v16 *)(biases + 16);
  }
  for (int64_t k = 0; k < rank; k++) {
    const v16 left = *(const v16 *)(panel + k * PANEL), right = *(const v16 *)(panel + k * PANEL + 16);
    for (int u = 0; u < people; u++) {
      const float factor = users[u * width + k];
      out[u][0] += factor * left;
      out[u][1] += factor * right;
    }
  }
}

CLONES void kindred_score(const float *packed, const float *packed_biases, int64_t rank, int64_t first_panel, int64_t last_panel,
                          const float *users, const float *base, int64_t user_count, int64_t width, float *out, int64_t out_width) {
  v16 tile[PEOPLE][2];
  for (int64_t panel = first_panel; panel < last_panel; panel++) {
    const float *items = packed + panel * rank * PANEL, *biases = packed_biases + panel * PANEL;
    float *to = out + (panel - first_panel) * PANEL;
    int64_t u = 0;
    for (; u + PEOPLE <= user_count; u += PEOPLE) {
      score_panel(items, biases, rank, users + u * width, base + u, width, PEOPLE, tile);
      for (int r = 0; r < PEOPLE; r++) memcpy(to + (u + r) * out_width, tile[r], sizeof(tile[r]));
    }
    for (; u < user_count; u++) {
      score_panel(items, biases, rank, users + u * width, base + u, width, 1, tile);
      memcpy(to + u * out_width, tile[0], sizeof(tile[0]));
    }
  }
}

// `panels` (a constant) vectors of the sum below.
INLINE void add_panels(const float *rows, int64_t width, const int32_t *columns, const float *weights, int64_t count, float *out,
                       int panels) {
  v16 sum[8];
  for (int k = 0; k < panels; k++) sum[k] = *(v16 *)(out + 16 * k);
  for (int64_t c = 0; c < count; c++) {
    const float *row = rows + columns[c] * width, weight = weights ? weights[c] : 1;
    for (int k = 0; k < panels; k++) sum[k] += weight * *(const v16 *)(row + 16 * k);
  }
  for (int k = 0; k < panels; k++) *(v16 *)(out + 16 * k) = sum[k];
}

CLONES void kindred_add_rows(const float *rows, int64_t width, const int32_t *columns, const float *weights, int64_t count, float *out) {
  int64_t at = 0;
  for (; at + 128 <= width; at += 128) add_panels(rows + at, width, columns, weights, count, out + at, 8);
  for (; at < width; at += 16) add_panels(rows + at, width, columns, weights, count, out + at, 1);
}

// Whether the entry (s, i) ranks below (t, j).
INLINE int is_worse(float s, int32_t i, float t, int32_t j) { return s < t || (s == t && i > j); }

INLINE void sift_down(kindred_top *top, int32_t at, float score, int32_t item) {
  for (;;) {
    int32_t child = 2 * at + 1;
    if (child >= top->count) break;
    if (child + 1 < top->count &&
        is_worse(top->scores[child + 1], top->items[child + 1], top->scores[child], top->items[child]))
      child++;
    if (!is_worse(top->scores[child], top->items[child], score, item)) break;
    top->scores[at] = top->scores[child];
    top->items[at] = top->items[child];
    at = child;
  }
  top->scores[at] = score;
  top->items[at] = item;
}

INLINE int is_excluded(const kindred_top *top, int32_t item) {
  int32_t low = 0, high = top->excluded_count;
  while (low < high) {
    const int32_t middle = (low + high) / 2;
    if (top->excluded[middle] < item) low = middle + 1; else high = middle;
  }
  return low < top->excluded_count && top->excluded[low] == item;
}

static void offer(kindred_top *top, float score, int32_t item, const uint64_t *allowed) {
  if (top->capacity == 0) return;
  if (top->count == top->capacity && !is_worse(top->scores[0], top->items[0], score, item)) return;
  if (allowed && !(allowed[item / 64] >> (item % 64) & 1)) return;
  if (is_excluded(top, item)) return;
  if (top->count == top->capacity) {
    sift_down(top, 0, score, item);
    return;
  }
  int32_t at = top->count++;
  while (at > 0 && is_worse(score, item, top->scores[(at - 1) / 2], top->items[(at - 1) / 2])) {
    top->scores[at] = top->scores[(at - 1) / 2];
    top->items[at] = top->items[(at - 1) / 2];
    at = (at - 1) / 2;
  }
  top->scores[at] = score;
  top->items[at] = item;
}

void kindred_top_offer(kindred_top *top, const float *scores, int64_t count, int64_t first_item, const uint64_t *allowed) {
  for (int64_t i = 0; i < count; i++)
    if (top->count < top->capacity || scores[i] > top->scores[0]) offer(top, scores[i], (int32_t)(first_item + i), allowed);
}

CLONES void kindred_top_items(const float *packed, const float *packed_biases, int64_t rank, int64_t item_count, const float *users,
                              const float *base, int64_t user_count, int64_t width, const uint64_t *allowed, kindred_top *tops) {
  v16 tile[PEOPLE][2];
  for (int64_t panel = 0; panel * PANEL < item_count; panel++) {
    const float *items = packed + panel * rank * PANEL, *biases = packed_biases + panel * PANEL;
    const int64_t first = panel * PANEL, count = item_count - first < PANEL ? item_count - first : PANEL;
    for (int64_t u = 0; u < user_count;) {
      const int people = user_count - u >= PEOPLE ? PEOPLE : 1;
      if (people == PEOPLE)
        score_panel(items, biases, rank, users + u * width, base + u, width, PEOPLE, tile);
      else
        score_panel(items, biases, rank, users + u * width, base + u, width, 1, tile);
      for (int r = 0; r < people; r++, u++) {
        kindred_top *top = tops + u;
        if (top->count == top->capacity && top->capacity > 0) {
          const float least = top->scores[0];
          const __typeof__(tile[r][0] > least) above = (tile[r][0] > least) | (tile[r][1] > least);
          if (!__builtin_reduce_or(above)) continue;
        }
        const float *scores = (const float *)tile[r];
        for (int64_t i = 0; i < count; i++)
          if (top->count < top->capacity || scores[i] > top->scores[0]) offer(top, scores[i], (int32_t)(first + i), allowed);
      }
    }
  }
}

void kindred_top_finish(kindred_top *top) {
  const int32_t all = top->count;
  while (top->count > 1) {
    const float score = top->scores[0];
    const int32_t item = top->items[0], last = --top->count;
    const float moved = top->scores[last];
    const int32_t moved_item = top->items[last];
    sift_down(top, 0, moved, moved_item);
    top->scores[last] = score;
    top->items[last] = item;
  }
  top->count = all;
}
