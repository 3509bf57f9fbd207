// What the shim's own files share: handles, and the wall that no C++ exception passes.
#pragma once

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>

#include <dlfcn.h>

#include <atomic>
#include <exception>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include "include/CTorch.h"

namespace shim {
extern std::atomic<int64_t> live_tensors;

ct_status failure(int code, const char *message) noexcept;
at::ScalarType scalar_type(ct_dtype dtype);
at::Tensor gelu(const at::Tensor &x);

/// The device on which this thread makes tensors.
extern thread_local at::Device device;

inline at::TensorOptions here() { return at::TensorOptions(device); }

/// A parameter with its moments and the number of this step, from 1.
struct AdamTensors {
  at::Tensor parameter, first, second;
  int64_t step;
};

/// What the loops of kernels.cpp do, by libtorch's operations, on whatever device.
void adam_elsewhere(const std::vector<AdamTensors> &all, const ct_adam_settings &settings);
double squared_norm_elsewhere(const std::vector<at::Tensor> &tensors);
void interpolate_elsewhere(at::Tensor &out, const at::Tensor &a, const at::Tensor &b, double alpha);
at::Tensor dropout_factors_elsewhere(const at::Tensor &x, double probability, uint64_t key);

/// A function of a library that libtorch may have brought along, or null.
template <class Function>
Function *loaded(const char *symbol) {
  return reinterpret_cast<Function *>(dlsym(RTLD_DEFAULT, symbol));
}

/// Whether this thread's matrix products and convolutions of float32 are computed in bfloat16.
extern thread_local bool narrow_products;

/// An operand of such a product. The CPU multiplies what was rounded in float32: libtorch 1.13 would add
/// up in bfloat16 there, and slowly, where processors have no instructions for it.
inline at::Tensor narrow(const at::Tensor &x) {
  if (x.scalar_type() != at::kFloat) return x;
  auto rounded = x.to(at::kBFloat16);
  return x.is_cpu() ? rounded.to(at::kFloat) : rounded;
}

/// The result of such a product: a bfloat16 number, in float32.
inline at::Tensor widened(const at::Tensor &product) {
  return product.to(at::kBFloat16).to(at::kFloat);
}

/// A matrix product as this thread computes them.
inline at::Tensor product(const at::Tensor &a, const at::Tensor &b) {
  return narrow_products ? widened(at::matmul(narrow(a), narrow(b))) : at::matmul(a, b);
}

/// Whether the Fourier transform is the faster way to this convolution, and the convolution.
bool is_better_by_spectrum(const at::Tensor &input, const at::Tensor &weight, int64_t stride,
                           int64_t padding, int64_t dilation, int64_t groups);
at::Tensor spectral_conv1d(const at::Tensor &input, const at::Tensor &weight,
                           const c10::optional<at::Tensor> &bias, int64_t padding, int64_t groups);

/// Whether the arguments are sound and such as `lstm` takes, and one LSTM layer; without lengths all
/// frames count.
bool lstm_fits(const at::Tensor &input, const std::vector<at::Tensor> &weights);
at::Tensor lstm(const at::Tensor &input, const std::vector<at::Tensor> &weights,
                std::vector<int64_t> lengths);

/// Whether the arguments are sound and such as `ctc_loss` takes; libtorch has its errors for others.
bool ctc_fits_probabilities(const at::Tensor &log_probabilities, const at::Tensor &targets,
                            at::IntArrayRef frames, at::IntArrayRef symbols, int64_t blank);
at::Tensor ctc_loss(const at::Tensor &log_probabilities, const at::Tensor &targets,
                    at::IntArrayRef frames, at::IntArrayRef symbols, int64_t blank,
                    int64_t reduction, bool zero_infinity);
}  // namespace shim

struct ct_tensor {
  at::Tensor value;

  explicit ct_tensor(at::Tensor tensor) : value(std::move(tensor)) {
    shim::live_tensors.fetch_add(1, std::memory_order_relaxed);
  }
  ~ct_tensor() { shim::live_tensors.fetch_sub(1, std::memory_order_relaxed); }
  ct_tensor(const ct_tensor &) = delete;
  ct_tensor &operator=(const ct_tensor &) = delete;
};

struct ct_generator {
  at::Generator value;
};

namespace shim {

/// Runs `body` and turns whatever it throws into a status.
template <class Body>
ct_status guarded(Body &&body) noexcept {
  try {
    body();
    return {0, nullptr};
  } catch (const c10::Error &error) {
    return failure(1, error.what_without_backtrace());
  } catch (const std::exception &error) {
    return failure(2, error.what());
  } catch (...) {
    return failure(3, "something was thrown that is not an exception");
  }
}

/// As `guarded`, handing over the tensor that `body` returns.
template <class Body>
ct_status produce(ct_tensor **out, Body &&body) noexcept {
  *out = nullptr;
  return guarded([&] { *out = new ct_tensor(body()); });
}

/// As `guarded`, handing over the two tensors that `body` returns.
template <class Body>
ct_status produce_pair(ct_tensor **first, ct_tensor **second, Body &&body) noexcept {
  *first = nullptr;
  *second = nullptr;
  return guarded([&] {
    auto pair = body();
    auto one = std::make_unique<ct_tensor>(std::get<0>(pair));
    *second = new ct_tensor(std::get<1>(pair));
    *first = one.release();
  });
}

inline at::IntArrayRef numbers(const int64_t *values, size_t count) {
  return at::IntArrayRef(values, count);
}

inline c10::optional<at::Tensor> optional(const ct_tensor *tensor) {
  if (tensor == nullptr) return c10::nullopt;
  return tensor->value;
}

inline std::vector<at::Tensor> list(const ct_tensor *const *tensors, size_t count) {
  std::vector<at::Tensor> result;
  result.reserve(count);
  for (size_t i = 0; i < count; ++i) result.push_back(tensors[i]->value);
  return result;
}

}  // namespace shim
