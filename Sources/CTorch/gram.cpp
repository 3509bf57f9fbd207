// Sums of products over the rows of matrices; of a matrix with itself in half the work.
#include <numeric>

#include "support.h"

namespace {

/// BLAS's symmetric rank-k update, as Fortran calls it.
using Dsyrk = void(const char *, const char *, const int *, const int *, const double *,
                   const double *, const int *, const double *, double *, const int *);

void add_gram(const at::Tensor &sum, const at::Tensor &x) {
  TORCH_CHECK(x.dim() == 2 && x.scalar_type() == at::kDouble, "rows are a float64 matrix");
  TORCH_CHECK(sum.scalar_type() == at::kDouble && sum.is_contiguous() && sum.dim() == 2 &&
                  sum.size(0) == x.size(1) && sum.size(1) == x.size(1),
              "the sum is a contiguous float64 matrix of ", x.size(1), " rows and columns");
  if (x.numel() == 0) return;
  static auto *dsyrk = shim::loaded<Dsyrk>("dsyrk_");
  const int64_t widest = std::numeric_limits<int>::max();
  if (dsyrk == nullptr || !x.is_cpu() || x.stride(1) != 1 || x.stride(0) < x.size(1) ||
      x.size(0) > widest || x.stride(0) > widest) {
    at::Tensor(sum).addmm_(x.t(), x);
    return;
  }
  // Rows of ours are Fortran's columns: its matrix is xᵀ, and its lower triangle is our upper one.
  const int width = static_cast<int>(x.size(1)), rows = static_cast<int>(x.size(0));
  const int stride = static_cast<int>(x.stride(0));
  const double one = 1;
  dsyrk("L", "N", &width, &rows, &one, x.data_ptr<double>(), &stride, &one,
        sum.data_ptr<double>(), &width);
}

/// What the kernels below read: rows of floats or doubles that each lie in one piece.
template <class Body>
void with_rows(const at::Tensor &values, Body &&body) {
  TORCH_CHECK(values.dim() == 2 && values.is_cpu(), "rows are a matrix in memory");
  at::Tensor whole = values.stride(1) == 1 ? values : values.contiguous();
  const int64_t stride = whole.stride(0);
  if (whole.scalar_type() == at::kDouble) return body(whole.data_ptr<double>(), stride);
  if (whole.scalar_type() != at::kFloat) whole = whole.to(at::kFloat).contiguous();
  body(whole.data_ptr<float>(), whole.stride(0));
}

at::Tensor column_sums(const at::Tensor &values) {
  const int64_t rows = values.size(0), width = values.size(1);
  at::Tensor sums = at::zeros({1, width}, at::kDouble);
  double *sum = sums.data_ptr<double>();
  with_rows(values, [&](const auto *value, int64_t stride) {
    at::parallel_for(0, width, 256, [&](int64_t begin, int64_t end) {
      for (int64_t row = 0; row < rows; ++row) {
        for (int64_t i = begin; i < end; ++i) sum[i] += value[row * stride + i];
      }
    });
  });
  return sums;
}

std::pair<at::Tensor, at::Tensor> centred(const at::Tensor &values, const at::Tensor &mean) {
  const int64_t rows = values.size(0), width = values.size(1);
  TORCH_CHECK(mean.is_contiguous() && mean.scalar_type() == at::kDouble && mean.numel() == width,
              "the mean is a float64 vector of ", width);
  at::Tensor result = at::empty({rows, width}, at::kDouble), norms = at::empty({rows}, at::kDouble);
  const double *centre = mean.data_ptr<double>();
  double *out = result.data_ptr<double>(), *norm = norms.data_ptr<double>();
  with_rows(values, [&](const auto *value, int64_t stride) {
    at::parallel_for(0, rows, 64, [&](int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; ++row) {
        double *to = out + row * width;
        for (int64_t i = 0; i < width; ++i) to[i] = value[row * stride + i] - centre[i];
        // Eight sums, in a fixed order: one alone would wait for itself at each step.
        double parts[8] = {0, 0, 0, 0, 0, 0, 0, 0};
        int64_t i = 0;
        for (; i + 8 <= width; i += 8) {
          for (int64_t j = 0; j < 8; ++j) parts[j] += to[i + j] * to[i + j];
        }
        for (; i < width; ++i) parts[0] += to[i] * to[i];
        norm[row] = std::accumulate(parts, parts + 8, 0.0);
      }
    });
  });
  return {result, norms};
}

double symmetric_square_sum(const at::Tensor &upper) {
  TORCH_CHECK(upper.dim() == 2 && upper.is_contiguous() && upper.scalar_type() == at::kDouble &&
                  upper.size(0) == upper.size(1),
              "a triangle is that of a contiguous square float64 matrix");
  const int64_t width = upper.size(0);
  const double *value = upper.data_ptr<double>();
  double total = 0;
  for (int64_t row = 0; row < width; ++row, value += width) {
    double parts[8] = {0, 0, 0, 0, 0, 0, 0, 0};
    int64_t i = row + 1;
    for (; i + 8 <= width; i += 8) {
      for (int64_t j = 0; j < 8; ++j) parts[j] += value[i + j] * value[i + j];
    }
    for (; i < width; ++i) parts[0] += value[i] * value[i];
    total += 2 * std::accumulate(parts, parts + 8, 0.0) + value[row] * value[row];
  }
  return total;
}

}  // namespace

extern "C" {

ct_status ct_column_sums(const ct_tensor *values, ct_tensor **out) noexcept {
  return shim::produce(out, [&] { return column_sums(values->value); });
}

ct_status ct_centred(const ct_tensor *values, const ct_tensor *mean, ct_tensor **rows,
                     ct_tensor **norms) noexcept {
  return shim::produce_pair(rows, norms, [&] { return centred(values->value, mean->value); });
}

ct_status ct_add_gram(const ct_tensor *sum, const ct_tensor *x) noexcept {
  return shim::guarded([&] { add_gram(sum->value, x->value); });
}

ct_status ct_add_product(const ct_tensor *sum, const ct_tensor *a, const ct_tensor *b) noexcept {
  return shim::guarded([&] { at::Tensor(sum->value).addmm_(a->value.t(), b->value); });
}

ct_status ct_mirrored(const ct_tensor *a, ct_tensor **out) noexcept {
  return shim::produce(out, [&] { return a->value.triu().add_(a->value.triu(1).t()); });
}

ct_status ct_symmetric_square_sum(const ct_tensor *upper, double *out) noexcept {
  return shim::guarded([&] { *out = symmetric_square_sum(upper->value); });
}

}  // extern "C"
