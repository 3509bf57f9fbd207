// Views and joins: the operations that move numbers without changing them.
#include "support.h"

using shim::produce;

namespace {

/// How many numbers an operation of a fixed kind needs; −1 where it depends on the tensor.
int64_t expected_numbers(ct_shaping operation) {
  switch (operation) {
    case ct_shaping_unsqueeze: return 1;
    case ct_shaping_transpose:
    case ct_shaping_select: return 2;
    case ct_shaping_narrow:
    case ct_shaping_unfold: return 3;
    default: return -1;
  }
}

at::Tensor shaped(ct_shaping operation, const at::Tensor &x, at::IntArrayRef n) {
  int64_t expected = expected_numbers(operation);
  TORCH_CHECK(expected < 0 || static_cast<size_t>(expected) == n.size(), "needs ", expected,
              " numbers, but got ", n.size());
  switch (operation) {
    case ct_shaping_reshape: return x.reshape(n);
    case ct_shaping_permute: return x.permute(n);
    case ct_shaping_expand: return x.expand(n);
    case ct_shaping_flip: return x.flip(n);
    case ct_shaping_transpose: return x.transpose(n[0], n[1]);
    case ct_shaping_unsqueeze: return x.unsqueeze(n[0]);
    case ct_shaping_squeeze: return n.empty() ? x.squeeze() : x.squeeze(n[0]);
    case ct_shaping_narrow: return x.narrow(n[0], n[1], n[2]);
    case ct_shaping_select: return x.select(n[0], n[1]);
    case ct_shaping_unfold: return x.unfold(n[0], n[1], n[2]);
  }
  TORCH_CHECK(false, "unknown operation ", static_cast<int>(operation));
}

}  // namespace

extern "C" {

ct_status ct_shape(ct_shaping operation, const ct_tensor *x, const int64_t *numbers, size_t count,
                   ct_tensor **out) noexcept {
  return produce(
      out, [&] { return shaped(operation, x->value, shim::numbers(numbers, count)); });
}

ct_status ct_join(bool stack, const ct_tensor *const *tensors, size_t count, int64_t dimension,
                  ct_tensor **out) noexcept {
  return produce(out, [&] {
    auto parts = shim::list(tensors, count);
    return stack ? at::stack(parts, dimension) : at::cat(parts, dimension);
  });
}

ct_status ct_pad(const ct_tensor *x, int64_t before, int64_t after, bool reflect, double value,
                 ct_tensor **out) noexcept {
  return produce(out, [&] {
    if (!reflect) return at::constant_pad_nd(x->value, {before, after}, value);
    // reflection_pad1d wants a channel dimension.
    if (x->value.dim() > 1) return at::reflection_pad1d(x->value, {before, after});
    return at::reflection_pad1d(x->value.unsqueeze(0), {before, after}).squeeze(0);
  });
}

}  // extern "C"
