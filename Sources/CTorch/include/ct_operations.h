/// Elementwise arithmetic, reductions, shapes, sorting and linear algebra.
#ifndef CT_OPERATIONS_H
#define CT_OPERATIONS_H

#include "ct_core.h"

#ifdef __cplusplus
extern "C" {
#endif

#pragma clang assume_nonnull begin

// MARK: Elementwise

typedef CT_ENUM ct_unary {
  ct_unary_exp = 0,
  ct_unary_log,
  ct_unary_sqrt,
  ct_unary_rsqrt,
  ct_unary_abs,
  ct_unary_neg,
  ct_unary_sin,
  ct_unary_cos,
  ct_unary_tanh,
  ct_unary_sigmoid,
  ct_unary_relu,
  /// The exact form, x·Φ(x), not the tanh approximation.
  ct_unary_gelu,
  ct_unary_square,
  ct_unary_round,
  ct_unary_floor,
  ct_unary_is_finite,
  ct_unary_logical_not,
  /// The same storage without its history.
  ct_unary_detach,
  ct_unary_contiguous,
  /// A copy with storage of its own; differentiable.
  ct_unary_clone,
} ct_unary;

typedef CT_ENUM ct_binary {
  ct_binary_add = 0,
  ct_binary_subtract,
  ct_binary_multiply,
  ct_binary_divide,
  ct_binary_power,
  ct_binary_maximum,
  ct_binary_minimum,
  ct_binary_equal,
  ct_binary_not_equal,
  ct_binary_less,
  ct_binary_less_or_equal,
  ct_binary_greater,
  ct_binary_greater_or_equal,
  ct_binary_logical_and,
  ct_binary_logical_or,
  /// Matrix product with torch.matmul's rules for vectors and batches.
  ct_binary_matmul,
} ct_binary;

ct_status ct_apply_unary(ct_unary operation, const ct_tensor *x,
                         ct_tensor *_Nullable *_Nonnull out) CT_NOEXCEPT;
ct_status ct_apply_binary(ct_binary operation, const ct_tensor *a, const ct_tensor *b,
                          ct_tensor *_Nullable *_Nonnull out) CT_NOEXCEPT;

/// As `ct_apply_binary` with a number on the right. A number without fraction keeps integer
/// tensors integer. maximum, minimum, the logical operations and matmul are refused.
ct_status ct_apply_scalar(ct_binary operation, const ct_tensor *a, double b,
                          ct_tensor *_Nullable *_Nonnull out) CT_NOEXCEPT;

/// Elementwise min(max(x, lowest), highest); a bound that is NULL does not bind.
ct_status ct_clamp(const ct_tensor *x, const double *_Nullable lowest,
                   const double *_Nullable highest,
                   ct_tensor *_Nullable *_Nonnull out) CT_NOEXCEPT;

/// `a` where `mask` (bool) is true, else `b`.
ct_status ct_where(const ct_tensor *mask, const ct_tensor *a, const ct_tensor *b,
                   ct_tensor *_Nullable *_Nonnull out) CT_NOEXCEPT;
ct_status ct_masked_fill(const ct_tensor *x, const ct_tensor *mask, double value,
                         ct_tensor *_Nullable *_Nonnull out) CT_NOEXCEPT;
ct_status ct_cast(const ct_tensor *x, ct_dtype dtype,
                  ct_tensor *_Nullable *_Nonnull out) CT_NOEXCEPT;

// MARK: In place

typedef CT_ENUM ct_in_place {
  ct_in_place_copy = 0,
  ct_in_place_add,
  ct_in_place_multiply,
} ct_in_place;

/// x ← source, x ← x + scale·source, or x ← x·source.
ct_status ct_update(ct_in_place operation, ct_tensor *x, const ct_tensor *source,
                    double scale) CT_NOEXCEPT;
/// x ← value, x ← x + value or x ← x·value.
ct_status ct_update_scalar(ct_in_place operation, ct_tensor *x, double value) CT_NOEXCEPT;

// MARK: Reductions

typedef CT_ENUM ct_reduction {
  ct_reduction_sum = 0,
  ct_reduction_mean,
  /// Divided by n − 1.
  ct_reduction_unbiased_variance,
  /// Divided by n.
  ct_reduction_biased_variance,
  ct_reduction_maximum,
  ct_reduction_minimum,
  /// Euclidean.
  ct_reduction_norm,
  ct_reduction_log_sum_exp,
  ct_reduction_any,
} ct_reduction;

/// Reduces the named dimensions, all of them where `count` is 0. `any` takes one or all.
ct_status ct_reduce(ct_reduction operation, const ct_tensor *x,
                    const int64_t *_Nullable dimensions, size_t count, bool keep,
                    ct_tensor *_Nullable *_Nonnull out) CT_NOEXCEPT;

typedef CT_ENUM ct_along {
  ct_along_argmax = 0,
  ct_along_argmin,
  ct_along_cumulative_sum,
  ct_along_softmax,
  ct_along_log_softmax,
} ct_along;

/// An operation along one dimension.
ct_status ct_apply_along(ct_along operation, const ct_tensor *x, int64_t dimension,
                         ct_tensor *_Nullable *_Nonnull out) CT_NOEXCEPT;

/// The `count` largest (or smallest) entries along a dimension, in order, and where they stood.
ct_status ct_top(const ct_tensor *x, int64_t count, int64_t dimension, bool largest,
                 ct_tensor *_Nullable *_Nonnull values,
                 ct_tensor *_Nullable *_Nonnull indices) CT_NOEXCEPT;

/// Sorts along a dimension; equal entries keep their order.
ct_status ct_sort(const ct_tensor *x, int64_t dimension, bool descending,
                  ct_tensor *_Nullable *_Nonnull values,
                  ct_tensor *_Nullable *_Nonnull indices) CT_NOEXCEPT;

/// How often each number occurs in an int64 vector (or the sum of its weights).
ct_status ct_bincount(const ct_tensor *x, const ct_tensor *_Nullable weights, int64_t minimum_count,
                      ct_tensor *_Nullable *_Nonnull out) CT_NOEXCEPT;

// MARK: Shapes

typedef CT_ENUM ct_shaping {
  ct_shaping_reshape = 0,
  ct_shaping_permute,
  /// A size of −1 leaves that dimension as it is.
  ct_shaping_expand,
  ct_shaping_flip,
  /// Two dimensions to exchange.
  ct_shaping_transpose,
  /// One place for a new dimension of size 1.
  ct_shaping_unsqueeze,
  /// One dimension of size 1 to drop; all of them where there are no numbers.
  ct_shaping_squeeze,
  /// dimension, start, count.
  ct_shaping_narrow,
  /// dimension, index.
  ct_shaping_select,
  /// dimension, size, step.
  ct_shaping_unfold,
} ct_shaping;

/// A view (or, where reshape and flip need one, a copy) shaped by `numbers`.
ct_status ct_shape(ct_shaping operation, const ct_tensor *x, const int64_t *_Nullable numbers,
                   size_t count, ct_tensor *_Nullable *_Nonnull out) CT_NOEXCEPT;

/// Concatenates along an existing dimension, or stacks along a new one.
ct_status ct_join(bool stack, const ct_tensor *_Nonnull const *_Nonnull tensors, size_t count,
                  int64_t dimension, ct_tensor *_Nullable *_Nonnull out) CT_NOEXCEPT;

typedef CT_ENUM ct_indexing {
  /// Whole slices, by an int64 vector.
  ct_indexing_select = 0,
  /// Single elements, by an int64 tensor of x's rank.
  ct_indexing_gather,
} ct_indexing;

ct_status ct_index(ct_indexing operation, const ct_tensor *x, int64_t dimension,
                   const ct_tensor *indices, ct_tensor *_Nullable *_Nonnull out) CT_NOEXCEPT;

/// Adds the slices of `source` to those slices of `x` that `indices` names; a new tensor.
ct_status ct_index_add(const ct_tensor *x, int64_t dimension, const ct_tensor *indices,
                       const ct_tensor *source,
                       ct_tensor *_Nullable *_Nonnull out) CT_NOEXCEPT;

/// Pads the last dimension by `before` and `after`, with `value` or by reflection.
ct_status ct_pad(const ct_tensor *x, int64_t before, int64_t after, bool reflect, double value,
                 ct_tensor *_Nullable *_Nonnull out) CT_NOEXCEPT;

// MARK: Linear algebra and spectra

/// beta·c + alpha·(a·b) for matrices, or for batches of them where `batched`.
ct_status ct_addmm(bool batched, const ct_tensor *c, const ct_tensor *a, const ct_tensor *b,
                   double beta, double alpha, ct_tensor *_Nullable *_Nonnull out) CT_NOEXCEPT;

/// The sums of the columns of N×D values, 1×D in float64.
ct_status ct_column_sums(const ct_tensor *values, ct_tensor *_Nullable *_Nonnull out) CT_NOEXCEPT;

/// N×D values in float64 less a mean of D in float64, and the squared norm of each of the N rows.
ct_status ct_centred(const ct_tensor *values, const ct_tensor *mean,
                     ct_tensor *_Nullable *_Nonnull rows,
                     ct_tensor *_Nullable *_Nonnull norms) CT_NOEXCEPT;

/// Adds xᵀ·x to `sum` in place, for x of N×D in float64 and sum of D×D: the sum's upper triangle is whole
/// then, what lies below its diagonal is not said. BLAS's dsyrk where it is loaded: half the products.
ct_status ct_add_gram(const ct_tensor *sum, const ct_tensor *x) CT_NOEXCEPT;

/// Adds aᵀ·b to `sum` in place, for matrices of equally many rows.
ct_status ct_add_product(const ct_tensor *sum, const ct_tensor *a, const ct_tensor *b) CT_NOEXCEPT;

/// The sum of the squares of a symmetric float64 matrix, of which only the upper triangle is read.
ct_status ct_symmetric_square_sum(const ct_tensor *upper, double *out) CT_NOEXCEPT;

/// The symmetric matrix whose upper triangle is that of `a`.
ct_status ct_mirrored(const ct_tensor *a, ct_tensor *_Nullable *_Nonnull out) CT_NOEXCEPT;

/// The lower Cholesky factor of a positive definite matrix.
ct_status ct_cholesky(const ct_tensor *a, ct_tensor *_Nullable *_Nonnull out) CT_NOEXCEPT;

/// Solves L·Lᵀ·x = b for a lower factor L.
ct_status ct_cholesky_solve(const ct_tensor *b, const ct_tensor *factor,
                            ct_tensor *_Nullable *_Nonnull out) CT_NOEXCEPT;

/// Solves a·x = b.
ct_status ct_solve(const ct_tensor *a, const ct_tensor *b,
                   ct_tensor *_Nullable *_Nonnull out) CT_NOEXCEPT;

/// Eigenvalues (ascending) and eigenvectors (columns) of a symmetric matrix.
ct_status ct_symmetric_eigen(const ct_tensor *a, ct_tensor *_Nullable *_Nonnull values,
                             ct_tensor *_Nullable *_Nonnull vectors) CT_NOEXCEPT;

/// |FFT|² over the last dimension, padded or cut to `length`: length/2 + 1 numbers.
ct_status ct_power_spectrum(const ct_tensor *x, int64_t length,
                            ct_tensor *_Nullable *_Nonnull out) CT_NOEXCEPT;

#pragma clang assume_nonnull end

#ifdef __cplusplus
}
#endif
#endif
