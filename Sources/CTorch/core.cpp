// Status, tensor handles, creation, access and autograd.
#include <ATen/CPUGeneratorImpl.h>

#include <cstdlib>
#include <cstring>
#include <memory>
#include <mutex>

#include "support.h"

using shim::guarded;
using shim::numbers;
using shim::produce;

namespace shim {

std::atomic<int64_t> live_tensors{0};

ct_status failure(int code, const char *message) noexcept { return {code, strdup(message)}; }

at::ScalarType scalar_type(ct_dtype dtype) {
  switch (dtype) {
    case ct_dtype_float32: return at::kFloat;
    case ct_dtype_float64: return at::kDouble;
    case ct_dtype_float16: return at::kHalf;
    case ct_dtype_bfloat16: return at::kBFloat16;
    case ct_dtype_int64: return at::kLong;
    case ct_dtype_int32: return at::kInt;
    case ct_dtype_int16: return at::kShort;
    case ct_dtype_uint8: return at::kByte;
    case ct_dtype_int8: return at::kChar;
    case ct_dtype_bool: return at::kBool;
  }
  TORCH_CHECK(false, "unknown element type ", static_cast<int>(dtype));
}

static int dtype_number(at::ScalarType type) noexcept {
  switch (type) {
    case at::kFloat: return ct_dtype_float32;
    case at::kDouble: return ct_dtype_float64;
    case at::kHalf: return ct_dtype_float16;
    case at::kBFloat16: return ct_dtype_bfloat16;
    case at::kLong: return ct_dtype_int64;
    case at::kInt: return ct_dtype_int32;
    case at::kShort: return ct_dtype_int16;
    case at::kByte: return ct_dtype_uint8;
    case at::kChar: return ct_dtype_int8;
    case at::kBool: return ct_dtype_bool;
    default: return -1;
  }
}

}  // namespace shim

extern "C" {

void ct_status_free(ct_status status) noexcept { free(status.message); }

void ct_tensor_free(ct_tensor *tensor) noexcept { delete tensor; }

int64_t ct_live_tensors(void) noexcept { return shim::live_tensors.load(); }

// MARK: Creation

ct_status ct_full(const int64_t *shape, size_t rank, double value, ct_dtype dtype,
                  ct_tensor **out) noexcept {
  return produce(out, [&] {
    auto result =
        at::empty(numbers(shape, rank), shim::here().dtype(shim::scalar_type(dtype)));
    return value == 0 ? result.zero_() : result.fill_(value);
  });
}

ct_status ct_from_bytes(const void *bytes, size_t length, const int64_t *shape, size_t rank,
                        ct_dtype dtype, ct_tensor **out) noexcept {
  return produce(out, [&] {
    auto result = at::empty(numbers(shape, rank), shim::scalar_type(dtype));
    TORCH_CHECK(result.nbytes() == length, "the shape holds ", result.nbytes(),
                " bytes, but there are ", length);
    if (length > 0) memcpy(result.data_ptr(), bytes, length);
    return result.to(shim::device);
  });
}

ct_status ct_arange(int64_t count, ct_tensor **out) noexcept {
  return produce(out, [&] { return at::arange(count, shim::here().dtype(at::kLong)); });
}

ct_status ct_eye(int64_t count, ct_tensor **out) noexcept {
  return produce(out, [&] { return at::eye(count, shim::here()); });
}

// MARK: Random numbers

ct_status ct_generator_new(uint64_t seed, ct_generator **out) noexcept {
  *out = nullptr;
  return guarded(
      [&] { *out = new ct_generator{at::make_generator<at::CPUGeneratorImpl>(seed)}; });
}

void ct_generator_free(ct_generator *generator) noexcept { delete generator; }

ct_status ct_generator_state(const ct_generator *generator, ct_tensor **out) noexcept {
  return produce(out, [&] { return generator->value.get_state(); });
}

ct_status ct_generator_set_state(ct_generator *generator, const ct_tensor *state) noexcept {
  return guarded([&] { generator->value.set_state(state->value.cpu()); });
}

ct_status ct_generator_next(ct_generator *generator, uint64_t *out) noexcept {
  return guarded([&] {
    auto *implementation = at::check_generator<at::CPUGeneratorImpl>(generator->value);
    std::lock_guard<std::mutex> lock(implementation->mutex_);
    *out = implementation->random64();
  });
}

ct_status ct_random(ct_distribution distribution, const int64_t *shape, size_t rank, double a,
                    double b, ct_generator *generator, ct_tensor **out) noexcept {
  return produce(out, [&] {
    auto result = at::empty(numbers(shape, rank), at::kFloat);
    // Drawn in main memory everywhere, so that all devices start from the same numbers.
    if (distribution == ct_distribution_normal) {
      result.normal_(a, b, generator->value);
    } else {
      result.uniform_(a, b, generator->value);
    }
    return result.to(shim::device);
  });
}

ct_status ct_random_permutation(int64_t count, ct_generator *generator,
                                ct_tensor **out) noexcept {
  return produce(out, [&] { return at::randperm(count, generator->value, at::kLong).to(shim::device); });
}

// MARK: Access

ct_facts ct_tensor_facts(const ct_tensor *tensor) noexcept {
  const at::Tensor &value = tensor->value;
  return {value.dim(),
          value.numel(),
          static_cast<int64_t>(value.element_size()),
          shim::dtype_number(value.scalar_type()),
          value.is_contiguous(),
          value.requires_grad(),
          value.is_leaf()};
}

void ct_tensor_shape(const ct_tensor *tensor, int64_t *shape) noexcept {
  auto sizes = tensor->value.sizes();
  std::copy(sizes.begin(), sizes.end(), shape);
}

ct_status ct_tensor_data(const ct_tensor *tensor, void **out) noexcept {
  *out = nullptr;
  return guarded([&] {
    TORCH_CHECK(tensor->value.is_contiguous(), "the tensor is not contiguous");
    TORCH_CHECK(tensor->value.device().is_cpu(), "the tensor is not in main memory");
    *out = tensor->value.data_ptr();
  });
}

ct_status ct_tensor_item(const ct_tensor *tensor, double *out) noexcept {
  return guarded([&] { *out = tensor->value.item().toDouble(); });
}

// MARK: Autograd

ct_status ct_backward(const ct_tensor *tensor, const ct_tensor *gradient) noexcept {
  return guarded([&] {
    tensor->value.backward(gradient == nullptr ? at::Tensor() : gradient->value);
  });
}

ct_status ct_set_requires_gradient(ct_tensor *tensor, bool requires_gradient) noexcept {
  return guarded([&] { tensor->value.set_requires_grad(requires_gradient); });
}

ct_status ct_gradient(const ct_tensor *tensor, ct_tensor **out) noexcept {
  *out = nullptr;
  return guarded([&] {
    const at::Tensor &gradient = tensor->value.grad();
    if (gradient.defined()) *out = new ct_tensor(gradient);
  });
}

ct_status ct_clear_gradient(ct_tensor *tensor) noexcept {
  return guarded([&] { tensor->value.mutable_grad() = at::Tensor(); });
}

bool ct_set_gradient_mode(bool enabled) noexcept {
  bool before = at::GradMode::is_enabled();
  at::GradMode::set_enabled(enabled);
  return before;
}

}  // extern "C"
