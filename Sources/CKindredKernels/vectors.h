// Sixteen floats at a time, written once and built for each level of instruction set.
//
// Lanes and reduction trees are written out and products are fused where the processor can (contract on), so that the levels with a
// fused multiply-add give identical bytes. Pointers to factor rows are to whole vectors: their length is a multiple of 16.
#ifndef KINDRED_VECTORS_H
#define KINDRED_VECTORS_H

#include <stdint.h>

// The thread sanitizer instruments what chooses among the clones, which runs before the sanitizer has started.
#if defined(__x86_64__) && defined(__linux__) && !__has_feature(thread_sanitizer)
#define CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define CLONES
#endif

// Defines the kernel `name` by its body `name_in`, whose last argument is known when it is built: how many vectors of sixteen floats the
// registers of a level hold, for kernels that keep many sums at a time. Their bytes do not depend on it.
#if defined(__x86_64__) && defined(__linux__)
#define BY_REGISTERS(type, name, parameters, ...)                                                                        \
  __attribute__((target("arch=x86-64-v4"))) static type name##_v4 parameters { return name##_in(__VA_ARGS__, 32); }     \
  __attribute__((target("arch=x86-64-v3"))) static type name##_v3 parameters { return name##_in(__VA_ARGS__, 8); }      \
  type name parameters {                                                                                                 \
    if (__builtin_cpu_supports("x86-64-v4")) return name##_v4(__VA_ARGS__);                                              \
    if (__builtin_cpu_supports("x86-64-v3")) return name##_v3(__VA_ARGS__);                                              \
    return name##_in(__VA_ARGS__, 4);                                                                                    \
  }
#else
#define BY_REGISTERS(type, name, parameters, ...) \
  type name parameters { return name##_in(__VA_ARGS__, 8); }
#endif

#define INLINE static inline __attribute__((always_inline))

#pragma STDC FP_CONTRACT ON

typedef float v16 __attribute__((vector_size(64), aligned(4), may_alias));
typedef float v8 __attribute__((vector_size(32), aligned(4), may_alias));
typedef _Bool b16 __attribute__((ext_vector_type(16)));
typedef float v4 __attribute__((vector_size(16)));

// Vectors are passed in memory between functions that are always inlined, so no calling convention depends on the level.
INLINE float sum16(const v16 *x) {
  v8 a = __builtin_shufflevector(*x, *x, 0, 1, 2, 3, 4, 5, 6, 7) + __builtin_shufflevector(*x, *x, 8, 9, 10, 11, 12, 13, 14, 15);
  v4 b = __builtin_shufflevector(a, a, 0, 1, 2, 3) + __builtin_shufflevector(a, a, 4, 5, 6, 7);
  return (b[0] + b[2]) + (b[1] + b[3]);
}

// The lanes of four vectors, each added up as `sum16` does.
INLINE v4 sums16(const v16 *x) {
  v4 half[4];
  for (int k = 0; k < 4; k++) {
    const v8 eight = __builtin_shufflevector(x[k], x[k], 0, 1, 2, 3, 4, 5, 6, 7) +
                     __builtin_shufflevector(x[k], x[k], 8, 9, 10, 11, 12, 13, 14, 15);
    half[k] = __builtin_shufflevector(eight, eight, 0, 1, 2, 3) + __builtin_shufflevector(eight, eight, 4, 5, 6, 7);
  }
  const v4 a = __builtin_shufflevector(half[0], half[1], 0, 1, 4, 5) + __builtin_shufflevector(half[0], half[1], 2, 3, 6, 7);
  const v4 b = __builtin_shufflevector(half[2], half[3], 0, 1, 4, 5) + __builtin_shufflevector(half[2], half[3], 2, 3, 6, 7);
  return __builtin_shufflevector(a, b, 0, 2, 4, 6) + __builtin_shufflevector(a, b, 1, 3, 5, 7);
}

#endif
