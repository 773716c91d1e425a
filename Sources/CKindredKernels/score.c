#include <math.h>
#include <string.h>

#include "CKindredKernels.h"
#include "vectors.h"

// Items per panel, users scored at once against a panel, and users whose lists are filled in one pass over the items.
enum { PANEL = 32, GROUP = 8, BATCH = 64 };

typedef _Bool b16 __attribute__((ext_vector_type(16)));

// The item at a place.
INLINE int64_t item_at(const int32_t *order, int64_t place) { return order ? order[place] : place; }

void kindred_pack_items(const float *rows, const float *biases, const int32_t *order, int64_t count, int64_t rank,
                        int64_t width, int64_t first_panel, int64_t last_panel, float *factors, float *packed_biases,
                        float *bounds) {
  for (int64_t panel = first_panel; panel < last_panel; panel++) {
    float *to = factors + panel * rank * PANEL, bias = -INFINITY, longest = 0;
    for (int64_t i = 0; i < PANEL; i++) {
      const int64_t place = panel * PANEL + i;
      if (place >= count) {
        for (int64_t k = 0; k < rank; k++) to[k * PANEL + i] = 0;
        packed_biases[place] = 0;
        continue;
      }
      const int64_t item = item_at(order, place);
      const float *row = rows + item * width;
      float square = 0;
      for (int64_t k = 0; k < rank; k++) {
        to[k * PANEL + i] = row[k];
        square += row[k] * row[k];
      }
      packed_biases[place] = biases ? biases[item] : 0;
      if (packed_biases[place] > bias) bias = packed_biases[place];
      if (square > longest) longest = square;
    }
    bounds[2 * panel] = bias;
    bounds[2 * panel + 1] = sqrtf(longest);
  }
}

// Scores of `count` (a constant) users [count][width] for the items of one panel [rank][32], in out [count][2]: each
// lane adds its products in order of the factors.
INLINE void score_panel(const float *panel, const float *biases, int64_t rank, const float *users, const float *base,
                        int64_t width, int count, v16 (*out)[2]) {
  for (int u = 0; u < count; u++) {
    out[u][0] = base[u] + *(const v16 *)biases;
    out[u][1] = base[u] + *(const v16 *)(biases + 16);
  }
  for (int64_t k = 0; k < rank; k++) {
    const v16 left = *(const v16 *)(panel + k * PANEL), right = *(const v16 *)(panel + k * PANEL + 16);
    for (int u = 0; u < count; u++) {
      const float factor = users[u * width + k];
      out[u][0] += factor * left;
      out[u][1] += factor * right;
    }
  }
}

INLINE void score(const kindred_items *items, const float *users, const float *base, int64_t user_count, int64_t width,
                  float *out, int64_t out_width, int registers) {
  v16 tile[GROUP][2];
  for (int64_t first = 0; first < items->count; first += PANEL) {
    const float *panel = items->factors + first * items->rank, *biases = items->biases + first;
    const int64_t count = items->count - first < PANEL ? items->count - first : PANEL;
    for (int64_t u = 0; u < user_count;) {
      const int group = user_count - u >= GROUP ? GROUP : 1;
      if (group == GROUP)
        score_panel(panel, biases, items->rank, users + u * width, base + u, width, GROUP, tile);
      else
        score_panel(panel, biases, items->rank, users + u * width, base + u, width, 1, tile);
      for (int r = 0; r < group; r++, u++) {
        float *to = out + u * out_width;
        if (!items->order && count == PANEL)
          memcpy(to + first, tile[r], sizeof(tile[r]));
        else
          for (int64_t i = 0; i < count; i++) to[item_at(items->order, first + i)] = ((const float *)tile[r])[i];
      }
    }
  }
}

KERNEL(void, score,
       (const kindred_items *items, const float *users, const float *base, int64_t user_count, int64_t width,
        float *out, int64_t out_width),
       items, users, base, user_count, width, out, out_width)

// `vectors` (a constant) vectors of the sum below.
INLINE void add_vectors(const float *rows, int64_t width, const int32_t *columns, const float *weights, int64_t count,
                        float *out, int vectors) {
  v16 sum[8];
  for (int k = 0; k < vectors; k++) sum[k] = *(v16 *)(out + 16 * k);
  for (int64_t c = 0; c < count; c++) {
    const float *row = rows + columns[c] * width, weight = weights ? weights[c] : 1;
    for (int k = 0; k < vectors; k++) sum[k] += weight * *(const v16 *)(row + 16 * k);
  }
  for (int k = 0; k < vectors; k++) *(v16 *)(out + 16 * k) = sum[k];
}

INLINE void add_rows(const float *rows, int64_t width, const int32_t *columns, const float *weights, int64_t count,
                     float *out, int registers) {
  int64_t at = 0;
  for (; at + 128 <= width; at += 128) add_vectors(rows + at, width, columns, weights, count, out + at, 8);
  for (; at < width; at += 16) add_vectors(rows + at, width, columns, weights, count, out + at, 1);
}

KERNEL(void, add_rows,
       (const float *rows, int64_t width, const int32_t *columns, const float *weights, int64_t count, float *out),
       rows, width, columns, weights, count, out)

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

static void offer(kindred_top *top, float score, int32_t item, const uint64_t *allowed) {
  if (top->capacity == 0) return;
  if (top->count == top->capacity && !is_worse(top->scores[0], top->items[0], score, item)) return;
  if (allowed && !(allowed[item / 64] >> (item % 64) & 1)) return;
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

// What a score must reach to enter a list: none does where the list has no room at all, and any does while it is not
// full.
INLINE float least_of(const kindred_top *top) {
  return top->capacity == 0 ? INFINITY : top->count < top->capacity ? -INFINITY : top->scores[0];
}

// A bit for each of the 32 scores that is at least `least`.
INLINE uint32_t reaching(const v16 *scores, float least) {
  uint16_t bits[2];
  for (int k = 0; k < 2; k++) {
    const b16 flags = __builtin_convertvector(scores[k] >= least, b16);
    memcpy(&bits[k], &flags, sizeof(flags));
  }
  return bits[0] | (uint32_t)bits[1] << 16;
}

// Offers the scores of one list: excluded [(count + 31) / 32].
INLINE void top_offer(kindred_top *top, const float *scores, int64_t count, const uint64_t *allowed,
                      uint32_t *excluded, int registers) {
  const int64_t panels = (count + PANEL - 1) / PANEL;
  memset(excluded, 0, panels * sizeof(*excluded));
  for (int32_t e = 0; e < top->excluded_count; e++) {
    const int32_t item = top->excluded[e];
    if ((uint32_t)item < count) excluded[item / PANEL] |= 1u << item % PANEL;
  }
  for (int64_t panel = 0; panel < panels; panel++) {
    const int64_t first = panel * PANEL, rest = count - first < PANEL ? count - first : PANEL;
    v16 tile[2] = {0};
    memcpy(tile, scores + first, rest * sizeof(*scores));
    uint32_t bits = reaching(tile, least_of(top)) & (~0u >> (PANEL - rest)) & ~excluded[panel];
    for (; bits; bits &= bits - 1) {
      const int i = __builtin_ctz(bits);
      offer(top, scores[first + i], (int32_t)(first + i), allowed);
    }
  }
}

KERNEL(void, top_offer,
       (kindred_top *top, const float *scores, int64_t count, const uint64_t *allowed, uint32_t *workspace),
       top, scores, count, allowed, workspace)

int64_t kindred_top_workspace(int64_t item_count, int64_t user_count) {
  return (item_count + PANEL - 1) / PANEL * (user_count < BATCH ? user_count : BATCH);
}

// Sets a bit for each excluded item at its place, in words of 32: excluded [panels].
static void mark_excluded(const kindred_items *items, const kindred_top *top, uint32_t *excluded, int64_t panels) {
  memset(excluded, 0, panels * sizeof(*excluded));
  for (int32_t e = 0; e < top->excluded_count; e++) {
    const int32_t place = items->places[top->excluded[e]];
    excluded[place / PANEL] |= 1u << place % PANEL;
  }
}

// What decides, for each user of a batch, whether a panel is scored. Users beyond the batch's last admit nothing.
typedef struct {
  v8 least[BATCH / GROUP];   // what a score must reach
  v8 length[BATCH / GROUP];  // of the factors
  v8 base[BATCH / GROUP];
} batch_bounds;

// Fills the best items of up to BATCH users in one pass over the items; excluded [count][panels].
INLINE void top_of_batch(const kindred_items *items, const float *users, const float *base, int64_t count,
                         int64_t width, const uint64_t *allowed, kindred_top *tops, uint32_t *excluded) {
  v16 tile[GROUP][2];
  const int64_t panels = (items->count + PANEL - 1) / PANEL;
  // A bound on the relative rounding error of a sum of `rank` products.
  const float slack = (float)(items->rank + 16) / (1 << 22);
  batch_bounds bounds;
  for (int64_t u = 0; u < BATCH; u++) {
    float square = 0;
    for (int64_t k = 0; u < count && k < items->rank; k++) square += users[u * width + k] * users[u * width + k];
    bounds.length[u / GROUP][u % GROUP] = sqrtf(square) * (1 + slack);
    bounds.base[u / GROUP][u % GROUP] = u < count ? base[u] + slack * fabsf(base[u]) : 0;
    bounds.least[u / GROUP][u % GROUP] = u < count ? least_of(tops + u) : INFINITY;
    if (u < count) mark_excluded(items, tops + u, excluded + u * panels, panels);
  }
  for (int64_t panel = 0; panel < panels; panel++) {
    const float *factors = items->factors + panel * items->rank * PANEL, *biases = items->biases + panel * PANEL;
    const float bias = items->bounds[2 * panel] + slack * fabsf(items->bounds[2 * panel]);
    const float longest = items->bounds[2 * panel + 1];
    const int64_t first = panel * PANEL;
    const uint32_t real = items->count - first < PANEL ? (1u << (items->count - first)) - 1 : ~0u;
    for (int64_t group = 0; group * GROUP < count; group++) {
      // Cauchy and Schwarz: <p, q> <= |p| |q|. A panel whose scores cannot enter any list of the group is skipped.
      const v8 *least = bounds.least + group, *length = bounds.length + group;
      if (!__builtin_reduce_or(bounds.base[group] + bias + *length * longest >= *least)) continue;
      const int64_t u = group * GROUP;
      const int size = count - u < GROUP ? (int)(count - u) : GROUP;
      if (size == GROUP)
        score_panel(factors, biases, items->rank, users + u * width, base + u, width, GROUP, tile);
      else
        for (int r = 0; r < size; r++)
          score_panel(factors, biases, items->rank, users + (u + r) * width, base + u + r, width, 1, tile + r);
      for (int r = 0; r < size; r++) {
        uint32_t bits = reaching(tile[r], bounds.least[group][r]) & real;
        if (!bits) continue;
        bits &= ~excluded[(u + r) * panels + panel];
        for (; bits; bits &= bits - 1) {
          const int i = __builtin_ctz(bits);
          offer(tops + u + r, ((const float *)tile[r])[i], items->order[first + i], allowed);
        }
        bounds.least[group][r] = least_of(tops + u + r);
      }
    }
  }
}

INLINE void top_items(const kindred_items *items, const float *users, const float *base, int64_t user_count,
                      int64_t width, const uint64_t *allowed, kindred_top *tops, uint32_t *workspace, int registers) {
  for (int64_t first = 0; first < user_count; first += BATCH) {
    const int64_t count = user_count - first < BATCH ? user_count - first : BATCH;
    top_of_batch(items, users + first * width, base + first, count, width, allowed, tops + first, workspace);
  }
}

KERNEL(void, top_items,
       (const kindred_items *items, const float *users, const float *base, int64_t user_count, int64_t width,
        const uint64_t *allowed, kindred_top *tops, uint32_t *workspace),
       items, users, base, user_count, width, allowed, tops, workspace)

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
