// Standard normal numbers, a function of a key alone, eight or sixteen at a time.
//
// Every operation is written out, polynomials in place of the system's functions too, so that all levels with a fused
// multiply-add draw the same bytes.
#ifndef KINDRED_NORMALS_H
#define KINDRED_NORMALS_H

#include "vectors.h"

typedef uint64_t u64x8 __attribute__((vector_size(64)));
typedef uint32_t u32x8 __attribute__((vector_size(32)));
typedef int32_t i8 __attribute__((vector_size(32)));

// The golden ratio's bits, by which SplitMix64 counts.
static const uint64_t WEYL = 0x9E3779B97F4A7C15u;

// The finalizer of SplitMix64 (Steele, Lea, Flood 2014, https://doi.org/10.1145/2660193.2660195).
INLINE uint64_t mixed(uint64_t z) {
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

// The key of a row or feature among those that share a key.
INLINE uint64_t key_of(uint64_t key, int64_t row) { return key ^ (uint64_t)row * 0xD1B54A32D192ED03u; }

// Eight draws of SplitMix64, each as two whole numbers below 2^24.
INLINE void bits8(uint64_t key, v8 *first, v8 *second) {
  u64x8 z = key + (u64x8){1, 2, 3, 4, 5, 6, 7, 8} * WEYL;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  z ^= z >> 31;
  *first = __builtin_convertvector((i8) __builtin_convertvector(z >> 40, u32x8), v8);
  *second = __builtin_convertvector((i8) __builtin_convertvector((z >> 8) & 0xFFFFFF, u32x8), v8);
}

// u = sqrt(-2 log u) for u in (0, 1]. With u = 2^exponent m and m in [sqrt 1/2, sqrt 2), log m is the odd series in
// (m - 1) / (m + 1).
INLINE void radius8(v8 *u) {
  const i8 bits = (i8)*u;
  const i8 high = (bits & 0x7FFFFF) > 0x3504F3;  // -1 where m must be halved
  const i8 exponent = (bits >> 23) - 127 - high;
  const v8 m = (v8)((bits & 0x7FFFFF) | ((127 + high) << 23));
  const v8 s = (m - 1) / (m + 1), t = s * s;
  const v8 series = 2 * s * (1 + t * (0.333333333f + t * (0.2f + t * (0.142857143f + t * 0.111111111f))));
  const v8 square = -2 * (__builtin_convertvector(exponent, v8) * 0.693147181f + series);
  *u = __builtin_elementwise_sqrt((v8)((i8)square & (square > 0)));
}

// Sixteen standard normal numbers (Box, Muller 1958, https://doi.org/10.1214/aoms/1177706645): eight radii times the
// cosines and the sines of eight angles.
INLINE void normals16(uint64_t key, v16 *out) {
  v8 radius, turn;
  bits8(key, &radius, &turn);
  radius = (radius + 1) * 0x1p-24f;
  radius8(&radius);
  turn = turn * 0x1p-22f;  // in quarters
  const i8 quarter = __builtin_convertvector(turn + 0.5f, i8);
  const v8 x = (turn - __builtin_convertvector(quarter, v8)) * 1.570796327f, y = x * x;
  const v8 sine = x * (1 + y * (-0.166666667f + y * (8.33333333e-3f + y * (-1.98412698e-4f + y * 2.75573192e-6f))));
  const v8 cosine =
      1 + y * (-0.5f + y * (4.16666667e-2f + y * (-1.38888889e-3f + y * (2.48015873e-5f - y * 2.75573192e-7f))));
  // An odd quarter swaps sine and cosine, and each has its sign from the quarter's bits.
  const i8 odd = -(quarter & 1);
  const i8 across = ((i8)cosine & ~odd) | ((i8)sine & odd), up = ((i8)sine & ~odd) | ((i8)cosine & odd);
  const v8 first = radius * (v8)(across ^ (((quarter + 1) & 2) << 30));
  const v8 second = radius * (v8)(up ^ ((quarter & 2) << 30));
  *out = __builtin_shufflevector(first, second, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
}

// The first `count` normal numbers of a key; out has room for `count` rounded up to 16.
INLINE void normals(uint64_t key, int64_t count, float *out) {
  for (int64_t c = 0; c < count; c += 16) normals16(mixed(key) + (uint64_t)c * WEYL, (v16 *)(out + c));
}

#endif
