import Foundation

/// Memory that was used for planning and is used no more: workers can have it while the run goes on for hours.
enum SpareMemory {
  private typealias Trim = @convention(c) (Int) -> CInt
  private typealias SetOption = @convention(c) (CInt, CInt) -> CInt

  /// `M_TRIM_THRESHOLD` of glibc's malloc.h, which no module has.
  private static let trimThreshold: CInt = -1

  /// Gives it to the system, now and whenever a quarter of a megabyte is free again: glibc would keep as much as there
  /// ever was. Other C libraries do as they do.
  static func giveBack() {
    guard let set = dlsym(nil, "mallopt"), let trim = dlsym(nil, "malloc_trim") else { return }
    _ = unsafeBitCast(set, to: SetOption.self)(trimThreshold, 1 << 18)
    _ = unsafeBitCast(trim, to: Trim.self)(0)
  }
}
