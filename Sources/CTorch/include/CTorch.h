/// The C face of libtorch: opaque tensors, a status from every call.
///
/// Rules that hold for every function below:
/// - It returns a `ct_status` by value and never throws, whatever C++ does inside. There is no
///   "last error" kept anywhere.
/// - An `out` argument is set to NULL first, and to a new handle only when the status is 0. The
///   caller owns that handle and frees it with `ct_tensor_free`.
/// - Handles that are passed in are borrowed for the length of the call.
/// - `*_Nullable` marks what may be left out; everything else must be there.
#ifndef CTORCH_H
#define CTORCH_H

#include "ct_core.h"
#include "ct_device.h"
#include "ct_kernels.h"
#include "ct_network.h"
#include "ct_operations.h"

#endif
