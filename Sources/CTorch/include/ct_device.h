/// Where tensors are made: main memory, or an accelerator's.
#ifndef CT_DEVICE_H
#define CT_DEVICE_H

#include "ct_core.h"

#ifdef __cplusplus
extern "C" {
#endif

#pragma clang assume_nonnull begin

/// Makes `name` ("cpu", "cuda", "cuda:1") the device on which this thread makes tensors, and hands over
/// the name of what it was before, allocated with malloc. A tensor is made there first: a device that
/// libtorch cannot use is refused here, and nothing changes.
ct_status ct_set_device(const char *name, char *_Nullable *_Nonnull before) CT_NOEXCEPT;

/// Whether the processor can read the tensor's memory.
bool ct_is_in_main_memory(const ct_tensor *tensor) CT_NOEXCEPT;

/// The tensor in main memory, or on this thread's device: itself where it is there already.
ct_status ct_to_main_memory(const ct_tensor *tensor, ct_tensor *_Nullable *_Nonnull out) CT_NOEXCEPT;
ct_status ct_to_device(const ct_tensor *tensor, ct_tensor *_Nullable *_Nonnull out) CT_NOEXCEPT;

#pragma clang assume_nonnull end

#ifdef __cplusplus
}
#endif
#endif
