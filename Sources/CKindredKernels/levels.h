// Kernels built for each level of instruction set, and the choice among them at each call.
#ifndef KINDRED_LEVELS_H
#define KINDRED_LEVELS_H

#define INLINE static inline __attribute__((always_inline))

// Defines the kernel `kindred_<body>` by an inline function `body` of the same parameters and a last one, `int
// registers`.
//
// The body is built for each level, and a call runs the best build that the processor supports. The check is a load and
// a branch, so a kernel takes a block of rows per call. `target_clones` would let the loader choose, but could not tell
// the body its level, and would crash under the thread sanitizer.
//
// `registers` is a constant: the number of 16-float vectors that a level's registers hold. A body may shape its loops
// by it, but must add numbers in the same order at every level, so that the bytes are the same.
#if defined(__x86_64__) && defined(__linux__)
#define KERNEL(type, body, parameters, ...) \
  __attribute__((target("arch=x86-64-v4"), min_vector_width(512))) static type body##_v4 parameters { \
    return body(__VA_ARGS__, 32); \
  } \
  __attribute__((target("arch=x86-64-v3"))) static type body##_v3 parameters { return body(__VA_ARGS__, 8); } \
  type kindred_##body parameters { \
    if (__builtin_cpu_supports("x86-64-v4")) return body##_v4(__VA_ARGS__); \
    if (__builtin_cpu_supports("x86-64-v3")) return body##_v3(__VA_ARGS__); \
    return body(__VA_ARGS__, 4); \
  }
#else
#define KERNEL(type, body, parameters, ...) \
  type kindred_##body parameters { return body(__VA_ARGS__, 8); }
#endif

#endif
