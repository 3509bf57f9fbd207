/// Takes silences out of a recording as s3prl's verification does, everywhere and not at its ends alone:
/// sox's effects `gain -3.0` and `silence 1 0.1 0.1% -1 0.1 0.1%`, at 16 kHz, bit for bit.
///
/// A sample is loud if the root mean square of the last 20 ms with it is above 0.1 % of full scale. What
/// stays begins with 0.1 s of loud samples; 0.1 s that are not loud end it, and are left out with all that
/// follows until the next 0.1 s of loud ones. Shorter pauses stay.
///
/// Source: s3prl's downstream/sv_voxceleb1/dataset.py (`EFFECTS`); sox 14.4.2's silence.c and gain.c.
package struct SilenceRemoval: Sendable {
  /// What sox gives each sample before: −3 dB.
  private static let gain = 0.70794578438413791
  private static let fullScale = 2_147_483_648.0
  /// 20 ms, 0.1 s, and the share of full scale that is loud, in percent.
  private static let (window, holdOff, threshold) = (320, 1_600, 0.1)

  package init() {}

  /// What stays of samples in [-1, 1] at 16 kHz, 3 dB quieter; empty where nothing is loud for 0.1 s.
  package func callAsFunction(_ samples: [Float]) -> [Float] {
    kept(samples.map { Self.quieter(Self.whole($0)) }).map { Float(Double($0) / Self.fullScale) }
  }

  /// As sox holds samples.
  static func whole(_ sample: Float) -> Int32 {
    let scaled = (Double(sample) * fullScale).rounded()
    return scaled >= fullScale ? .max : scaled <= -fullScale ? .min : Int32(scaled)
  }

  /// Rounded half away from zero.
  static func quieter(_ sample: Int32) -> Int32 { Int32((gain * Double(sample)).rounded()) }

  /// The effect itself.
  func kept(_ samples: [Int32]) -> [Int32] {
    var power = MovingPower(Self.window)
    var kept: [Int32] = []
    // Samples of which it is not known yet whether they stay.
    var held: [Int32] = []
    var isSpeech = false
    for sample in samples {
      let percent = 100 * (Double(power.root(with: sample)) / Double(Int32.max))
      let isLoud = percent > Self.threshold
      power.take(sample)
      guard isSpeech else {
        if isLoud { held.append(sample) } else { held.removeAll(keepingCapacity: true) }
        if held.count >= Self.holdOff {
          kept += held
          held.removeAll(keepingCapacity: true)
          isSpeech = true
        }
        continue
      }
      if isLoud {
        kept += held
        kept.append(sample)
        held.removeAll(keepingCapacity: true)
      } else {
        held.append(sample)
        if held.count >= Self.holdOff {
          held.removeAll(keepingCapacity: true)
          power = MovingPower(Self.window)
          isSpeech = false
        }
      }
    }
    // A pause at the end that was too short to end anything stays; a beginning that was too short does not.
    return isSpeech ? kept + held : kept
  }
}

/// The sum of the last squares, added up and taken away in sox's order, since the rounding of that decides
/// at the threshold.
private struct MovingPower {
  private var squares: [Double]
  private var place = 0
  private var sum = 0.0

  init(_ count: Int) { squares = [Double](repeating: 0, count: count) }

  /// The root of the mean square, were the sample taken, without its fraction. Where rounding makes the
  /// sum of zeros negative, less than any loudness, as sox's own conversion gives.
  func root(with sample: Int32) -> Int32 {
    let new = sum - squares[place] + Double(sample) * Double(sample)
    guard new >= 0 else { return .min }
    return Int32((new / Double(squares.count)).squareRoot())
  }

  mutating func take(_ sample: Int32) {
    sum -= squares[place]
    squares[place] = Double(sample) * Double(sample)
    sum += squares[place]
    place = (place + 1) % squares.count
  }
}
