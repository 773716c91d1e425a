#ifndef KINDRED_NORMALS_H
#define KINDRED_NORMALS_H

#include "vectors.h"

typedef uint64_t w8 __attribute__((vector_size(64)));
typedef uint32_t h8 __attribute__((vector_size(32)));
typedef int32_t i8 __attribute__((vector_size(32)));
typedef int32_t i16 __attribute__((vector_size(64)));

INLINE uint64_t mixed(uint64_t z) {
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

// Eight draws of SplitMix64 as two sets of whole numbers below 2^24.
INLINE void bits8(uint64_t key, v8 *first, v8 *second) {
  w8 z = key + (w8){1, 2, 3, 4, 5, 6, 7, 8} * 0x9E3779B97F4A7C15u;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  z ^= z >> 31;
  *first = __builtin_convertvector((i8) __builtin_convertvector(z >> 40, h8), v8);
  *second = __builtin_convertvector((i8) __builtin_convertvector((z >> 8) & 0xFFFFFF, h8), v8);
}

// sqrt(-2 log u) for u in (0, 1]: the odd series in (m - 1) / (m + 1), m in [sqrt 1/2, sqrt 2).
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

// Sixteen standard normal numbers (Box and Muller): eight radii, the cosines and the sines of eight turns.
INLINE void normals16(uint64_t key, v16 *out) {
  v8 u, t;
  bits8(key, &u, &t);
  u = (u + 1) * 0x1p-24f;
  radius8(&u);
  t = t * 0x1p-22f;  // in quarters of a turn
  const i8 quarter = __builtin_convertvector(t + 0.5f, i8);
  const v8 x = (t - __builtin_convertvector(quarter, v8)) * 1.570796327f, y = x * x;
  const v8 sine = x * (1 + y * (-0.166666667f + y * (8.33333333e-3f + y * (-1.98412698e-4f + y * 2.75573192e-6f))));
  const v8 cosine = 1 + y * (-0.5f + y * (4.16666667e-2f + y * (-1.38888889e-3f + y * (2.48015873e-5f - y * 2.75573192e-7f))));
  const i8 odd = -(quarter & 1);
  const i8 a = ((i8)cosine & ~odd) | ((i8)sine & odd), b = ((i8)sine & ~odd) | ((i8)cosine & odd);
  const v8 first = u * (v8)(a ^ (((quarter + 1) & 2) << 30)), second = u * (v8)(b ^ ((quarter & 2) << 30));
  *out = __builtin_shufflevector(first, second, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
}

INLINE void normals(uint64_t key, int64_t count, float *out) {
  for (int64_t c = 0; c < count; c += 16) normals16(mixed(key) + (uint64_t)c * 0x9E3779B97F4A7C15u, (v16 *)(out + c));
}

#endif
