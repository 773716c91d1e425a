#include "CKindredKernels.h"

#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "model files are mapped as they are: little-endian");

static const uint64_t prime1 = 0x9E3779B185EBCA87u;
static const uint64_t prime2 = 0xC2B2AE3D27D4EB4Fu;
static const uint64_t prime3 = 0x165667B19E3779F9u;
static const uint64_t prime4 = 0x85EBCA77C2B2AE63u;
static const uint64_t prime5 = 0x27D4EB2F165667C5u;

static inline uint64_t rotated(uint64_t x, int bits) { return x << bits | x >> (64 - bits); }

static inline uint64_t word(const uint8_t *p) {
  uint64_t x;
  memcpy(&x, p, 8);
  return x;
}

// One lane takes in eight bytes.
static inline uint64_t taken_in(uint64_t lane, uint64_t input) { return rotated(lane + input * prime2, 31) * prime1; }

static inline uint64_t merged(uint64_t hash, uint64_t lane) { return (hash ^ taken_in(0, lane)) * prime1 + prime4; }

// The last 0 to 31 bytes, then the avalanche.
static uint64_t finished(uint64_t hash, const uint8_t *p, const uint8_t *end) {
  for (; end - p >= 8; p += 8) hash = rotated(hash ^ taken_in(0, word(p)), 27) * prime1 + prime4;
  if (end - p >= 4) {
    uint32_t half;
    memcpy(&half, p, 4);
    hash = rotated(hash ^ half * prime1, 23) * prime2 + prime3;
    p += 4;
  }
  for (; p < end; p++) hash = rotated(hash ^ *p * prime5, 11) * prime1;
  hash = (hash ^ hash >> 33) * prime2;
  hash = (hash ^ hash >> 29) * prime3;
  return hash ^ hash >> 32;
}

// bytes: count. XXH64 after its specification (https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md): four
// lanes of eight bytes each.
uint64_t kindred_xxh64(const void *bytes, int64_t count, uint64_t seed) {
  const uint8_t *p = bytes, *end = p + count;
  if (count < 32) return finished(seed + prime5 + (uint64_t)count, p, end);
  uint64_t a = seed + prime1 + prime2, b = seed + prime2, c = seed, d = seed - prime1;
  for (; end - p >= 32; p += 32) {
    a = taken_in(a, word(p));
    b = taken_in(b, word(p + 8));
    c = taken_in(c, word(p + 16));
    d = taken_in(d, word(p + 24));
  }
  uint64_t hash = rotated(a, 1) + rotated(b, 7) + rotated(c, 12) + rotated(d, 18);
  hash = merged(merged(merged(merged(hash, a), b), c), d);
  return finished(hash + (uint64_t)count, p, end);
}
