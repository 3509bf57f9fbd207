// Attention, a head at a time: the scores of one head stay in the cache and are not kept.
#include <torch/csrc/autograd/custom_function.h>

#include <array>

#include "dropout.h"

namespace {

using shim::DropoutMask;

/// What all heads share. Scores are [T, S]; `bias` and `mask` are [B, H, T, S] or undefined.
struct Heads {
  at::Tensor q, k, v, bias, mask;
  DropoutMask dropout;

  Heads(const at::Tensor &query, const at::Tensor &key, const at::Tensor &value,
        const at::Tensor &bias, const at::Tensor &mask, const DropoutMask &dropout)
      : q(merged(query)), k(merged(key)), v(merged(value)), dropout(dropout) {
    const std::array<int64_t, 4> shape{query.size(0), query.size(1), query.size(2), key.size(2)};
    if (bias.defined()) this->bias = bias.expand(shape);
    if (mask.defined()) this->mask = mask.expand(shape);
    heads = query.size(1);
  }

  int64_t count() const { return q.size(0); }

  at::Tensor of(const at::Tensor &all, int64_t head) const {
    return all.select(0, head / heads).select(0, head % heads);
  }

  /// softmax(q·kᵀ + bias + mask) into `shares`, by way of `scores`.
  void attend(int64_t head, at::Tensor &scores, at::Tensor &shares) const {
    at::mm_out(scores, q.select(0, head), k.select(0, head).t());
    if (bias.defined()) scores.add_(of(bias, head));
    if (mask.defined()) scores.add_(of(mask, head));
    at::_softmax_out(shares, scores, -1, false);
  }

  /// Drops in place, each head at its place in [B, H, T, S].
  void drop(int64_t head, at::Tensor &x) const {
    if (dropout.probability == 0) return;
    float *data = x.data_ptr<float>();
    dropout.multiply(data, data, head * x.numel(), x.numel());
  }

  /// [B, H, T, d] → [B·H, T, d].
  static at::Tensor merged(const at::Tensor &x) {
    return x.contiguous().view({x.size(0) * x.size(1), x.size(2), x.size(3)});
  }

 private:
  int64_t heads;
};

using Optional = const c10::optional<at::Tensor> &;

struct Attention : torch::autograd::Function<Attention> {
  static at::Tensor forward(torch::autograd::AutogradContext *context, const at::Tensor &query,
                            const at::Tensor &key, const at::Tensor &value, Optional bias,
                            Optional mask, int64_t seed, double probability) {
    const auto b = bias.value_or(at::Tensor()), m = mask.value_or(at::Tensor());
    const Heads heads(query, key, value, b, m, {uint64_t(seed), probability});
    context->save_for_backward({query, key, value, b, m});
    context->saved_data["seed"] = seed;
    context->saved_data["probability"] = probability;
    auto scores = at::empty({query.size(2), key.size(2)}, query.options());
    auto shares = at::empty_like(scores);
    auto output = at::empty({heads.count(), query.size(2), value.size(3)}, query.options());
    for (int64_t head = 0; head < heads.count(); ++head) {
      heads.attend(head, scores, shares);
      heads.drop(head, shares);
      auto mixed = output.select(0, head);
      at::mm_out(mixed, shares, heads.v.select(0, head));
    }
    return output.view({query.size(0), query.size(1), query.size(2), value.size(3)});
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext *context,
                                                 torch::autograd::variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const auto &query = saved[0], &key = saved[1], &value = saved[2], &bias = saved[3];
    const auto seed = uint64_t(context->saved_data["seed"].toInt());
    const Heads heads(query, key, value, bias, saved[4],
                      {seed, context->saved_data["probability"].toDouble()});
    const auto gradient = Heads::merged(gradients[0]);
    auto dq = at::empty_like(heads.q), dk = at::empty_like(heads.k), dv = at::empty_like(heads.v);
    at::Tensor dbias;
    if (bias.defined()) dbias = at::empty(heads.bias.sizes(), bias.options());
    auto scores = at::empty({query.size(2), key.size(2)}, query.options());
    auto shares = at::empty_like(scores), dropped = at::empty_like(scores);
    for (int64_t head = 0; head < heads.count(); ++head) {
      heads.attend(head, scores, shares);
      dropped.copy_(shares);
      heads.drop(head, dropped);
      auto dq_head = dq.select(0, head), dk_head = dk.select(0, head), dv_head = dv.select(0, head);
      const auto slope = gradient.select(0, head);
      at::mm_out(dv_head, dropped.t(), slope);
      at::mm_out(scores, slope, heads.v.select(0, head).t());
      heads.drop(head, scores);
      const auto dscores = at::_softmax_backward_data(scores, shares, -1, at::kFloat);
      if (dbias.defined()) heads.of(dbias, head).copy_(dscores);
      at::mm_out(dq_head, dscores, heads.k.select(0, head));
      // As the gradient of kᵀ: the transposed product rounds otherwise.
      dk_head.copy_(at::mm(heads.q.select(0, head).t(), dscores).t());
    }
    if (dbias.defined()) dbias = dbias.sum_to_size(bias.sizes());
    return {dq.view(query.sizes()), dk.view(key.sizes()), dv.view(value.sizes()), dbias, {}, {}, {}};
  }
};

/// The same by operations over all heads: for other devices, and products in bfloat16.
at::Tensor composed(const at::Tensor &query, const at::Tensor &key, const at::Tensor &value,
                    Optional bias, Optional mask, const DropoutMask &dropout) {
  auto scores = shim::product(query, key.transpose(2, 3));
  if (bias.has_value()) scores = scores.add(*bias);
  if (mask.has_value()) scores = scores.add(*mask);
  auto shares = scores.softmax(-1);
  if (dropout.probability > 0) shares = shim::dropout(shares, dropout);
  return shim::product(shares, value);
}

}  // namespace

extern "C" {

ct_status ct_attention(const ct_tensor *query, const ct_tensor *key, const ct_tensor *value,
                       const ct_tensor *bias, const ct_tensor *mask, double probability,
                       ct_generator *generator, ct_tensor **out) noexcept {
  return shim::produce(out, [&] {
    const auto &q = query->value, &k = key->value, &v = value->value;
    TORCH_CHECK(q.dim() == 4 && k.dim() == 4 && v.dim() == 4,
                "query, key and value must be [batch, heads, frames, features]");
    const auto b = shim::optional(bias), m = shim::optional(mask);
    const auto dropout =
        generator == nullptr ? DropoutMask{0, 0} : shim::dropout_mask(probability, generator);
    const bool by_heads = q.is_cpu() && q.scalar_type() == at::kFloat && !shim::narrow_products &&
                          k.scalar_type() == at::kFloat && v.scalar_type() == at::kFloat;
    if (!by_heads) return composed(q, k, v, b, m, dropout);
    return Attention::apply(q, k, v, b, m, int64_t(dropout.key), dropout.probability);
  });
}

}  // extern "C"
