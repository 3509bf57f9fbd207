/// Status, tensor handles, creation, access, random numbers, autograd and the runtime.
#ifndef CT_CORE_H
#define CT_CORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define CT_NOEXCEPT noexcept
extern "C" {
#else
#define CT_NOEXCEPT
#endif

#if defined(__clang__)
#define CT_ENUM enum __attribute__((enum_extensibility(closed)))
#else
#define CT_ENUM enum
#endif

#pragma clang assume_nonnull begin

// MARK: Status

/// How a call ended. `code` is 0 for success, 1 where libtorch refused the operands, 2 for any
/// other C++ exception, 3 for something thrown that is no exception.
typedef struct ct_status {
  int code;
  /// Why, in English, allocated with malloc; NULL on success, and where even that failed.
  char *_Nullable message;
} ct_status;

/// Frees the message of a status. A status without one is left alone.
void ct_status_free(ct_status status) CT_NOEXCEPT;

// MARK: Handles

/// One libtorch tensor. Several handles may share one storage (views, gradients).
typedef struct ct_tensor ct_tensor;

/// A libtorch generator of pseudo-random numbers on the CPU (mt19937).
typedef struct ct_generator ct_generator;

/// Element types, in the numbering of this header and not of libtorch.
typedef CT_ENUM ct_dtype {
  ct_dtype_float32 = 0,
  ct_dtype_float64 = 1,
  ct_dtype_float16 = 2,
  ct_dtype_bfloat16 = 3,
  ct_dtype_int64 = 4,
  ct_dtype_int32 = 5,
  ct_dtype_int16 = 6,
  ct_dtype_uint8 = 7,
  ct_dtype_int8 = 8,
  ct_dtype_bool = 9,
} ct_dtype;

void ct_tensor_free(ct_tensor *_Nullable tensor) CT_NOEXCEPT;

/// How many tensor handles are alive in this process: a test's means of seeing a leak.
int64_t ct_live_tensors(void) CT_NOEXCEPT;

// MARK: Creation

/// A tensor of `rank` dimensions with every element equal to `value`.
ct_status ct_full(const int64_t *_Nullable shape, size_t rank, double value, ct_dtype dtype,
                  ct_tensor *_Nullable *_Nonnull out) CT_NOEXCEPT;

/// A copy of `length` bytes, which must be exactly the shape's elements in native byte order.
ct_status ct_from_bytes(const void *_Nullable bytes, size_t length, const int64_t *_Nullable shape,
                        size_t rank, ct_dtype dtype,
                        ct_tensor *_Nullable *_Nonnull out) CT_NOEXCEPT;

/// 0, 1, … count − 1 as int64.
ct_status ct_arange(int64_t count, ct_tensor *_Nullable *_Nonnull out) CT_NOEXCEPT;

/// The identity matrix, float32.
ct_status ct_eye(int64_t count, ct_tensor *_Nullable *_Nonnull out) CT_NOEXCEPT;

// MARK: Random numbers

ct_status ct_generator_new(uint64_t seed, ct_generator *_Nullable *_Nonnull out) CT_NOEXCEPT;
void ct_generator_free(ct_generator *_Nullable generator) CT_NOEXCEPT;

/// The whole state as a uint8 tensor, fit for a checkpoint.
ct_status ct_generator_state(const ct_generator *generator,
                             ct_tensor *_Nullable *_Nonnull out) CT_NOEXCEPT;
ct_status ct_generator_set_state(ct_generator *generator, const ct_tensor *state) CT_NOEXCEPT;

/// Sixty-four random bits.
ct_status ct_generator_next(ct_generator *generator, uint64_t *out) CT_NOEXCEPT;

typedef CT_ENUM ct_distribution {
  /// Gaussian: `a` is the mean, `b` the standard deviation.
  ct_distribution_normal = 0,
  /// Uniform in [a, b).
  ct_distribution_uniform = 1,
} ct_distribution;

/// A float32 tensor of independent draws.
ct_status ct_random(ct_distribution distribution, const int64_t *_Nullable shape, size_t rank,
                    double a, double b, ct_generator *generator,
                    ct_tensor *_Nullable *_Nonnull out) CT_NOEXCEPT;

/// A uniformly drawn permutation of 0 … count − 1, int64.
ct_status ct_random_permutation(int64_t count, ct_generator *generator,
                                ct_tensor *_Nullable *_Nonnull out) CT_NOEXCEPT;

// MARK: Access

/// What a tensor is, read without any allocation.
typedef struct ct_facts {
  int64_t rank;
  int64_t count;
  int64_t element_bytes;
  /// A `ct_dtype`, or −1 for a type outside it (complex, quantised).
  int dtype;
  bool contiguous;
  bool requires_gradient;
  /// Whether this tensor was made by the user and not by a differentiable operation.
  bool leaf;
} ct_facts;

ct_facts ct_tensor_facts(const ct_tensor *tensor) CT_NOEXCEPT;

/// Writes the sizes of the dimensions to `shape`, which holds `rank` numbers as `ct_facts` says.
void ct_tensor_shape(const ct_tensor *tensor, int64_t *shape) CT_NOEXCEPT;

/// The first element's address; only meaningful for a contiguous tensor in main memory.
ct_status ct_tensor_data(const ct_tensor *tensor, void *_Nullable *_Nonnull out) CT_NOEXCEPT;

/// The only element of a tensor, as double.
ct_status ct_tensor_item(const ct_tensor *tensor, double *out) CT_NOEXCEPT;

// MARK: Autograd

/// Backward from `tensor`, from `gradient` of its shape or, for a scalar, from 1.
ct_status ct_backward(const ct_tensor *tensor, const ct_tensor *_Nullable gradient) CT_NOEXCEPT;
ct_status ct_set_requires_gradient(ct_tensor *tensor, bool requires_gradient) CT_NOEXCEPT;

/// The accumulated gradient, or NULL where there is none (with status 0).
ct_status ct_gradient(const ct_tensor *tensor, ct_tensor *_Nullable *_Nonnull out) CT_NOEXCEPT;

/// Drops the gradient altogether, so that the next backward pass makes a new one.
ct_status ct_clear_gradient(ct_tensor *tensor) CT_NOEXCEPT;

/// Switches the recording of operations for this thread and returns what it was.
bool ct_set_gradient_mode(bool enabled) CT_NOEXCEPT;

// MARK: Runtime

/// Threads inside one operation, of libtorch and, where it is loaded, of OpenBLAS.
ct_status ct_set_threads(int threads) CT_NOEXCEPT;
int ct_threads(void) CT_NOEXCEPT;

/// Treats denormal floats as zero on this thread; false where the processor cannot.
bool ct_flush_denormals(bool enabled) CT_NOEXCEPT;

/// The version of the libtorch headers that this was built against, for example "1.13.0".
const char *ct_version(void) CT_NOEXCEPT;

/// Which BLAS the process runs on, told from the symbols that are loaded. A malloc'ed line
/// that starts with "OpenBLAS", "MKL", "Accelerate" or "reference"; the caller frees it.
char *_Nullable ct_blas_description(void) CT_NOEXCEPT;

#pragma clang assume_nonnull end

#ifdef __cplusplus
}
#endif
#endif
