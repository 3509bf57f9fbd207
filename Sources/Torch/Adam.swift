import CTorch

/// Adam (Kingma and Ba, arXiv 1412.6980), with weight decay as in torch.optim.Adam or, decoupled,
/// as in AdamW (Loshchilov and Hutter, arXiv 1711.05101).
///
/// One pass over each parameter, elements independent of each other, so that neither the number
/// of threads nor an interruption changes a bit. A parameter without a gradient is left alone and
/// its own step count with it, as torch does it.
package final class Adam {
  package let parameters: [(name: String, tensor: Tensor)]
  package var learningRate: Double
  package let betas: (Double, Double)
  package let epsilon: Double
  package let weightDecay: Double
  package let decoupled: Bool
  private let byOperations: Bool

  private let firstMoments: [Tensor]
  private let secondMoments: [Tensor]
  private var steps: [Int64]

  /// - Parameters:
  ///   - parameters: Contiguous float32 leaves, with the names that `state()` uses.
  ///   - learningRate: Of a step that names none.
  ///   - betas: Decay of the first and second moments.
  ///   - epsilon: Added to the root of the second moment.
  ///   - weightDecay: λ.
  ///   - decoupled: Whether θ shrinks by learningRate·λ itself (AdamW), instead of λ·θ joining
  ///     the gradient.
  ///   - byOperations: Whether to compute by libtorch's operations also in main memory, as on other
  ///     devices, where the last bits are libtorch's.
  /// - Throws: `TorchError.refused` where there is no memory for the moments.
  package init(
    parameters: [(String, Tensor)], learningRate: Double, betas: (Double, Double) = (0.9, 0.999),
    epsilon: Double = 1e-8, weightDecay: Double = 0, decoupled: Bool = false,
    byOperations: Bool = false
  ) throws(TorchError) {
    self.parameters = parameters.map { (name: $0.0, tensor: $0.1) }
    self.learningRate = learningRate
    self.betas = betas
    self.epsilon = epsilon
    self.weightDecay = weightDecay
    self.decoupled = decoupled
    self.byOperations = byOperations
    var moments: [Tensor] = []
    for _ in 0..<2 {
      for (_, tensor) in parameters { moments.append(try .zeros(tensor.shape)) }
    }
    firstMoments = Array(moments.prefix(parameters.count))
    secondMoments = Array(moments.suffix(parameters.count))
    steps = Array(repeating: 0, count: parameters.count)
  }

  /// Updates every parameter that has a gradient, in place.
  ///
  /// - Parameter learningRate: Of this step, where a schedule decides it.
  /// - Throws: `TorchError.refused` for parameters that are not contiguous float32.
  package func step(learningRate: Double? = nil) throws(TorchError) {
    let settings = ct_adam_settings(
      learning_rate: learningRate ?? self.learningRate, beta1: betas.0, beta2: betas.1,
      epsilon: epsilon, weight_decay: weightDecay, decoupled: decoupled,
      by_operations: byOperations)
    let tensors = parameters.map(\.tensor)
    let status = Tensor.withHandles(tensors) { parameters, count in
      Tensor.withHandles(firstMoments) { first, _ in
        Tensor.withHandles(secondMoments) { second, _ in
          steps.withUnsafeMutableBufferPointer { steps in
            withUnsafeTemporaryAllocation(of: Int64.self, capacity: 1) { nothing in
              guard let place = steps.baseAddress ?? nothing.baseAddress else {
                return ct_status(code: 0, message: nil)
              }
              return ct_adam_step(parameters, first, second, place, count, settings)
            }
          }
        }
      }
    }
    try check("Adam.step", tensors, status)
  }

  /// Drops the gradients of all parameters.
  package func clearGradients() throws(TorchError) {
    for (_, tensor) in parameters { try tensor.clearGradient() }
  }
}

// MARK: State

extension Adam {
  /// All that `restore` needs to go on bit for bit: for each parameter `<name>.m` and `<name>.v`
  /// (float32, its shape) and `<name>.step` (int64 scalar). The moments share storage with the
  /// optimiser; save them before the next step.
  package func state() throws(TorchError) -> [(name: String, tensor: Tensor)] {
    var state: [(name: String, tensor: Tensor)] = []
    for (index, (name, _)) in parameters.enumerated() {
      state.append((name: "\(name).m", tensor: firstMoments[index]))
      state.append((name: "\(name).v", tensor: secondMoments[index]))
      state.append((name: "\(name).step", tensor: try Tensor([steps[index]], shape: [])))
    }
    return state
  }

  /// Takes over the state of an optimiser with the same parameters; entries of other names are
  /// ignored. Nothing is changed unless all of it fits.
  ///
  /// - Throws: `TorchError.mismatchedState` for what is missing or has another shape.
  package func restore(_ state: [String: Tensor]) throws(TorchError) {
    var found: [(m: Tensor, v: Tensor, step: Int64)] = []
    for (name, tensor) in parameters {
      let m = try Self.entry("\(name).m", of: state, shape: tensor.shape, .float32)
      let v = try Self.entry("\(name).v", of: state, shape: tensor.shape, .float32)
      let step = try Self.entry("\(name).step", of: state, shape: [], .int64)
      found.append((m, v, try step.int64s()[0]))
    }
    for (index, entry) in found.enumerated() {
      try firstMoments[index].copy_(from: entry.m)
      try secondMoments[index].copy_(from: entry.v)
      steps[index] = entry.step
    }
  }

  private static func entry(
    _ name: String, of state: [String: Tensor], shape: [Int], _ dtype: DType
  ) throws(TorchError) -> Tensor {
    guard let tensor = state[name] else {
      throw .mismatchedState(name: name, reason: "is missing")
    }
    guard tensor.shape == shape, tensor.knownDType == dtype else {
      throw .mismatchedState(
        name: name, reason: "must be \(dtype) \(shape), but is \(tensor.summary)")
    }
    return tensor
  }
}

/// Scales all gradients together so that their Euclidean norm is at most `maximumNorm`, as
/// torch.nn.utils.clip_grad_norm_ does: by min(1, maximumNorm / (norm + 1e-6)).
///
/// The norm is summed in double precision over blocks of fixed size, so it does not depend on
/// the number of threads. Parameters without a gradient count as 0.
///
/// - Returns: The norm before that; not finite where any gradient is not.
/// - Throws: `TorchError.refused` where memory runs out.
@discardableResult
package func clipGradients(
  _ parameters: [Tensor], maximumNorm: Double
) throws(TorchError) -> Double {
  var norm = 0.0
  let status = Tensor.withHandles(parameters) {
    ct_clip_gradients($0, $1, maximumNorm, &norm)
  }
  try check("clipGradients", [], status)
  return norm
}
