/// Student's t, for intervals over a few seeds.
enum StudentT {
  /// What 97.5 % of the distribution lie below, for so many degrees of freedom (at least 1).
  static func quantile975(degrees: Int) -> Double {
    if degrees <= few.count { return few[max(0, degrees - 1)] }
    // Cornish and Fisher's expansion (Abramowitz and Stegun, 26.7.5).
    let z = 1.959_963_984_540_054
    let n = Double(degrees)
    let z2 = z * z
    let first = z * (z2 + 1) / 4
    let second = z * ((5 * z2 + 16) * z2 + 3) / 96
    let third = z * (((3 * z2 + 19) * z2 + 17) * z2 - 15) / 384
    return z + first / n + second / (n * n) + third / (n * n * n)
  }

  private static let few = [
    12.706_204_736, 4.302_652_730, 3.182_446_305, 2.776_445_105, 2.570_581_836, 2.446_911_851,
    2.364_624_252, 2.306_004_135, 2.262_157_163, 2.228_138_852, 2.200_985_160, 2.178_812_830,
  ]
}

extension Estimate {
  /// The 95 % interval of the mean over seeds: mean ± t·s/√n. `nil` for fewer than two values.
  package var interval95: ClosedRange<Double>? {
    guard let mean, let deviation else { return nil }
    let half =
      StudentT.quantile975(degrees: count - 1) * deviation / Double(count).squareRoot()
    return (mean - half)...(mean + half)
  }
}
