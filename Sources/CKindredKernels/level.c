#include "CKindredKernels.h"
#include "vectors.h"

// The clone of the kernels that this processor runs: 4 or 3 of x86-64, or 0 for the baseline.
int kindred_processor_level(void) {
#if defined(__x86_64__) && defined(__linux__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("x86-64-v4")) return 4;
  if (__builtin_cpu_supports("x86-64-v3")) return 3;
#endif
  return 0;
}
