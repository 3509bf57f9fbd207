#include "include/Libmerge.h"

#include <cmath>
#include <cstring>
#include <type_traits>

#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

#if defined(__x86_64__) && defined(__clang__)
// AVX2 without FMA, which would round differently from the plain version.
#define LM_WIDE __attribute__((target_clones("avx2", "default")))
#else
#define LM_WIDE
#endif
#define LM_INLINE inline __attribute__((always_inline))

// A fused multiply-add would make results depend on the processor.
#pragma clang fp contract(off)

namespace {

template <class To, class From>
LM_INLINE To bits(From value) {
  static_assert(sizeof(To) == sizeof(From));
  To result;
  std::memcpy(&result, &value, sizeof result);
  return result;
}

// MARK: Element types

struct Float32 {
  using Stored = float;
  using Wide = float;
  static LM_INLINE Wide widen(Stored x) { return x; }
  static LM_INLINE Stored narrow(Wide x) { return x; }
};

struct Float64 {
  using Stored = double;
  using Wide = double;
  static LM_INLINE Wide widen(Stored x) { return x; }
  static LM_INLINE Stored narrow(Wide x) { return x; }
};

struct BFloat16 {
  using Stored = uint16_t;
  using Wide = float;
  static LM_INLINE Wide widen(Stored x) { return bits<float>(uint32_t(x) << 16); }
  static LM_INLINE Stored narrow(Wide x) {
    uint32_t word = bits<uint32_t>(x);
    uint32_t rounded = (word + 0x7FFF + ((word >> 16) & 1)) >> 16;
    uint32_t quiet = (word >> 16) | 0x40;
    return uint16_t((word & 0x7FFFFFFF) > 0x7F800000 ? quiet : rounded);
  }
};

/// Branch-free, and free of subnormal float32 numbers, which a processor may have been told to flush.
struct Float16 {
  using Stored = uint16_t;
  using Wide = float;
  static LM_INLINE Wide widen(Stored x) {
    uint32_t sign = uint32_t(x & 0x8000) << 16, magnitude = x & 0x7FFF;
    uint32_t normal = (magnitude << 13) + (112u << 23);
    uint32_t special = (magnitude << 13) | 0x7F800000;
    // A subnormal counts in units of 2⁻²⁴.
    uint32_t subnormal = bits<uint32_t>(float(int32_t(magnitude)) * 0x1p-24f);
    uint32_t chosen = magnitude < 0x400 ? subnormal : magnitude < 0x7C00 ? normal : special;
    return bits<float>(sign | chosen);
  }
  static LM_INLINE Stored narrow(Wide x) {
    uint32_t word = bits<uint32_t>(x), sign = (word >> 16) & 0x8000, magnitude = word & 0x7FFFFFFF;
    uint32_t normal = (magnitude + 0xFFF + ((magnitude >> 13) & 1) - (112u << 23)) >> 13;
    // One half has its last place at 2⁻²⁴, so the sum is rounded where float16 ends.
    uint32_t subnormal = bits<uint32_t>(bits<float>(magnitude) + 0.5f) - bits<uint32_t>(0.5f);
    uint32_t quiet = 0x7E00 | ((magnitude >> 13) & 0x3FF);
    uint32_t chosen = magnitude < 0x38800000   ? subnormal
                      : magnitude < 0x477FF000 ? normal
                      : magnitude > 0x7F800000 ? quiet
                                               : 0x7C00;
    return uint16_t(sign | chosen);
  }
};

template <class Type>
using Stored = typename Type::Stored;
template <class Type>
using Wide = typename Type::Wide;

template <class Type>
LM_INLINE const Stored<Type> *stored(const void *memory) {
  return static_cast<const Stored<Type> *>(memory);
}

// MARK: Linear

template <class Type>
LM_INLINE void linear(const Stored<Type> *before, const Stored<Type> *after, size_t count,
                      double alpha, Stored<Type> *out) {
  auto keep = Wide<Type>(1 - alpha), take = Wide<Type>(alpha);
#pragma clang loop vectorize(assume_safety)
  for (size_t i = 0; i < count; ++i)
    out[i] = Type::narrow(keep * Type::widen(before[i]) + take * Type::widen(after[i]));
}

LM_WIDE void linear_float32(const float *before, const float *after, size_t count, double alpha,
                            float *out) {
  linear<Float32>(before, after, count, alpha, out);
}

LM_WIDE void linear_float64(const double *before, const double *after, size_t count, double alpha,
                            double *out) {
  linear<Float64>(before, after, count, alpha, out);
}

LM_WIDE void linear_float16(const uint16_t *before, const uint16_t *after, size_t count,
                            double alpha, uint16_t *out) {
  linear<Float16>(before, after, count, alpha, out);
}

LM_WIDE void linear_bfloat16(const uint16_t *before, const uint16_t *after, size_t count,
                             double alpha, uint16_t *out) {
  linear<BFloat16>(before, after, count, alpha, out);
}

// MARK: Task vectors

template <class Type>
LM_INLINE Wide<Type> difference(const void *before, const void *after, size_t i) {
  return Type::widen(stored<Type>(after)[i]) - Type::widen(stored<Type>(before)[i]);
}

template <class Type>
void mean_of_differences(const void *before, const void *const *afters, size_t models,
                         size_t count, Wide<Type> *out) {
  for (size_t i = 0; i < count; ++i) out[i] = difference<Type>(before, afters[0], i);
  for (size_t model = 1; model < models; ++model)
    for (size_t i = 0; i < count; ++i) out[i] += difference<Type>(before, afters[model], i);
  auto number = Wide<Type>(models);
  for (size_t i = 0; i < count; ++i) out[i] /= number;
}

template <class Type>
void add_scaled(const void *before, const Wide<Type> *direction, size_t count, double alpha,
                Stored<Type> *out) {
  auto scale = Wide<Type>(alpha);
#pragma clang loop vectorize(assume_safety)
  for (size_t i = 0; i < count; ++i)
    out[i] = Type::narrow(Type::widen(stored<Type>(before)[i]) + scale * direction[i]);
}

// MARK: TIES

template <class Number>
LM_INLINE uint64_t magnitude(Number x) {
  using Word = std::conditional_t<sizeof(Number) == 8, uint64_t, uint32_t>;
  return bits<Word>(x) & (Word(-1) >> 1);
}

template <class Type>
void count_magnitudes(const void *before, const void *after, size_t count, int digit,
                      uint64_t prefix, uint64_t *counts) {
  constexpr uint64_t last = (uint64_t(1) << LM_DIGIT_BITS) - 1;
  int shift = digit * LM_DIGIT_BITS;
  for (size_t i = 0; i < count; ++i) {
    uint64_t upper = magnitude(difference<Type>(before, after, i)) >> shift;
    // In two steps: a shift by 64 would be undefined.
    if (upper >> LM_DIGIT_BITS == prefix) counts[upper & last] += 1;
  }
}

template <class Type>
void trim(const void *before, const void *after, size_t count, uint64_t threshold,
          uint64_t &equals, Wide<Type> *out) {
  for (size_t i = 0; i < count; ++i) {
    auto vector = difference<Type>(before, after, i);
    uint64_t size = magnitude(vector);
    bool stays = size > threshold;
    if (size == threshold && equals > 0) {
      equals -= 1;
      stays = true;
    }
    out[i] = stays ? vector : 0;
  }
}

template <class Type>
void disjoint_mean(const void *before, const void *const *afters, size_t models, size_t count,
                   const uint64_t *thresholds, uint64_t *equals, Wide<Type> *scratch,
                   Wide<Type> *out) {
  for (size_t model = 0; model < models; ++model)
    trim<Type>(before, afters[model], count, thresholds[model], equals[model],
               scratch + model * count);
  for (size_t i = 0; i < count; ++i) {
    Wide<Type> votes = scratch[i];
    for (size_t model = 1; model < models; ++model) votes += scratch[model * count + i];
    Wide<Type> sum = 0, number = 0;
    for (size_t model = 0; model < models; ++model) {
      auto vector = scratch[model * count + i];
      if (votes >= 0 ? vector > 0 : vector < 0) {
        sum += vector;
        number += 1;
      }
    }
    out[i] = std::isnan(votes) ? votes : number == 0 ? 0 : sum / number;
  }
}

/// Lets denormal numbers be what they are while it lives: threads that train treat them as zero, and a
/// merge has the same bits wherever it is made.
class ExactDenormals {
#if defined(__x86_64__)
  unsigned before = _mm_getcsr();

 public:
  // Bits 15 and 6: results and operands that are flushed to zero.
  ExactDenormals() { _mm_setcsr(before & ~0x8040u); }
  ~ExactDenormals() { _mm_setcsr(before); }
#else
 public:
  ExactDenormals() {}
#endif
};

/// Calls `body` with the element type as its argument.
template <class Body>
void with(lm_type type, const Body &body) {
  switch (type) {
    case lm_type_float32: return body(Float32());
    case lm_type_float64: return body(Float64());
    case lm_type_float16: return body(Float16());
    case lm_type_bfloat16: return body(BFloat16());
  }
}

}  // namespace

extern "C" {

void lm_linear(lm_type type, const void *before, const void *after, size_t count, double alpha,
               void *out) noexcept {
  ExactDenormals exact;
  auto words = [](const void *memory) { return static_cast<const uint16_t *>(memory); };
  switch (type) {
    case lm_type_float32:
      return linear_float32(stored<Float32>(before), stored<Float32>(after), count, alpha,
                            static_cast<float *>(out));
    case lm_type_float64:
      return linear_float64(stored<Float64>(before), stored<Float64>(after), count, alpha,
                            static_cast<double *>(out));
    case lm_type_float16:
      return linear_float16(words(before), words(after), count, alpha,
                            static_cast<uint16_t *>(out));
    case lm_type_bfloat16:
      return linear_bfloat16(words(before), words(after), count, alpha,
                             static_cast<uint16_t *>(out));
  }
}

void lm_mean_of_differences(lm_type type, const void *before, const void *const *afters,
                            size_t models, size_t count, void *wide_out) noexcept {
  ExactDenormals exact;
  with(type, [&](auto element) {
    using Type = decltype(element);
    mean_of_differences<Type>(before, afters, models, count,
                              static_cast<Wide<Type> *>(wide_out));
  });
}

void lm_add_scaled(lm_type type, const void *before, const void *direction, size_t count,
                   double alpha, void *out) noexcept {
  ExactDenormals exact;
  with(type, [&](auto element) {
    using Type = decltype(element);
    add_scaled<Type>(before, static_cast<const Wide<Type> *>(direction), count, alpha,
                     static_cast<Stored<Type> *>(out));
  });
}

void lm_count_magnitudes(lm_type type, const void *before, const void *after, size_t count,
                         int digit, uint64_t prefix, uint64_t *counts) noexcept {
  ExactDenormals exact;
  with(type, [&](auto element) {
    count_magnitudes<decltype(element)>(before, after, count, digit, prefix, counts);
  });
}

void lm_disjoint_mean(lm_type type, const void *before, const void *const *afters, size_t models,
                      size_t count, const uint64_t *thresholds, uint64_t *equals, void *scratch,
                      void *wide_out) noexcept {
  ExactDenormals exact;
  with(type, [&](auto element) {
    using Type = decltype(element);
    disjoint_mean<Type>(before, afters, models, count, thresholds, equals,
                        static_cast<Wide<Type> *>(scratch), static_cast<Wide<Type> *>(wide_out));
  });
}

}  // extern "C"
