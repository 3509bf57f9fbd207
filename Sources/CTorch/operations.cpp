// Elementwise arithmetic, reductions, sorting, indexing, linear algebra and spectra.
#include <cmath>
#include <memory>
#include <numeric>

#include "support.h"

using shim::guarded;
using shim::produce;
using shim::produce_pair;

namespace {

at::Tensor unary(ct_unary operation, const at::Tensor &x) {
  switch (operation) {
    case ct_unary_exp: return x.exp();
    case ct_unary_log: return x.log();
    case ct_unary_sqrt: return x.sqrt();
    case ct_unary_rsqrt: return x.rsqrt();
    case ct_unary_abs: return x.abs();
    case ct_unary_neg: return x.neg();
    case ct_unary_sin: return x.sin();
    case ct_unary_cos: return x.cos();
    case ct_unary_tanh: return x.tanh();
    case ct_unary_sigmoid: return x.sigmoid();
    case ct_unary_relu: return x.relu();
    case ct_unary_gelu: return shim::gelu(x);
    case ct_unary_square: return x.square();
    case ct_unary_round: return x.round();
    case ct_unary_floor: return x.floor();
    case ct_unary_is_finite: return x.isfinite();
    case ct_unary_logical_not: return x.logical_not();
    case ct_unary_detach: return x.detach();
    case ct_unary_contiguous: return x.contiguous();
    case ct_unary_clone: return x.clone(at::MemoryFormat::Contiguous);
  }
  TORCH_CHECK(false, "unknown unary operation ", static_cast<int>(operation));
}

/// The operations that take a tensor or a number on the right.
template <class Right>
at::Tensor arithmetic(ct_binary operation, const at::Tensor &a, const Right &b) {
  switch (operation) {
    case ct_binary_add: return a.add(b);
    case ct_binary_subtract: return a.sub(b);
    case ct_binary_multiply: return a.mul(b);
    case ct_binary_divide: return a.div(b);
    case ct_binary_power: return a.pow(b);
    case ct_binary_equal: return a.eq(b);
    case ct_binary_not_equal: return a.ne(b);
    case ct_binary_less: return a.lt(b);
    case ct_binary_less_or_equal: return a.le(b);
    case ct_binary_greater: return a.gt(b);
    case ct_binary_greater_or_equal: return a.ge(b);
    default: TORCH_CHECK(false, "this operation takes no number on its right");
  }
}

at::Tensor binary(ct_binary operation, const at::Tensor &a, const at::Tensor &b) {
  switch (operation) {
    case ct_binary_maximum: return at::maximum(a, b);
    case ct_binary_minimum: return at::minimum(a, b);
    case ct_binary_logical_and: return at::logical_and(a, b);
    case ct_binary_logical_or: return at::logical_or(a, b);
    case ct_binary_matmul: return shim::product(a, b);
    default: return arithmetic(operation, a, b);
  }
}

/// A number without fraction stays an integer, so that it does not turn integer tensors into
/// floating-point ones.
at::Scalar scalar(double value) {
  bool whole = std::trunc(value) == value && std::fabs(value) < 9007199254740992.0;
  return whole ? at::Scalar(static_cast<int64_t>(value)) : at::Scalar(value);
}

at::Tensor reduce(ct_reduction operation, const at::Tensor &x, at::IntArrayRef dimensions,
                  bool keep) {
  switch (operation) {
    case ct_reduction_sum: return x.sum(dimensions, keep);
    case ct_reduction_mean: return x.mean(dimensions, keep);
    case ct_reduction_unbiased_variance: return x.var(dimensions, true, keep);
    case ct_reduction_biased_variance: return x.var(dimensions, false, keep);
    case ct_reduction_maximum: return x.amax(dimensions, keep);
    case ct_reduction_minimum: return x.amin(dimensions, keep);
    case ct_reduction_norm: return at::linalg_vector_norm(x, 2, dimensions, keep);
    case ct_reduction_log_sum_exp: return x.logsumexp(dimensions, keep);
    case ct_reduction_any:
      if (dimensions.size() == 1) return x.any(dimensions[0], keep);
      TORCH_CHECK(dimensions.size() == static_cast<size_t>(x.dim()) && !keep,
                  "any takes one dimension, or all of them without keeping any");
      return x.any();
  }
  TORCH_CHECK(false, "unknown reduction ", static_cast<int>(operation));
}

}  // namespace

extern "C" {

// MARK: Elementwise

ct_status ct_apply_unary(ct_unary operation, const ct_tensor *x, ct_tensor **out) noexcept {
  return produce(out, [&] { return unary(operation, x->value); });
}

ct_status ct_apply_binary(ct_binary operation, const ct_tensor *a, const ct_tensor *b,
                          ct_tensor **out) noexcept {
  return produce(out, [&] { return binary(operation, a->value, b->value); });
}

ct_status ct_apply_scalar(ct_binary operation, const ct_tensor *a, double b,
                          ct_tensor **out) noexcept {
  return produce(out, [&] { return arithmetic(operation, a->value, scalar(b)); });
}

ct_status ct_clamp(const ct_tensor *x, const double *lowest, const double *highest,
                   ct_tensor **out) noexcept {
  return produce(out, [&] {
    c10::optional<at::Scalar> low, high;
    if (lowest != nullptr) low = scalar(*lowest);
    if (highest != nullptr) high = scalar(*highest);
    return x->value.clamp(low, high);
  });
}

ct_status ct_where(const ct_tensor *mask, const ct_tensor *a, const ct_tensor *b,
                   ct_tensor **out) noexcept {
  return produce(out, [&] { return at::where(mask->value, a->value, b->value); });
}

ct_status ct_masked_fill(const ct_tensor *x, const ct_tensor *mask, double value,
                         ct_tensor **out) noexcept {
  return produce(out, [&] { return x->value.masked_fill(mask->value, value); });
}

ct_status ct_cast(const ct_tensor *x, ct_dtype dtype, ct_tensor **out) noexcept {
  return produce(out, [&] { return x->value.to(shim::scalar_type(dtype)); });
}

// MARK: In place

ct_status ct_update(ct_in_place operation, ct_tensor *x, const ct_tensor *source,
                    double scale) noexcept {
  return guarded([&] {
    switch (operation) {
      case ct_in_place_copy: x->value.copy_(source->value); return;
      case ct_in_place_add: x->value.add_(source->value, scalar(scale)); return;
      case ct_in_place_multiply: x->value.mul_(source->value); return;
    }
  });
}

ct_status ct_update_scalar(ct_in_place operation, ct_tensor *x, double value) noexcept {
  return guarded([&] {
    switch (operation) {
      case ct_in_place_copy: x->value.fill_(scalar(value)); return;
      case ct_in_place_add: x->value.add_(scalar(value)); return;
      case ct_in_place_multiply: x->value.mul_(scalar(value)); return;
    }
  });
}

// MARK: Reductions

ct_status ct_reduce(ct_reduction operation, const ct_tensor *x, const int64_t *dimensions,
                    size_t count, bool keep, ct_tensor **out) noexcept {
  return produce(out, [&] {
    if (count > 0) return reduce(operation, x->value, shim::numbers(dimensions, count), keep);
    std::vector<int64_t> all(x->value.dim());
    std::iota(all.begin(), all.end(), 0);
    return reduce(operation, x->value, all, keep);
  });
}

ct_status ct_apply_along(ct_along operation, const ct_tensor *x, int64_t dimension,
                         ct_tensor **out) noexcept {
  return produce(out, [&] {
    switch (operation) {
      case ct_along_argmax: return x->value.argmax(dimension);
      case ct_along_argmin: return x->value.argmin(dimension);
      case ct_along_cumulative_sum: return x->value.cumsum(dimension);
      case ct_along_softmax: return x->value.softmax(dimension);
      case ct_along_log_softmax: return x->value.log_softmax(dimension);
    }
    TORCH_CHECK(false, "unknown operation ", static_cast<int>(operation));
  });
}

ct_status ct_top(const ct_tensor *x, int64_t count, int64_t dimension, bool largest,
                 ct_tensor **values, ct_tensor **indices) noexcept {
  return produce_pair(values, indices,
                      [&] { return x->value.topk(count, dimension, largest, true); });
}

ct_status ct_sort(const ct_tensor *x, int64_t dimension, bool descending, ct_tensor **values,
                  ct_tensor **indices) noexcept {
  return produce_pair(values, indices, [&] {
    return at::sort(x->value, c10::optional<bool>(true), dimension, descending);
  });
}

ct_status ct_bincount(const ct_tensor *x, const ct_tensor *weights, int64_t minimum_count,
                      ct_tensor **out) noexcept {
  return produce(
      out, [&] { return at::bincount(x->value, shim::optional(weights), minimum_count); });
}

// MARK: Indexing

ct_status ct_index(ct_indexing operation, const ct_tensor *x, int64_t dimension,
                   const ct_tensor *indices, ct_tensor **out) noexcept {
  return produce(out, [&] {
    return operation == ct_indexing_select ? x->value.index_select(dimension, indices->value)
                                           : x->value.gather(dimension, indices->value);
  });
}

ct_status ct_index_add(const ct_tensor *x, int64_t dimension, const ct_tensor *indices,
                       const ct_tensor *source, ct_tensor **out) noexcept {
  return produce(
      out, [&] { return x->value.index_add(dimension, indices->value, source->value); });
}

// MARK: Linear algebra and spectra

ct_status ct_addmm(bool batched, const ct_tensor *c, const ct_tensor *a, const ct_tensor *b,
                   double beta, double alpha, ct_tensor **out) noexcept {
  return produce(out, [&] {
    return batched ? at::baddbmm(c->value, a->value, b->value, beta, alpha)
                   : at::addmm(c->value, a->value, b->value, beta, alpha);
  });
}

ct_status ct_cholesky(const ct_tensor *a, ct_tensor **out) noexcept {
  return produce(out, [&] { return at::linalg_cholesky(a->value); });
}

ct_status ct_cholesky_solve(const ct_tensor *b, const ct_tensor *factor,
                            ct_tensor **out) noexcept {
  return produce(out, [&] { return at::cholesky_solve(b->value, factor->value); });
}

ct_status ct_solve(const ct_tensor *a, const ct_tensor *b, ct_tensor **out) noexcept {
  return produce(out, [&] { return at::linalg_solve(a->value, b->value); });
}

ct_status ct_symmetric_eigen(const ct_tensor *a, ct_tensor **values,
                             ct_tensor **vectors) noexcept {
  return produce_pair(values, vectors, [&] { return at::linalg_eigh(a->value); });
}

ct_status ct_power_spectrum(const ct_tensor *x, int64_t length, ct_tensor **out) noexcept {
  return produce(out, [&] {
    return at::view_as_real(at::fft_rfft(x->value, length)).square().sum(-1);
  });
}

}  // extern "C"
