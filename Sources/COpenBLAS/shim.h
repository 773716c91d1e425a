// The few routines that Kindred calls, declared here since systems keep the headers of BLAS and LAPACK in many places.
#ifndef KINDRED_OPENBLAS_SHIM_H
#define KINDRED_OPENBLAS_SHIM_H

void openblas_set_num_threads(int count);

void cblas_sgemm(int order, int transpose_a, int transpose_b, int m, int n, int k, float alpha, const float *a, int lda,
                 const float *b, int ldb, float beta, float *c, int ldc);

// LAPACK, matrices by columns.
void spotrf_(const char *uplo, const int *n, float *a, const int *lda, int *info);
void spotri_(const char *uplo, const int *n, float *a, const int *lda, int *info);
void sgelqf_(const int *m, const int *n, float *a, const int *lda, float *tau, float *work,
             const int *work_count, int *info);
void sorglq_(const int *m, const int *n, const int *k, float *a, const int *lda, const float *tau, float *work,
             const int *work_count, int *info);
void dsyevd_(const char *job, const char *uplo, const int *n, double *a, const int *lda, double *values, double *work,
             const int *work_count, int *integers, const int *integer_count, int *info);

#endif
