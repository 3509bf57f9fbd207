// Devices beside the CPU, and what the shim's own loops do there.
#include <dlfcn.h>

#include <array>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <string>

#include "support.h"

namespace shim {

thread_local at::Device device = at::kCPU;

}  // namespace shim

namespace {

/// libtorch's part for CUDA is a library of its own that nothing here refers to. It must be there
/// before libtorch first looks for it, since it looks once.
void bring_cuda() {
  static std::once_flag once;
  static std::string reason;
  std::call_once(once, [] {
    if (dlopen("libtorch_cuda.so", RTLD_NOW | RTLD_GLOBAL) == nullptr) reason = dlerror();
  });
  TORCH_CHECK(reason.empty(), "this libtorch has no CUDA (", reason,
              "); build with LIBTORCH=<folder of a torch that has>, or say 'device: cpu'");
}

/// The same bits from run to run, where libtorch has such a kernel, and float32 that is float32.
void make_exact() {
  auto &context = at::globalContext();
  context.setDeterministicAlgorithms(true, true);
  context.setDeterministicCuDNN(true);
  context.setBenchmarkCuDNN(false);
  context.setAllowTF32CuDNN(false);
  context.setAllowTF32CuBLAS(false);
  // cuBLAS promises equal bits only with a workspace of its own.
  setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8", 0);
}

}  // namespace

at::Tensor shim::dropout_factors_elsewhere(const at::Tensor &x, double probability, uint64_t key) {
  auto generator = at::globalContext().defaultGenerator(x.device()).clone();
  generator.set_current_seed(key);
  return at::empty(x.sizes(), x.options().dtype(at::kFloat))
      .bernoulli_(1 - probability, generator)
      .mul_(1 / (1 - probability));
}

double shim::squared_norm_elsewhere(const std::vector<at::Tensor> &tensors) {
  std::vector<at::Tensor> sums;
  for (const auto &tensor : tensors) sums.push_back(tensor.to(at::kDouble).square().sum());
  return sums.empty() ? 0 : at::stack(sums).sum().item().toDouble();
}

void shim::interpolate_elsewhere(at::Tensor &out, const at::Tensor &a, const at::Tensor &b,
                                 double alpha) {
  // Separate operations, so that nothing fuses a product with the sum.
  out.copy_(a.mul(float(1 - alpha)).add(b.mul(float(alpha))));
}

void shim::adam_elsewhere(const std::vector<AdamTensors> &all, const ct_adam_settings &s) {
  // Parameters that have seen equally many steps go together: one launch for all of them.
  std::map<int64_t, std::array<std::vector<at::Tensor>, 4>> groups;
  for (const auto &one : all) {
    auto &[weights, slopes, first, second] = groups[one.step];
    weights.push_back(one.parameter);
    slopes.push_back(one.parameter.grad().to(at::kFloat));
    first.push_back(one.first);
    second.push_back(one.second);
  }
  for (auto &[step, group] : groups) {
    auto &[weights, slopes, first, second] = group;
    if (s.decoupled) at::_foreach_mul_(weights, 1 - s.learning_rate * s.weight_decay);
    std::vector<at::Tensor> g = slopes;
    if (!s.decoupled && s.weight_decay != 0) g = at::_foreach_add(slopes, weights, s.weight_decay);
    at::_foreach_mul_(first, s.beta1);
    at::_foreach_add_(first, g, 1 - s.beta1);
    at::_foreach_mul_(second, s.beta2);
    at::_foreach_addcmul_(second, g, g, 1 - s.beta2);
    auto root = at::_foreach_sqrt(second);
    at::_foreach_div_(root, std::sqrt(1 - std::pow(s.beta2, step)));
    at::_foreach_add_(root, s.epsilon);
    at::_foreach_addcdiv_(weights, first, root,
                          -s.learning_rate / (1 - std::pow(s.beta1, step)));
  }
}

extern "C" {

ct_status ct_set_device(const char *name, char **before) noexcept {
  *before = nullptr;
  return shim::guarded([&] {
    at::Device wanted(name);
    if (wanted.is_cuda()) {
      bring_cuda();
      make_exact();
    }
    at::empty({1}, at::TensorOptions(wanted)).zero_();
    *before = strdup(shim::device.str().c_str());
    shim::device = wanted;
  });
}

bool ct_is_in_main_memory(const ct_tensor *tensor) noexcept { return tensor->value.is_cpu(); }

ct_status ct_to_main_memory(const ct_tensor *tensor, ct_tensor **out) noexcept {
  return shim::produce(out, [&] { return tensor->value.to(at::kCPU); });
}

ct_status ct_to_device(const ct_tensor *tensor, ct_tensor **out) noexcept {
  return shim::produce(out, [&] { return tensor->value.to(shim::device); });
}

}  // extern "C"
