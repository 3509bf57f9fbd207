// GELU with a backward pass that may be handed any strides.

#include <torch/csrc/autograd/custom_function.h>

#include "support.h"

namespace {

// oneDNN's GELU, which libtorch 1.13 takes for float32, reads a gradient as if it were laid out as
// the input was: the gradient of a transposed result comes out as garbage. Both are made contiguous
// here.
struct ContiguousGelu : torch::autograd::Function<ContiguousGelu> {
  static at::Tensor forward(torch::autograd::AutogradContext *context, const at::Tensor &x) {
    const auto input = x.contiguous();
    context->save_for_backward({input});
    return at::gelu(input);
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext *context,
                                                 torch::autograd::variable_list gradients) {
    const auto saved = context->get_saved_variables();
    return {at::gelu_backward(gradients[0].contiguous(), saved[0])};
  }
};

}  // namespace

at::Tensor shim::gelu(const at::Tensor &x) { return ContiguousGelu::apply(x); }
